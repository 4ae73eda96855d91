"""What stands in the files of `k8s/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "k8s"
MANIFESTS = sorted(FOLDER.rglob("*.yaml"))
EXAMPLES = sorted((FOLDER / "examples").glob("*.yaml"))
RESTORE = FOLDER / "restore.yaml"


def objects(path: Path) -> list[dict[str, Any]]:
    """The objects of a file, in order."""
    return list(yaml.safe_load_all(path.read_text()))


def pods(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The pod specs of an object; an InferenceService has all of one but the containers, which its runtime has."""
    match item["kind"]:
        case "Deployment" | "Job":
            yield item["spec"]["template"]["spec"]
        case "InferenceService":
            yield item["spec"]["predictor"]
        case "Pod":
            yield item["spec"]


def containers(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All containers of an object."""
    for pod in pods(item):
        yield from (*pod.get("initContainers", []), *pod.get("containers", []))
    if item["kind"] == "ServingRuntime":
        yield from item["spec"]["containers"]
    if item["kind"] == "ClusterStorageContainer":
        yield item["spec"]["container"]

"""The objects that serve a version, made from the chart's template of them."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from flows.errors import NotDeployed

Object = dict[str, Any]
"""An object of the cluster's API, as its YAML has it."""

KEY = "serving.yaml"
"""Of the template in its ConfigMap."""
VERSION = "credence/version"
"""Annotation: what is served; on the main object and on each pod."""
TEMPLATE = "credence/template"
"""Annotation of the main object: the digest of the template it was made from."""
HISTORY = "credence/history"
"""Annotation: the digest of the client history that pods fetched; another one lets them start anew."""
_PLACEHOLDER = "${version}"


def fill(config: Mapping[str, Any], version: str, history: str | None) -> list[Object]:
    """The documents of the template in a ConfigMap for one version, the main object first.

    Each belongs to the ConfigMap, so that it goes with it. Raises NotDeployed for a template that is none.
    """
    name, content = config["metadata"]["name"], text(config)
    try:
        found = [one for one in yaml.safe_load_all(content.replace(_PLACEHOLDER, version)) if one is not None]
    except yaml.YAMLError as error:
        raise NotDeployed(f"ConfigMap {name}, {KEY}: expected YAML, got {' '.join(str(error).split())}") from error
    if not found or _PLACEHOLDER not in content:
        raise NotDeployed(f"ConfigMap {name}, {KEY}: expected objects with {_PLACEHOLDER} in them, got none")
    for number, document in enumerate(found, 1):
        if not _is_object(document):
            raise NotDeployed(
                f"ConfigMap {name}, {KEY}, document {number}: expected apiVersion, kind and metadata.name"
            )
    marks = {VERSION: version} | ({HISTORY: history} if history else {})
    main, *others = (_belonging(_marked(document, marks), config) for document in found)
    _annotate(main, marks | {TEMPLATE: digest(content)})
    return [main, *others]


def owner(config: Mapping[str, Any]) -> Object:
    """The reference by which an object goes when a ConfigMap does."""
    return {"apiVersion": "v1", "kind": "ConfigMap"} | {name: config["metadata"][name] for name in ("name", "uid")}


def renewed(documents: Sequence[Object], history: str) -> list[Object]:
    """The same objects, to start anew with another client history."""
    main, *others = (_marked(copy.deepcopy(document), {HISTORY: history}) for document in documents)
    _annotate(main, {HISTORY: history})
    return [main, *others]


def version_of(documents: Sequence[Object]) -> str:
    """The version that these objects serve."""
    return str(documents[0]["metadata"]["annotations"][VERSION])


def text(config: Mapping[str, Any]) -> str:
    """The template in a ConfigMap. Raises NotDeployed where there is none."""
    found = (config.get("data") or {}).get(KEY)
    if not isinstance(found, str):
        raise NotDeployed(f"ConfigMap {config['metadata']['name']}: expected the key {KEY}, it is not there")
    return found


def name_of(thing: Object) -> str:
    """Of an object."""
    return str(thing["metadata"]["name"])


def deployments(documents: Sequence[Object]) -> list[str]:
    """The names of the Deployments that come of these documents, ours or KServe's; the predictor's first."""
    main = documents[0]
    if main["kind"] != "InferenceService":
        return [document["metadata"]["name"] for document in documents if document["kind"] == "Deployment"]
    return [f"{main['metadata']['name']}-{part}" for part in ("predictor", "explainer") if part in main["spec"]]


def digest(content: str | bytes) -> str:
    """Short, and another for another content."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]


def _is_object(document: object) -> bool:
    return (
        isinstance(document, dict)
        and {"apiVersion", "kind", "metadata"} <= set(document)
        and isinstance(document["metadata"], dict)
        and "name" in document["metadata"]
    )


def _marked(document: Object, marks: Mapping[str, str]) -> Object:
    """A Deployment's pods carry the marks; KServe gives its pods the InferenceService's by itself."""
    if document["kind"] == "Deployment":
        _annotate(document["spec"]["template"], marks)
    return document


def _annotate(thing: Object, marks: Mapping[str, str]) -> None:
    metadata = thing.setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}


def _belonging(document: Object, config: Mapping[str, Any]) -> Object:
    document["metadata"] |= {"namespace": config["metadata"]["namespace"], "ownerReferences": [owner(config)]}
    return document

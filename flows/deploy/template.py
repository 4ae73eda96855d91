"""Makes the objects that serve a version from the chart's template."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from flows.errors import NotDeployed

Object = dict[str, Any]
"""An object of the cluster's API, with the structure of its YAML."""

KEY = "serving.yaml"
"""Key of the template in its ConfigMap."""
VERSION = "credence/version"
"""Annotation of the main object and of each pod: the served version."""
TEMPLATE = "credence/template"
"""Annotation of the main object: the digest of the template that it was made from."""
HISTORY = "credence/history"
"""Annotation: the digest of the client history that pods fetched; a new digest restarts them."""
_PLACEHOLDER = "${version}"


def fill(config: Mapping[str, Any], version: str, history: str | None) -> list[Object]:
    """The documents of the template in a ConfigMap for one version; the main object is first.

    Each is owned by the ConfigMap, so that it is deleted with it. Raises NotDeployed for an invalid template.
    """
    name, content = config["metadata"]["name"], text(config)
    try:
        documents = [
            document for document in yaml.safe_load_all(content.replace(_PLACEHOLDER, version)) if document is not None
        ]
    except yaml.YAMLError as error:
        raise NotDeployed(f"ConfigMap {name}, {KEY}: expected YAML, got {' '.join(str(error).split())}") from error
    if not documents or _PLACEHOLDER not in content:
        raise NotDeployed(f"ConfigMap {name}, {KEY}: expected objects with {_PLACEHOLDER} in them, got none")
    for number, document in enumerate(documents, 1):
        if not _is_object(document):
            raise NotDeployed(
                f"ConfigMap {name}, {KEY}, document {number}: expected apiVersion, kind and metadata.name"
            )
    marks = {VERSION: version} | ({HISTORY: history} if history else {})
    main, *others = (_belonging(_marked(document, marks), config) for document in documents)
    _annotate(main, marks | {TEMPLATE: digest(content)})
    return [main, *others]


def owner(config: Mapping[str, Any]) -> Object:
    """The owner reference with which an object is deleted when the ConfigMap is deleted."""
    return {"apiVersion": "v1", "kind": "ConfigMap"} | {name: config["metadata"][name] for name in ("name", "uid")}


def renewed(documents: Sequence[Object], history: str) -> list[Object]:
    """The same objects with another client history, which restarts their pods."""
    main, *others = (_marked(copy.deepcopy(document), {HISTORY: history}) for document in documents)
    _annotate(main, {HISTORY: history})
    return [main, *others]


def version_of(documents: Sequence[Object]) -> str:
    """The version that these objects serve."""
    return str(documents[0]["metadata"]["annotations"][VERSION])


def text(config: Mapping[str, Any]) -> str:
    """The template in a ConfigMap. Raises NotDeployed if there is none."""
    content = (config.get("data") or {}).get(KEY)
    if not isinstance(content, str):
        raise NotDeployed(f"ConfigMap {config['metadata']['name']}: expected the key {KEY}, it is not there")
    return content


def name_of(thing: Object) -> str:
    """The name of an object."""
    return str(thing["metadata"]["name"])


def deployments(documents: Sequence[Object]) -> list[str]:
    """The names of the Deployments in these documents, or that KServe makes from them; the predictor's is first."""
    main = documents[0]
    if main["kind"] != "InferenceService":
        return [document["metadata"]["name"] for document in documents if document["kind"] == "Deployment"]
    return [f"{main['metadata']['name']}-{part}" for part in ("predictor", "explainer") if part in main["spec"]]


def digest(content: str | bytes) -> str:
    """The first 16 hexadecimal digits of the content's SHA-256."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:16]


def _is_object(document: object) -> bool:
    return (
        isinstance(document, dict)
        and {"apiVersion", "kind", "metadata"} <= set(document)
        and isinstance(document["metadata"], dict)
        and "name" in document["metadata"]
    )


def _marked(document: Object, marks: Mapping[str, str]) -> Object:
    """Add the marks to a Deployment's pods. For an InferenceService, KServe copies its annotations to the pods."""
    if document["kind"] == "Deployment":
        _annotate(document["spec"]["template"], marks)
    return document


def _annotate(thing: Object, marks: Mapping[str, str]) -> None:
    metadata = thing.setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}


def _belonging(document: Object, config: Mapping[str, Any]) -> Object:
    document["metadata"] |= {"namespace": config["metadata"]["namespace"], "ownerReferences": [owner(config)]}
    return document

"""Speaking with the cluster's API: objects as plain dictionaries, our error before the library's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import DynamicApiError, ResourceNotFoundError

from flows.deploy.template import Object
from flows.errors import ClusterRefused

_MANAGER = "credence"
_TIMEOUT = (5.0, 30.0)
"""Seconds to be connected, and to be answered."""


class Kube:
    """One namespace of the cluster that this process runs in, or that its kubeconfig names.

    Every method raises ClusterRefused, which says what was asked and what the answer was.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def read(self, api_version: str, kind: str, name: str) -> Object | None:
        """One object; None where there is none, or where the cluster knows no objects of that kind."""
        try:
            return self._ask("get", api_version, kind, name, name=name)
        except ClusterRefused as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, labels: Mapping[str, str]) -> list[Object]:
        """The objects that have these labels."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        found: list[Object] = self._ask("get", api_version, kind, label_selector=selector)["items"]
        return found

    def apply(self, document: Object) -> Object:
        """Make an object what a document says, server-side; fields of others are taken over."""
        name = document["metadata"]["name"]
        asked = {"body": document, "field_manager": _MANAGER, "force_conflicts": True}
        return self._ask("server_side_apply", document["apiVersion"], document["kind"], name, **asked)

    def delete(self, document: Object) -> None:
        """Remove the object that a document describes, if it is there."""
        name = document["metadata"]["name"]
        try:
            self._ask("delete", document["apiVersion"], document["kind"], name, name=name)
        except ClusterRefused as error:
            if error.status != 404:
                raise

    def create(self, document: Object) -> Object:
        """Make an object that is not there yet."""
        name = document["metadata"]["name"]
        return self._ask("create", document["apiVersion"], document["kind"], name, body=document)

    def replace(self, document: Object) -> Object:
        """Put a whole object in the place of the one that was read; refused with 409 if it changed since."""
        name = document["metadata"]["name"]
        return self._ask("replace", document["apiVersion"], document["kind"], name, body=document)

    def log(self, pod: str, container: str, lines: int) -> str:
        """The last lines that a container wrote, before it ended where it has."""
        with self._said("the log of", "Pod", pod):
            api = client.CoreV1Api(self._dynamic.client)
            asked: dict[str, Any] = {"container": container, "tail_lines": lines, "_request_timeout": _TIMEOUT}
            return str(api.read_namespaced_pod_log(pod, self.namespace, **asked))

    def _ask(self, verb: str, api_version: str, kind: str, about: str = "", **asked: Any) -> Object:
        with self._said(verb.replace("_", "-"), kind, about):
            resource = self._dynamic.resources.get(api_version=api_version, kind=kind)
            call: Callable[..., Any] = getattr(self._dynamic, verb)
            answer = call(resource, namespace=self.namespace, _request_timeout=_TIMEOUT, **asked)
            found: Object = answer.to_dict()
            return found

    @contextmanager
    def _said(self, verb: str, kind: str, name: str) -> Iterator[None]:
        what = f"{verb} {kind} {name}".rstrip() + f" in namespace {self.namespace}"
        try:
            yield
        except DynamicApiError as error:
            raise ClusterRefused(what, error.summary(), error.status) from error
        except client.ApiException as error:
            raise ClusterRefused(what, str(error.body or error.reason), error.status or 0) from error
        except ResourceNotFoundError as error:
            raise ClusterRefused(
                what, f"it knows no objects of kind {kind}: is what defines them installed?", 404
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterRefused(what, f"it does not answer: {error}", 0) from error

    @cached_property
    def _dynamic(self) -> DynamicClient:
        try:
            if "KUBERNETES_SERVICE_HOST" in os.environ:
                config.load_incluster_config()
            else:
                config.load_kube_config()
            return DynamicClient(client.ApiClient())
        except config.ConfigException as error:
            raise ClusterRefused(
                "find the cluster", f"neither a pod's service account nor a kubeconfig: {error}", 0
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterRefused("let us in", f"it does not answer: {error}", 0) from error

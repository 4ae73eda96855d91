"""The client of the cluster's API: objects are plain dictionaries, and our error replaces the library's errors."""

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
"""Seconds to connect, and seconds to wait for an answer."""


class Kube:
    """One namespace of the cluster in which this process runs, or that its kubeconfig names.

    Every method raises ClusterRefused, which names the request and the answer.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def read(self, api_version: str, kind: str, name: str) -> Object | None:
        """One object; None if there is none, or if the cluster does not know its kind."""
        try:
            return self._ask("get", api_version, kind, name, name=name)
        except ClusterRefused as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, labels: Mapping[str, str]) -> list[Object]:
        """The objects that have these labels."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        items: list[Object] = self._ask("get", api_version, kind, label_selector=selector)["items"]
        return items

    def apply(self, document: Object) -> Object:
        """Apply a document server-side; conflicting fields of other managers are overwritten."""
        name = document["metadata"]["name"]
        options = {"body": document, "field_manager": _MANAGER, "force_conflicts": True}
        return self._ask("server_side_apply", document["apiVersion"], document["kind"], name, **options)

    def delete(self, document: Object) -> None:
        """Delete the object that a document describes, if it exists."""
        name = document["metadata"]["name"]
        try:
            self._ask("delete", document["apiVersion"], document["kind"], name, name=name)
        except ClusterRefused as error:
            if error.status != 404:
                raise

    def create(self, document: Object) -> Object:
        """Create an object that does not exist yet."""
        name = document["metadata"]["name"]
        return self._ask("create", document["apiVersion"], document["kind"], name, body=document)

    def replace(self, document: Object) -> Object:
        """Replace an object that was read with a whole new one; refused with 409 if it changed since."""
        name = document["metadata"]["name"]
        return self._ask("replace", document["apiVersion"], document["kind"], name, body=document)

    def log(self, pod: str, container: str, lines: int) -> str:
        """The last lines of a container's log, also of a container that has ended."""
        with self._errors_of("the log of", "Pod", pod):
            api = client.CoreV1Api(self._dynamic.client)
            options: dict[str, Any] = {"container": container, "tail_lines": lines, "_request_timeout": _TIMEOUT}
            return str(api.read_namespaced_pod_log(pod, self.namespace, **options))

    def _ask(self, verb: str, api_version: str, kind: str, about: str = "", **options: Any) -> Object:
        with self._errors_of(verb.replace("_", "-"), kind, about):
            resource = self._dynamic.resources.get(api_version=api_version, kind=kind)
            call: Callable[..., Any] = getattr(self._dynamic, verb)
            answer = call(resource, namespace=self.namespace, _request_timeout=_TIMEOUT, **options)
            content: Object = answer.to_dict()
            return content

    @contextmanager
    def _errors_of(self, verb: str, kind: str, name: str) -> Iterator[None]:
        request = f"{verb} {kind} {name}".rstrip() + f" in namespace {self.namespace}"
        try:
            yield
        except DynamicApiError as error:
            raise ClusterRefused(request, error.summary(), error.status) from error
        except client.ApiException as error:
            raise ClusterRefused(request, str(error.body or error.reason), error.status or 0) from error
        except ResourceNotFoundError as error:
            raise ClusterRefused(
                request, f"it knows no objects of kind {kind}: is what defines them installed?", 404
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterRefused(request, f"it does not answer: {error}", 0) from error

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

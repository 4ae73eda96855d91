"""The predictor's client: asks for decisions, finds which version answers, and checks that its answers are right."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from flows.errors import FlowError, NotDeployed, NotUp, OtherVersion, Silent, StepFailed
from training.bundle import Bundle, Manifest, Rows

CLIENT = "SK_ID_CURR"
SMOKE_HEADER = "Credence-Smoke"
"""Header for the smoke token, with which a predictor answers without a record."""
_SECONDS = 30.0
_LONG_SECONDS = 60.0
"""Time-out for loading a version, and for all replay applications in one request."""
_SHORT_SECONDS = 5.0
_POLL_SECONDS = 0.25
_AWAY = (502, 503, 504)
"""Statuses that a server, or a proxy before it, answers while no version can serve."""
_TOLERANCE = 1e-6
"""Largest difference between an answered probability and the bundle's."""
_REQUESTS = "credence_requests_total"

Application = Mapping[str, Any]


@dataclass(frozen=True)
class Answered:
    """One application's decision."""

    client: int
    version: str
    probability: float
    decision: str
    threshold: float
    record: str
    """The id of its record."""
    history: str
    seconds: float
    """Time from sending the request to reading its answer."""


@dataclass(frozen=True)
class TurnedAway:
    """An application that cannot be answered, because a required field has no value."""

    client: int
    error: str


def to_inputs(applications: Sequence[Application], manifest: Manifest) -> list[dict[str, Any]]:
    """Raw applications as one named tensor per field, with SK_ID_CURR; None becomes null."""
    named = [(CLIENT, "INT64"), *((field.name, field.datatype) for field in manifest.fields)]
    return [
        {
            "name": name,
            "shape": [len(applications)],
            "datatype": datatype,
            "data": [each.get(name) for each in applications],
        }
        for name, datatype in named
    ]


def ask_decisions(
    url: str, version: str | None, applications: Iterable[Application], manifest: Manifest, together: int = 1
) -> Iterator[Answered | TurnedAway]:
    """Ask for decisions over one connection, with `together` applications per request; `version` None is the live one.

    Raises StepFailed if a request is neither answered nor turned away.
    """
    path = f"{url}/v2/models/{manifest.model}{'' if version is None else f'/versions/{version}'}/infer"
    with httpx.Client(timeout=_SECONDS) as client:
        rest = iter(applications)
        while batch := list(itertools.islice(rest, together)):
            yield from _ask(client, path, batch, manifest)


def _ask(
    client: httpx.Client, path: str, batch: Sequence[Application], manifest: Manifest
) -> Iterator[Answered | TurnedAway]:
    began = time.perf_counter()
    try:
        response = client.post(path, json={"inputs": to_inputs(batch, manifest)})
    except httpx.HTTPError as error:
        raise StepFailed(f"the predictor does not answer at {path}: {error}") from error
    seconds = time.perf_counter() - began
    if response.status_code == 200:
        yield from _answered(batch, response.json(), seconds)
    elif response.status_code == 400 and len(batch) > 1:  # one of them lacks a required value
        for application in batch:
            yield from _ask(client, path, [application], manifest)
    elif response.status_code == 400:
        yield TurnedAway(batch[0][CLIENT], response.json()["error"])
    else:
        raise StepFailed(f"client {batch[0][CLIENT]} was not answered: {response.text[:300]}")


def _answered(batch: Sequence[Application], answer: Any, seconds: float) -> Iterator[Answered]:
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    parameters = answer["parameters"]
    records, histories = parameters["record_ids"].split(","), parameters["history"].split(",")
    for row, application in enumerate(batch):
        yield Answered(
            client=application[CLIENT],
            version=parameters["model_version"],
            probability=outputs["probabilite_de_defaut"][row],
            decision=outputs["classe"][row],
            threshold=parameters["threshold"],
            record=records[row],
            history=histories[row],
            seconds=seconds,
        )


def load_version(admin_url: str, model: str, version: str) -> None:
    """Let the running predictor load a version, with the newest client history. Raises NotDeployed."""
    url = f"{admin_url}/v2/repository/models/{model}/load"
    try:
        response = httpx.post(url, json={"parameters": {"version": version}}, timeout=_LONG_SECONDS)
    except httpx.HTTPError as error:
        raise NotDeployed(f"the predictor's admin port does not answer ({url}): {error}") from error
    if response.status_code != 200:
        raise NotDeployed(f"the predictor does not load version {version}: {response.text[:300]}")


def served_version(url: str, model: str) -> str | None:
    """The version that the predictor at `url` answers with; None if it does not answer or has none."""
    try:
        response = httpx.get(f"{url}/v2/models/{model}", timeout=_SHORT_SECONDS)
    except httpx.HTTPError:
        return None
    versions: list[str] = response.json().get("versions", []) if response.status_code == 200 else []
    return versions[0] if versions else None


def predictor_answers(url: str) -> bool:
    """Whether a predictor is up at `url`, with or without a version."""
    try:
        return httpx.get(f"{url}/v2/health/live", timeout=_SHORT_SECONDS).status_code == 200
    except httpx.HTTPError:
        return False


def erase_logged(admin_url: str, client: int) -> int:
    """Let the running predictor erase a client's records in its log; returns how many. Raises NotUp, FlowError."""
    url = f"{admin_url}/v1/clients/{client}/records"
    try:
        response = httpx.delete(url, timeout=_LONG_SECONDS)
    except httpx.HTTPError as error:
        raise NotUp("predictor", url) from error
    if response.status_code != 200:
        raise FlowError(f"the predictor refused DELETE {url}: {response.text[:300]}")
    return int(response.json()["forgotten"])


def check_replay(
    url: str, version: str, bundle: Bundle, headers: Mapping[str, str] = MappingProxyType({}), model: str | None = None
) -> int:
    """Ask for the replay applications at `url`, which must not record them; returns how many agreed.

    `model` is the model's name there, by default the bundle's.

    Raises OtherVersion if another version answers, Silent if none answers, and NotDeployed if an answer differs.
    """
    rows, expected = bundle.replay()
    name = model or bundle.manifest.model
    path = f"/v2/models/{name}/versions/{version}/infer"
    try:
        response = httpx.post(url + path, json={"inputs": _tensors(rows)}, headers=headers, timeout=_LONG_SECONDS)
    except httpx.HTTPError as error:
        raise Silent(f"version {version} does not answer at {url}: {error}") from error
    if response.status_code in _AWAY:
        raise Silent(f"version {version} does not serve at {url}: {response.text[:300]}")
    if response.status_code == 404:
        # Each request has its own connection. The second answer may be another server's, and is only for the message.
        raise OtherVersion(f"version {served_version(url, name) or 'of another model'} answers at {url}, not {version}")
    if response.status_code != 200:
        raise NotDeployed(f"version {version} refuses its replay applications at {url}: {response.text[:300]}")
    answered = response.json()
    if answered["model_version"] != version:
        raise OtherVersion(f"version {answered['model_version']} answers at {url}, not {version}")
    if answered.get("parameters", {}).get("record_ids"):
        raise NotDeployed(f"version {version} recorded its replay applications at {url}, as if they were real ones")
    answer = {output["name"]: output["data"] for output in answered["outputs"]}
    worst = float(np.abs(np.array(answer["probabilite_de_defaut"]) - expected).max())
    policy = bundle.manifest.policy
    decisions = [policy.refuse if value >= policy.threshold else policy.accept for value in expected]
    if worst > _TOLERANCE or answer["classe"] != decisions:
        raise NotDeployed(
            f"version {version} answers its {len(rows)} replay applications differently from its bundle: "
            f"probability by up to {worst:.1e}, expected at most {_TOLERANCE:.0e} and the same decisions"
        )
    return len(rows)


def _tensors(rows: Rows) -> list[dict[str, Any]]:
    """Rows as the graph's tensors in the protocol's JSON; empty tensors are left out."""
    return [
        {"name": name, "shape": list(values.shape), "datatype": datatype, "data": _flat(values)}
        for name, datatype, values in (
            ("numeric", "FP32", rows.numeric),
            ("categorical", "BYTES", rows.categorical),
            ("history", "FP32", rows.history),
        )
        if values.shape[1]
    ]


def _flat(values: Any) -> list[float | str | None]:
    # NaN, the only value that is not equal to itself, becomes null in JSON.
    return [value if value == value else None for value in values.ravel().tolist()]


class Watched:
    """A watch of one predictor that serves a version; it knows the number of faults from before."""

    def __init__(self, url: str, model: str, version: str) -> None:
        """Send no request yet."""
        self._url = url
        self._ready = f"{url}/v2/models/{model}/versions/{version}/ready"
        self._version = version
        self._before: int | None = None

    def look(self) -> None:
        """Raises Silent if it does not answer, NotDeployed if it is not ready or answered a 5xx since the start."""
        self._text(self._ready)
        now = self._faults()
        if self._before is None:
            self._before = now
        if now > self._before:
            raise NotDeployed(
                f"version {self._version} answered {now - self._before} requests with a 5xx while it was watched"
            )

    def _faults(self) -> int:
        return count_faults(self._text(f"{self._url}/metrics"))

    def _text(self, url: str) -> str:
        version = self._version
        try:
            response = httpx.get(url, timeout=_SHORT_SECONDS)
        except httpx.HTTPError as error:
            raise Silent(f"version {version} went silent while it was watched ({url}): {error}") from error
        if response.status_code != 200:
            raise NotDeployed(f"version {version} is not ready while it is watched ({url}): {response.text[:300]}")
        return response.text


def watch_version(url: str, model: str, version: str, seconds: float) -> None:
    """Return after `seconds` in which the version was ready and answered no request with a 5xx.

    Raises NotDeployed as soon as that is not so.
    """
    watched, until = Watched(url, model, version), time.monotonic() + seconds
    while True:
        watched.look()
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_SECONDS)


def count_faults(metrics: str) -> int:
    """The number of requests that were answered with a 5xx, from the text of /metrics."""
    samples = (sample for family in text_string_to_metric_families(metrics) for sample in family.samples)
    return int(sum(sample.value for sample in samples if _is_fault(sample)))


def _is_fault(sample: Sample) -> bool:
    labels = sample.labels
    return sample.name == _REQUESTS and labels.get("kind") == "infer" and labels.get("status", "").startswith("5")

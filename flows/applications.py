"""Asking a predictor for decisions on raw applications, one request each, as a caller would."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from flows.errors import StepFailed
from training.bundle import Manifest

CLIENT = "SK_ID_CURR"
_SECONDS = 30.0


@dataclass(frozen=True)
class Answered:
    """One application with its decision."""

    inputs: Sequence[Mapping[str, Any]]
    client: int
    probability: float
    decision: str
    threshold: float
    record: str
    """The id under which it is recorded."""
    history: str
    warnings: str
    seconds: float
    """From sending to reading."""


@dataclass(frozen=True)
class TurnedAway:
    """An application that cannot be answered as it is, because a field that must have a value has none."""

    client: int
    error: str


def inputs(application: Mapping[str, Any], manifest: Manifest) -> list[dict[str, Any]]:
    """A raw application as one named tensor a field, with SK_ID_CURR; None is null."""
    named = [(CLIENT, "INT64"), *((field.name, field.datatype) for field in manifest.fields)]
    return [
        {"name": name, "shape": [1], "datatype": datatype, "data": [application.get(name)]} for name, datatype in named
    ]


def ask(
    url: str, version: str, applications: Iterable[Mapping[str, Any]], manifest: Manifest
) -> Iterator[Answered | TurnedAway]:
    """Ask for one decision after the other over one connection. Raises StepFailed where neither is the answer."""
    path = f"{url}/v2/models/{manifest.model}/versions/{version}/infer"
    with httpx.Client(timeout=_SECONDS) as client:
        for application in applications:
            asked = inputs(application, manifest)
            began = time.perf_counter()
            try:
                response = client.post(path, json={"inputs": asked})
            except httpx.HTTPError as error:
                raise StepFailed(f"the predictor does not answer at {path}: {error}") from error
            seconds = time.perf_counter() - began
            if response.status_code == 400:
                yield TurnedAway(application[CLIENT], response.json()["error"])
                continue
            if response.status_code != 200:
                raise StepFailed(f"client {application[CLIENT]} was not answered: {response.text[:300]}")
            yield _answered(asked, application[CLIENT], response.json(), seconds)


def _answered(asked: Sequence[Mapping[str, Any]], client: int, answer: Any, seconds: float) -> Answered:
    outputs = {output["name"]: output["data"][0] for output in answer["outputs"]}
    parameters = answer["parameters"]
    return Answered(
        inputs=asked,
        client=client,
        probability=outputs["probabilite_de_defaut"],
        decision=outputs["classe"],
        threshold=parameters["threshold"],
        record=parameters["record_ids"],
        history=parameters["history"],
        warnings=parameters.get("warnings", ""),
        seconds=seconds,
    )

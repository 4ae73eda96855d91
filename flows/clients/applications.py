"""Asking a predictor for decisions on raw applications, one or some in a request, as a caller would."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from flows.errors import StepFailed
from training.bundle import Manifest

CLIENT = "SK_ID_CURR"
_SECONDS = 30.0

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
    """The id under which it is recorded."""
    history: str
    seconds: float
    """From sending the request to reading its answer."""


@dataclass(frozen=True)
class TurnedAway:
    """An application that cannot be answered as it is, because a field that must have a value has none."""

    client: int
    error: str


def inputs(applications: Sequence[Application], manifest: Manifest) -> list[dict[str, Any]]:
    """Raw applications as one named tensor a field, with SK_ID_CURR; None is null."""
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


def ask(
    url: str, version: str | None, applications: Iterable[Application], manifest: Manifest, together: int = 1
) -> Iterator[Answered | TurnedAway]:
    """Ask for decisions over one connection, `together` applications in a request, by default of the live version.

    Raises StepFailed where a request is neither answered nor turned away.
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
        response = client.post(path, json={"inputs": inputs(batch, manifest)})
    except httpx.HTTPError as error:
        raise StepFailed(f"the predictor does not answer at {path}: {error}") from error
    seconds = time.perf_counter() - began
    if response.status_code == 200:
        yield from _answered(batch, response.json(), seconds)
    elif response.status_code == 400 and len(batch) > 1:  # one of them has not what it must have
        for one in batch:
            yield from _ask(client, path, [one], manifest)
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

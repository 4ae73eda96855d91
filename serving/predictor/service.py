"""Answering requests and recording the answers, independent of the transport."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from serving.log.log import Log, LogFull
from serving.predictor.metrics import Metrics
from serving.protocol.answer import EXPLANATION, Answer, Parameters
from serving.protocol.errors import Invalid, NotFound, Unavailable
from serving.protocol.tensors import Tensor
from serving.records import Record
from serving.version import Model, Scored

T = TypeVar("T")

INLINE_ROWS = 64
"""If a request has more rows, they are scored in the worker thread and recorded in steps of this size.

So other requests wait a millisecond at most. For fewer rows, the worker thread would cost more time than the scoring.
"""

MOST_EXPLAINED = 64
"""The most applications with explanations in a request.

A booster takes about 7 ms for each. So 64 take half a second of the only worker thread, in which large batches wait.
"""

MOST_WAITING = 512
"""The most applications that may wait for explanations; they take four seconds."""

LISTED_WARNINGS = 100
"""The most warnings in an answer; the records keep all warnings."""


class PredictorService:
    """The live model and the handling of a request between decoding and encoding."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self.model: Model | None = None
        self.stopping = False
        self._log = log
        self._metrics = metrics
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="batch")
        self._process = os.urandom(6).hex()
        self._numbers = itertools.count(1)
        self._waiting = 0

    def serve(self, model: Model | None) -> None:
        """Make a model live; requests in progress finish on the model on which they started."""
        if model is not None:
            self._log.schema(model.schema)
        self.model = model
        self._metrics.show(model)

    def next_id(self) -> str:
        """An id for a request without one."""
        return f"{self._process}-{next(self._numbers)}"

    def unready(self) -> str:
        """Why no application can be answered now; empty if the predictor is ready."""
        if self.stopping:
            return "the predictor is stopping"
        if self.model is None:
            return "no version is loaded"
        return "the prediction log is full, and nothing is answered unrecorded" if self._log.full else ""

    def live(self, name: str | None = None, version: str | None = None) -> Model:
        """The live model. Raises NotFound if name or version differ, or Unavailable if no model is live."""
        model = self.model
        if model is None:
            raise Unavailable("no version is loaded")
        if name is not None and name != model.name:
            raise NotFound(f"model: expected {model.name}, the one that is served, got another name")
        if version is not None and version != model.version:
            raise NotFound(f"version: expected {model.version}, the one that is live, got another")
        return model

    async def answer(
        self,
        model: Model,
        tensors: Sequence[Tensor],
        request: str,
        began: float,
        *,
        explain: bool = False,
        record: bool = True,
    ) -> Answer:
        """Score, explain on request, and record the applications of a request that arrived at `began`.

        `record` is False only for trials and smoke tests. Raises Refused; it is Unavailable if there is no room for a
        record.
        """
        shape = tensors[0].shape
        if explain:
            _check_explained(shape)
        if shape and shape[0] > INLINE_ROWS:
            scored = await self.work(model.score, tensors, not record)
        else:
            scored = model.score(tensors, not record)
        explanations = await self._explain(model, scored) if explain else []
        now = datetime.now(UTC)
        ids: list[str] = []
        rows = len(scored.probability)
        if record:
            for start in range(0, rows, INLINE_ROWS):
                if start:
                    await asyncio.sleep(0)
                ids += self._record(model, scored, explanations, request, now, slice(start, start + INLINE_ROWS))
        seconds = time.perf_counter() - began
        if record:
            self._metrics.answered(scored, seconds)
        parameters = Parameters(
            model_version=model.version,
            threshold=model.threshold,
            timestamp=now.isoformat(timespec="microseconds"),
            latency_ms=round(seconds * 1000, 3),
            record_ids=",".join(ids),
            history=",".join(scored.statuses),
            warnings=_listed(scored) if scored.applications.warnings else "",
        )
        return Answer(model.name, model.version, request, scored.probability, scored.decision, parameters, explanations)

    async def work(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a long function in the only worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, function, *arguments)

    async def _explain(self, model: Model, scored: Scored) -> list[str]:
        """Explain in the worker thread, so that other requests are answered at the same time."""
        rows = len(scored.probability)
        if self._waiting + rows > MOST_WAITING:
            raise Unavailable("too many applications to explain at once: try again in a moment")
        self._waiting += rows
        try:
            return await self.work(model.explain, scored)
        finally:
            self._waiting -= rows

    def _record(
        self, model: Model, scored: Scored, explanations: list[str], request: str, now: datetime, rows: slice
    ) -> list[str]:
        """Write the records of some rows, and return their ids."""
        applications = scored.applications
        numeric, history = applications.numeric[rows], scored.history[rows]
        categorical = applications.categorical[rows].tolist()
        clients = applications.clients
        schema, at = model.schema.id, int(now.timestamp() * 1e6)
        try:
            ids = self._log.next_ids(len(numeric), sum(map(len, explanations[rows])) if explanations else 0)
            self._log.append(
                [
                    Record(
                        id=ids[index],
                        at=at,
                        request=request,
                        model=model.name,
                        version=model.version,
                        schema=schema,
                        client=clients[row] if clients is not None else None,
                        numeric=numeric[index].tobytes(),
                        categorical=tuple(categorical[index]),
                        history=history[index].tobytes(),
                        history_status=scored.statuses[row],
                        probability=scored.probability[row],
                        margin=scored.margin[row],
                        threshold=model.threshold,
                        decision=scored.decision[row],
                        warnings=applications.warnings.get(row, ()),
                        explanation=explanations[row] if explanations else "",
                    )
                    for index, row in enumerate(range(rows.start, rows.start + len(numeric)))
                ]
            )
        except LogFull as error:
            raise Unavailable("the prediction log is full and nothing is answered unrecorded: try later") from error
        return ids


def _check_explained(shape: Sequence[int]) -> None:
    if shape and shape[0] > MOST_EXPLAINED:
        expected = f"at most {MOST_EXPLAINED} applications with {EXPLANATION}, because each takes some milliseconds"
        raise Invalid("outputs", expected, f"{shape[0]}; send fewer, or use `credence score --reasons`")


def _listed(scored: Scored) -> str:
    """The warnings of all rows, one per line, up to LISTED_WARNINGS; several rows have their numbers before them."""
    several = len(scored.probability) > 1
    by_row = scored.applications.warnings
    lines = (
        f"row {row}: {warning}" if several else warning
        for row, warnings in sorted(by_row.items())
        for warning in warnings
    )
    rest = sum(map(len, by_row.values())) - LISTED_WARNINGS
    return "\n".join([*itertools.islice(lines, LISTED_WARNINGS), *([f"and {rest} more"] if rest > 0 else [])])

"""A made-up lender: applications answered by a toy bundle, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from monitoring.intake.frames import LogFrames
from monitoring.intake.outcomes import ReportedOutcome
from monitoring.store.records import Store
from serving.records import Record, Schema
from tests.toy.rows import toy_rows
from training.bundle import Bundle, Rows

HOUR = 3_600_000_000


class Lender:
    """Who answers by one bundle as one version and tells a store."""

    def __init__(self, store: Store, bundle: Path, version: str = "1") -> None:
        self.store, self.version, self.bundle = store, version, Bundle.open(bundle)
        self.schema = Schema.of(self.bundle.manifest)
        self.now = time.time_ns() // 1000 - HOUR // 6
        self.count = 0

    def answer(self, count: int, seed: int = 0, change: float = 0.0) -> list[Record]:
        """Answer applications, a millisecond apart; `change` is added to each external score."""
        rows = toy_rows(count, seed)
        rows.numeric[:, 4:7] += np.float32(change)
        scores = self.bundle.score(rows)
        answers = zip(scores.probability.tolist(), scores.margin.tolist(), strict=True)
        made = [self._record(rows, i, *answer) for i, answer in enumerate(answers)]
        self.store.ingest(LogFrames((self.schema,), tuple(made), ()), None)
        return made

    def _record(self, rows: Rows, i: int, probability: float, margin: float) -> Record:
        self.count += 1
        self.now += 1000
        policy = self.bundle.manifest.policy
        return Record(
            f"{self.version}s-{self.count}",
            self.now,
            "request",
            self.bundle.manifest.model,
            self.version,
            self.schema.id,
            self.count,
            rows.numeric[i].tobytes(),
            tuple(rows.categorical[i]),
            rows.history[i].tobytes(),
            "found",
            probability,
            margin,
            policy.threshold,
            policy.refuse if probability >= policy.threshold else policy.accept,
            (),
        )

    def tell(self, records: Sequence[Record], *, wrong: bool = False) -> None:
        """What became of the accepted: as their probabilities say, or the safest of them defaulted."""
        accepted = [record for record in records if record.probability < record.threshold]
        chances = np.array([record.probability for record in accepted])
        drawn = np.random.default_rng(77).random(len(accepted)) < chances
        defaulted = np.argsort(np.argsort(chances, kind="stable")) < 0.2 * len(chances) if wrong else drawn
        told = [
            ReportedOutcome(record=one.id, defaulted=bool(bad)) for one, bad in zip(accepted, defaulted, strict=True)
        ]
        self.store.tell(told)

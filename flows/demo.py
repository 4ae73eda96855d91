"""The whole loop once: data, training, registry, serving, applications, reasons, records; each step proves itself."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from flows import train as runs
from flows.applications import Answered, TurnedAway, ask
from flows.deploy.local import Local
from flows.errors import StepFailed
from flows.history import refresh
from flows.local import Platform
from flows.records import ask as ask_monitor
from flows.train import Trained
from serving.predictor.model import open_model
from serving.protocol.rest import decode
from serving.reasons import Value, find_reasons
from training.bundle import Bundle, History, Rows
from training.registry import Registry
from training.tables import Tables, read
from training.train import Options

APPLICATIONS = 2_000
_RECORD_SECONDS = 60.0
_TRIALS = 2
"""Sets of parameters a family: enough to see a search, few enough for three minutes."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Why:
    """One reason of a decision."""

    french: str
    english: str
    contribution: float
    """To the margin, in log-odds of default."""
    values: Mapping[str, str]
    """The features that matter most in it."""


@dataclass(frozen=True)
class Explained:
    """One application in full."""

    client: int
    probability: float
    threshold: float
    decision: str
    history: str
    reasons: Sequence[Why]


@dataclass(frozen=True)
class Answers:
    """What became of the applications."""

    count: int
    turned_away: Sequence[TurnedAway]
    """Those that were refused an answer: a field that the model needs has no value."""
    refused: int
    unusual: int
    median_ms: float
    """From sending to reading, one after the other."""
    recorded: int
    """Of them in the monitor: all, each once."""


def make(platform: Platform, registry: Registry, data: Path | None, clients: int, say: Say) -> Trained:
    """Data, training, registration, and the version live. Raises whatever a step does."""
    folder = runs.data_folder(platform.settings.folder, data, clients, 0, say)
    trained = runs.run(
        folder, Options(source=_source(data), trials=_TRIALS), registry, say, before=lambda: platform.wait(say)
    )
    number, names = trained.version.number, trained.run.manifest.history
    outdated = History.path_for(platform.settings.models, names).exists()
    Local(platform, registry, say).deploy(number)
    if outdated:  # made for other data, whose clients may have the same numbers
        refresh(platform, folder, number, say)
    return trained


def answer(platform: Platform, trained: Trained, folder: Path, say: Say) -> tuple[Answers, Explained]:
    """Answer applications of the data, count their records, explain one. Raises StepFailed."""
    began, manifest = datetime.now(UTC), trained.run.manifest
    say(f"answering {APPLICATIONS:,} applications")
    turned_away: list[TurnedAway] = []
    answered: list[Answered] = []
    for one in ask(platform.settings.predictor_url, trained.version.number, _applications(read(folder)), manifest):
        answered.append(one) if isinstance(one, Answered) else turned_away.append(one)
        if len(answered) == APPLICATIONS:
            break
    if not answered:
        raise StepFailed(f"none of {len(turned_away)} applications was answered, the first: {turned_away[0].error}")
    say("counting their records")
    recorded = _recorded(platform, [one.record for one in answered], began)
    answers = Answers(
        count=len(answered),
        turned_away=turned_away,
        refused=sum(one.decision == manifest.policy.refuse for one in answered),
        unusual=sum(bool(one.warnings) for one in answered),
        median_ms=round(statistics.median(one.seconds for one in answered) * 1000, 2),
        recorded=recorded,
    )
    return answers, _explain(platform, trained, max(answered, key=lambda one: one.probability))


def _source(data: Path | None) -> str:
    return "synthetic" if data is None else "the folder given with --data"


def _applications(tables: Tables) -> Iterator[dict[str, Any]]:
    frame = tables.train if tables.test is None else tables.test
    return frame.iter_rows(named=True)


def _recorded(platform: Platform, ids: Sequence[str], since: datetime) -> int:
    """The number of records with these ids once each is there. Raises StepFailed if one is missing or there twice."""
    deadline = time.monotonic() + _RECORD_SECONDS
    while True:
        held = _held(platform, since)
        missing = [each for each in ids if each not in held]
        if not missing:
            break
        if time.monotonic() > deadline:
            raise StepFailed(f"{len(missing)} of {len(ids)} records are not in the monitor, the first: {missing[0]}")
        time.sleep(0.5)
    twice = [each for each, count in Counter(ids).items() if count > 1 or held[each] > 1]
    if twice:
        raise StepFailed(f"{len(twice)} records are in the monitor more than once, the first: {twice[0]}")
    return sum(held[each] for each in ids)


def _held(platform: Platform, since: datetime) -> Counter[str]:
    """How often each record since a moment is in the monitor."""
    held: Counter[str] = Counter()
    query: dict[str, Any] | None = {"since": since.isoformat(), "limit": 1000}
    path = "/v1/records"
    while path:
        page = ask_monitor(platform.settings, "GET", path, query)
        held.update(record["id"] for record in page["records"])
        path, query = page["next"], None
    return held


def _explain(platform: Platform, trained: Trained, answered: Answered) -> Explained:
    """Reasons for an answer, from the bundle that gave it. Raises StepFailed if it now answers otherwise."""
    models, number = platform.settings.models, trained.version.number
    model = open_model(models, number, "", unknown="warn", history_days=7)
    scored = model.score(decode(msgspec.json.encode({"inputs": answered.inputs})).inputs)
    if scored.probability != [answered.probability]:
        raise StepFailed(f"client {answered.client} was answered {answered.probability}, now {scored.probability[0]}")
    return Explained(
        client=answered.client,
        probability=answered.probability,
        threshold=answered.threshold,
        decision=answered.decision,
        history=answered.history,
        reasons=_why(Bundle.open(models / number), scored.rows),
    )


def _why(bundle: Bundle, rows: Rows) -> list[Why]:
    reasons = find_reasons(bundle, rows)
    return [
        Why(
            french=reason.french,
            english=reason.english,
            contribution=reason.contribution,
            values={part.name: _shown(part.value) for part in reasons.parts(0, reason.code)},
        )
        for reason in reasons.against(0)
    ]


def _shown(value: Value) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else f"{value:.4g}"

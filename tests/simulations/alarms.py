"""How often the monitor calls what did not change changed, and how often it finds what did.

A synthetic lender trains a model; the windows are of its reference, of new applicants of the same world, of new
applicants changed by hand, and of applicants of other worlds, whose outcomes are closed cohorts.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitoring.judging.arrays import Chunk
from monitoring.judging.reference import Reference, describe, follow
from monitoring.judging.rule import Limits, judge
from monitoring.verdict import Cohort, Window
from tests.simulations.live import ARRIVALS, CLIENTS, SAME, SHARE, answer, open_lender, some
from training.bundle import Bundle, Rows

SEED = 0
ROWS = (1_000, 2_000)
WINDOWS = 200
"""Without any change."""
CHANGED = 50
"""Of each change."""
REVIEWS = 50
"""Of each world."""
COHORTS = 5
"""Of 2,000 applications, in each review; the last two are the windows it judges."""
LEVEL, COLUMN = "NAME_INCOME_TYPE", "EXT_SOURCE_3"

_JUDGEMENTS = ("keep", "watch", "recalibrate", "retrain")

Change = Callable[[Chunk, int, float, np.random.Generator], Chunk]
"""A window of so many rows out of applicants, with a change of that strength."""


def run() -> str:
    """All figures as Markdown."""
    with tempfile.TemporaryDirectory(prefix="credence-alarms-") as folder:
        bundle, worlds = open_lender(Path(folder), SEED)
        reference, random = Reference.of(bundle), np.random.default_rng(SEED)
        table = bundle.reference()
        held_out = Rows.from_table(table, bundle.manifest)
        nobody = np.zeros(len(held_out), bool)
        drawn = {
            "the reference itself": answer(bundle, held_out, nobody, nobody),
            "new applicants of the same world": worlds[SAME],
        }
        made = (
            f"A lender of {CLIENTS:,} synthetic clients; {bundle.manifest.family} on {len(reference.columns)} columns, "
            f"{len(held_out):,} reference rows; {ARRIVALS:,} new applicants of each world; seed {SEED}."
        )
        parts = [
            made,
            "\n".join(_false_alarms(reference, drawn, random)),
            "\n".join(_detection(bundle, reference, worlds[SAME], random)),
            "\n".join(_verdicts(reference, worlds, random)),
        ]
    return "\n\n".join(parts)


def _false_alarms(reference: Reference, drawn: Mapping[str, Chunk], random: np.random.Generator) -> Iterator[str]:
    yield f"Nothing changed, {WINDOWS} windows each:"
    yield ""
    yield "| windows drawn from | applications | with a drifted column | verdict not *keep* |"
    yield "|---|--:|--:|--:|"
    for name, chunk in drawn.items():
        for rows in ROWS:
            found = [_window(reference, some(chunk, _pick(chunk, rows, random))) for _ in range(WINDOWS)]
            alarms = sum(any(column.drifted for column in window.columns) for window in found)
            wrong = sum(_judgement([window]) != "keep" for window in found)
            yield f"| {name} | {rows:,} | {alarms} | {wrong} |"


def _detection(bundle: Bundle, reference: Reference, chunk: Chunk, random: np.random.Generator) -> Iterator[str]:
    cases: list[tuple[str, str, Change, Sequence[float]]] = [
        ("mean score higher by {:g} standard deviations", "probability", _riskier, (0.1, 0.2, 0.3, 0.4, 0.5)),
        (f"a new level in {{:.0%}} of `{LEVEL}`", LEVEL, _new_level(bundle), (0.01, 0.02, 0.03, 0.05, 0.1)),
        (f"{{:.0%}} of `{COLUMN}` becomes missing", COLUMN, _missing(bundle), (0.05, 0.1, 0.2, 0.3, 0.5)),
    ]
    yield f"Something changed, found in so many of {CHANGED} windows (verdict not *keep* in so many):"
    yield ""
    yield f"| change | {' | '.join(f'{rows:,} applications' for rows in ROWS)} |"
    yield f"|---|{'--:|' * len(ROWS)}"
    for name, column, change, strengths in cases:
        for strength in strengths:
            cells = []
            for rows in ROWS:
                found = [_window(reference, change(chunk, rows, strength, random)) for _ in range(CHANGED)]
                hits = sum(_is_found(window, column) for window in found)
                cells.append(f"{hits} ({sum(_judgement([window]) != 'keep' for window in found)})")
            yield f"| {name.format(strength)} | {' | '.join(cells)} |"


def _verdicts(reference: Reference, worlds: Mapping[str, Chunk], random: np.random.Generator) -> Iterator[str]:
    rows = ARRIVALS // COHORTS
    yield f"Reviews of two windows of {rows:,} and {COHORTS} closed cohorts, {REVIEWS} in each world:"
    yield ""
    yield f"| world | outcomes of | {' | '.join(f'*{judgement}*' for judgement in _JUDGEMENTS)} |"
    yield f"|---|---|{'--:|' * len(_JUDGEMENTS)}"
    for name, chunk in worlds.items():
        for outcomes, told in (("the accepted", _accepted_only(chunk)), (f"also {SHARE:.0%} of the refused", chunk)):
            counts = Counter(_review(reference, told, rows, random) for _ in range(REVIEWS))
            yield f"| {name} | {outcomes} | {' | '.join(str(counts[judgement]) for judgement in _JUDGEMENTS)} |"


def _review(reference: Reference, chunk: Chunk, rows: int, random: np.random.Generator) -> str:
    parts = [some(chunk, part) for part in random.permutation(len(chunk)).reshape(-1, rows)]
    cohorts = [follow(reference, part, version="1", number=i, closed_at=0) for i, part in enumerate(parts)]
    return _judgement([_window(reference, part) for part in parts[-2:]], cohorts)


def _judgement(windows: Sequence[Window], cohorts: Sequence[Cohort] = ()) -> str:
    return judge(windows, cohorts, 1.0, 0.0, Limits(), model="credit-default", version="1", at=0).judgement


def _window(reference: Reference, chunk: Chunk) -> Window:
    return describe(reference, chunk, version="1", number=1, since=0, until=0)


def _is_found(window: Window, column: str) -> bool:
    return any(one.drifted for one in (*window.columns, window.score) if one.name == column)


def _pick(chunk: Chunk, rows: int, random: np.random.Generator) -> npt.NDArray[np.intp]:
    """Rows without repetition where there are enough to choose from."""
    return random.choice(len(chunk), rows, replace=len(chunk) < 2 * max(ROWS))


def _riskier(chunk: Chunk, rows: int, strength: float, random: np.random.Generator) -> Chunk:
    """Applicants drawn the more often the higher their log-odds are: the mean moves by so many standard deviations."""
    odds = np.log(chunk.probability / (1 - chunk.probability))
    chance = np.exp(strength * (odds - odds.mean()) / odds.std())
    return some(chunk, random.choice(len(chunk), rows, p=chance / chance.sum()))


def _new_level(bundle: Bundle) -> Change:
    place = [field.name for field in bundle.manifest.categorical].index(LEVEL)

    def change(chunk: Chunk, rows: int, strength: float, random: np.random.Generator) -> Chunk:
        window = some(chunk, _pick(chunk, rows, random))
        texts = window.rows.categorical.copy()
        texts[random.random(rows) < strength, place] = "Freelancer"
        return _again(bundle, replace(window.rows, categorical=texts))

    return change


def _missing(bundle: Bundle) -> Change:
    place = [field.name for field in bundle.manifest.numeric].index(COLUMN)

    def change(chunk: Chunk, rows: int, strength: float, random: np.random.Generator) -> Chunk:
        window = some(chunk, _pick(chunk, rows, random))
        numbers = window.rows.numeric.copy()
        numbers[random.random(rows) < strength, place] = np.nan
        return _again(bundle, replace(window.rows, numeric=numbers))

    return change


def _again(bundle: Bundle, rows: Rows) -> Chunk:
    """Changed applications, answered as they are now."""
    nobody = np.zeros(len(rows), bool)
    return answer(bundle, rows, nobody, nobody)


def _accepted_only(chunk: Chunk) -> Chunk:
    return replace(
        chunk,
        outcome=np.where(chunk.refused, -1, chunk.outcome).astype(np.int8),
        weight=np.where(chunk.refused, np.nan, chunk.weight),
    )

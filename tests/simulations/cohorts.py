"""How often outcomes call for what: cohort and hold-out drawn anew each time, from a model whose truth is known.

Each applicant has the log-odds that the model gives, normal with mean -3 and standard deviation 1.2, and log-odds that
are true; a world says how the latter follow from the former. The model refuses from 1/11 on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitoring.judging import performance
from monitoring.judging.performance import Labelled

Floats = npt.NDArray[np.float64]

ROUNDS = 200
ROWS = (2_000, 5_000)
HELD_OUT = 4_000
SHARE = 0.1
"""Of the refused applications, those accepted to learn from them."""
SEED = 0


@dataclass(frozen=True)
class World:
    """True log-odds of an applicant from those the model gives and from noise it does not know of."""

    name: str
    truth: Callable[[Floats, Floats], Floats]
    mean: float = -3.0


WORLDS = (
    World("as on the hold-out", lambda odds, _: odds),
    World("riskier applicants, model still right", lambda odds, _: odds, mean=-2.5),
    World("1.25 times the odds of default", lambda odds, _: odds + np.log(1.25)),
    World("1.5 times the odds of default", lambda odds, _: odds + np.log(1.5)),
    World("1.8 times the odds of default", lambda odds, _: odds + np.log(1.8)),
    World("half of what it knew is noise now", lambda odds, noise: -3 + (odds + 3) / 2 + noise),
    World("a fifth is left of what it knew", lambda odds, noise: -3 + (odds + 3) / 5 + 1.1 * noise),
)


def run() -> str:
    """All figures as Markdown."""
    random = np.random.default_rng(SEED)
    told = (
        f"Per cent of {ROUNDS} cohorts that call for *recalibrate* / for *retrain*; the hold-out has {HELD_OUT:,} "
        "applicants of whom all outcomes are known."
    )
    return "\n\n".join([told, "\n".join(_table(random))])


def draw(world: World, rows: int, random: np.random.Generator, explored: float) -> Labelled:
    """The accepted, and such a share of the refused."""
    odds = random.normal(world.mean, 1.2, rows)
    probability = 1 / (1 + np.exp(-odds))
    defaulted = random.random(rows) < 1 / (1 + np.exp(-world.truth(odds, random.standard_normal(rows))))
    refused = probability >= 1 / 11
    weight = np.where(refused, 1 / explored if explored else 0.0, 1.0)
    return Labelled(probability, defaulted, refused, weight).take(~refused | (random.random(rows) < explored))


def answer(rows: Labelled, held_out: Labelled) -> str:
    """What a cohort calls for, as the monitor reads it."""
    ranking = performance.ranking_worse(rows, held_out)
    calibration = performance.calibration_worse(rows, held_out)
    if performance.log_loss_worse(rows, held_out) or (ranking and calibration):
        return "retrain"
    if calibration:
        return "recalibrate"
    return "ranking only" if ranking else "nothing"


def _table(random: np.random.Generator) -> Iterator[str]:
    yield f"| world | outcomes of | {' | '.join(f'{rows:,} applications' for rows in ROWS)} |"
    yield f"|---|---|{'--:|' * len(ROWS)}"
    for world in WORLDS:
        for told, explored in (("the accepted", 0.0), (f"also {SHARE:.0%} of the refused", SHARE)):
            counts: Counter[Any] = Counter()
            for rows in ROWS:
                for _ in range(ROUNDS):
                    held_out = draw(WORLDS[0], HELD_OUT, random, 1.0)
                    if not explored:
                        held_out = held_out.take(~held_out.refused)
                    counts[rows, answer(draw(world, rows, random, explored), held_out)] += 1
            cells = (
                " / ".join(f"{100 * counts[rows, said] / ROUNDS:.1f}" for said in ("recalibrate", "retrain"))
                for rows in ROWS
            )
            yield f"| {world.name} | {told} | {' | '.join(cells)} |"

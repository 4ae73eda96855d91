"""The lender: all parameters of the generator, and the function that draws one chunk of clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from training.synthetic.aggregates import aggregates
from training.synthetic.applications import applications
from training.synthetic.bureau import bureau, bureau_balance
from training.synthetic.cards import card_balance
from training.synthetic.columns import Booleans, Category, Floats, Table
from training.synthetic.copula import FACTORS, draw
from training.synthetic.draws import Ranks
from training.synthetic.instalments import instalments
from training.synthetic.loans import pos_balance, schedule, with_balance
from training.synthetic.previous import previous
from training.synthetic.profile import profile
from training.synthetic.risk import Effects, log_odds
from training.synthetic.splits import Split


@dataclass(frozen=True)
class Lender:
    """A world from which clients are drawn; a changed world is a `dataclasses.replace` of the published one."""

    root: Floats
    """[factors, factors] Its product with its transpose is the factors' correlation matrix."""
    ranks: Ranks
    effects: Effects
    mean: Floats = field(default_factory=lambda: np.zeros(len(FACTORS)))
    """[factors] In standard deviations of the published clients."""
    lost: Mapping[str, float] = field(default_factory=dict)
    """By application column, the share of clients whose value is removed: it becomes missing, or 0 for a document."""


@cache
def published() -> Lender:
    """The lender whose statistics were published."""
    calibration = profile()["calibration"]
    root = np.zeros((len(FACTORS), len(FACTORS)))
    for place, row in enumerate(calibration["root"].values()):
        root[place, : place + 1] = row
    effects = calibration["effects"]
    return Lender(
        root=root,
        ranks=Ranks({name: np.array(knots) for name, knots in calibration["ranks"].items()}),
        effects=Effects(
            constant=effects["constant"],
            cells={name: np.array(cells) for name, cells in effects["cells"].items()},
            slopes=effects["slopes"],
            gaps=effects["gaps"],
        ),
    )


def history(
    rng: np.random.Generator, lender: Lender, scores: Mapping[str, Floats], held_out: Booleans
) -> dict[str, Table]:
    """The six history tables of some clients; rows refer to positions instead of identifiers."""
    elsewhere = bureau(rng, lender.ranks, scores, held_out)
    loans = previous(rng, lender.ranks, scores, held_out)
    loans |= schedule(rng, loans)
    balanced = with_balance(rng, loans)
    cards = card_balance(rng, lender.ranks, loans, balanced, scores)
    return {
        "bureau": elsewhere,
        "bureau_balance": bureau_balance(rng, elsewhere, scores, held_out),
        "previous_application": loans,
        "POS_CASH_balance": pos_balance(rng, lender.ranks, loans, balanced, scores),
        "credit_card_balance": cards,
        "installments_payments": instalments(rng, lender.ranks, loans, balanced, cards, scores),
    }


def clients(rng: np.random.Generator, lender: Lender, held_out: Booleans) -> dict[str, Table]:
    """All tables of some clients; `application` holds both populations, with a TARGET for each client."""
    scores = draw(rng, lender.root, lender.mean, len(held_out))
    application = applications(rng, scores, Split(held_out))
    _lose(rng, application, lender.lost)
    tables = history(rng, lender, scores, held_out)
    past = aggregates(tables, len(held_out))
    risk = log_odds(lender.effects, lender.ranks, application, past)
    application["TARGET"] = (rng.uniform(size=len(risk)) < 1.0 / (1.0 + np.exp(-risk))).astype(np.int64)
    return {"application": application, **tables}


def _lose(rng: np.random.Generator, application: Table, lost: Mapping[str, float]) -> None:
    for name, share in lost.items():
        column, gone = application[name], rng.uniform(size=len(application["DAYS_BIRTH"])) < share
        if isinstance(column, Category):
            application[name] = Category(np.where(gone, -1, column.codes), column.levels)
        else:
            application[name] = np.where(gone, 0.0 if name.startswith("FLAG_") else np.nan, column)

"""What recent applications should weigh: log loss and cost of a model trained anew, where the truth is known.

The version that training chooses on the tables alone answers two cohorts, one of the tables' world and one of a world
that has changed or has not. Each family then learns from tables and cohorts, and is judged against the true probability
of default of further applicants of the later world.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from training.bundle import Field
from training.bundle.bundle import start
from training.candidates import LightGBM, Logistic
from training.features.fields import rows_of
from training.features.histories import aggregate
from training.products.home_credit import PRODUCT
from training.rows.prepare import Prepared, prepare
from training.rows.recent import Recent
from training.runs.assemble import assemble
from training.runs.train import Options
from training.selection.search import Trial, cheapest, folds_of, search
from training.synthetic.aggregates import aggregates
from training.synthetic.lender import Lender, clients
from training.synthetic.risk import log_odds
from training.synthetic.worlds import changed, published
from training.synthetic.write import as_arrow, numbered
from training.tables import Tables

HISTORY = tuple(table.name for table in PRODUCT.past)

Floats = npt.NDArray[np.float64]

ROUNDS = 3
CLIENTS = 10_000
BEFORE = 2_000
"""Applications of the first cohort."""
AFTER = (1_500, 5_000)
"""Of the second."""
JUDGED = 6_000
SHARE = 0.2
"""Of the refused applications, those accepted to learn from them."""
WORLDS = {"changed": changed(), "as before": published()}
ALONE, ONCE, HEAVY = "tables alone", "cohorts, each counted once", "cohorts as heavy as the tables"
SEED = 0

_OPTIONS = Options(seed=SEED)
_FAMILIES = {family.name: family for family in (Logistic(), LightGBM())}

Key = tuple[str, int, str, str]
"""World, applications after, family, what was learned from."""
Figures = tuple[float, float]
"""Log loss, cost per applicant."""


@dataclass(frozen=True)
class Clients:
    """Clients [n] of a world, with what only the world knows of them."""

    tables: Tables
    history: pl.DataFrame
    risk: Floats
    """The true probability of default."""

    def part(self, rows: slice) -> Clients:
        """Some of them."""
        return Clients(replace(self.tables, train=self.tables.train[rows]), self.history[rows], self.risk[rows])


@dataclass(frozen=True)
class Model:
    """What one family learned, and the threshold found for it."""

    fields: tuple[Field, ...]
    history: tuple[str, ...]
    graph: Any
    trial: Trial

    def probability(self, asked: Clients) -> Floats:
        """What the graph answers."""
        rows = rows_of(asked.tables.train, self.fields, asked.history.select(self.history))
        return np.asarray(self.graph.run(["probability"], rows.tensors())[0])

    def figures(self, asked: Clients) -> Figures:
        """As expected of outcomes that follow the true probabilities."""
        said, risk, costs = self.probability(asked), asked.risk, _OPTIONS.costs
        loss = -risk * np.log(said) - (1 - risk) * np.log1p(-said)
        cost = np.where(said >= self.trial.threshold.value, costs.fp * (1 - risk), costs.fn * risk)
        return float(loss.mean()), float(cost.mean())


def run() -> str:
    """The table as Markdown."""
    random = np.random.default_rng(SEED)
    rounds = [dict(_round(random)) for _ in range(ROUNDS)]
    told = (
        f"{CLIENTS:,} clients in the tables, a first cohort of {BEFORE:,} applications like them, {SHARE:.0%} of the "
        f"refused explored. Log loss and cost per applicant against the true probabilities of {JUDGED:,} further "
        f"applicants, means of {ROUNDS} rounds in which everybody is drawn anew. The last column is what the weight "
        "adds to the cost, with the lowest and the highest round."
    )
    return "\n".join([told, "", *_table(rounds)])


def draw(world: Lender, count: int, first: int, random: np.random.Generator) -> Clients:
    """New clients of a world, numbered from a first position on."""
    drawn = clients(random, world, np.zeros(count, bool))
    risk = log_odds(world.effects, world.ranks, drawn["application"], aggregates(drawn, count))
    drawn["held_out"] = {"held_out": np.zeros(count, np.int64)}
    written = numbered(drawn, {"bureau": 0, "loan": 0}, first)
    frames = {name: pl.DataFrame(as_arrow(name, written[name])) for name in ("application_train", *HISTORY)}
    train = frames.pop("application_train")
    tables = Tables(PRODUCT, train, None, {name: frame.lazy() for name, frame in frames.items()}, (), (), {})
    past = aggregate(PRODUCT, tables.history, train["SK_ID_CURR"]).drop("SK_ID_CURR")
    return Clients(tables, past, 1 / (1 + np.exp(-risk)))


def answer(model: Model, asked: Clients, random: np.random.Generator) -> pa.Table:
    """A closed cohort, with the outcomes of the accepted and of a share of the refused."""
    train, probability = asked.tables.train, model.probability(asked)
    refused = probability >= model.trial.threshold.value
    known = ~refused | (random.random(len(refused)) < SHARE)
    answers = pl.DataFrame(
        {
            "id": train["SK_ID_CURR"].cast(pl.String),
            "client": train["SK_ID_CURR"],
            "probability": probability,
            "threshold": np.full(len(refused), model.trial.threshold.value),
            "outcome": train["TARGET"] == 1,
            "weight": np.where(refused, 1 / SHARE, 1.0),
        }
    ).with_columns(pl.when(pl.Series(known)).then(pl.col("outcome", "weight")))
    fields = train.select(field.name for field in PRODUCT.fields)
    cohort = pl.concat([fields, asked.history, answers], how="horizontal")
    return cohort.to_arrow(compat_level=pl.CompatLevel.oldest())


def learn(prepared: Prepared) -> dict[str, Model]:
    """Each family with its default parameters on all features, calibrated and with a threshold as training does it."""
    learned, examples = prepared.learned, prepared.examples
    folds = folds_of(learned.outcome + 2 * learned.deciding, _OPTIONS.folds, SEED)
    plan = [(family, family.defaults) for family in _FAMILIES.values()]
    models = {}
    for trial in search(examples, plan, folds, learned.deciding, _OPTIONS.costs, SEED, lambda _: None):
        fitted = _FAMILIES[trial.family].fit(examples, trial.parameters, SEED)
        graph = assemble(PRODUCT, prepared.fields, prepared.history, prepared.features, fitted, trial.calibration)
        models[trial.family] = Model(prepared.fields, prepared.history, start(graph), trial)
    return models


def _round(random: np.random.Generator) -> Iterator[tuple[Key, Figures]]:
    base = draw(published(), CLIENTS, 0, random)
    before = draw(published(), BEFORE, CLIENTS, random)
    alone = learn(_prepare(base, None))
    live = alone[cheapest(model.trial for model in alone.values()).family]
    for name, world in WORLDS.items():
        later = draw(world, max(AFTER) + JUDGED, CLIENTS + BEFORE, random)
        judged = later.part(slice(max(AFTER), None))
        held_out, first = answer(live, judged, random), answer(live, before, random)
        for count in AFTER:
            second = answer(live, later.part(slice(count)), random)
            heavy = _prepare(base, Recent({"1-1": first, "1-2": second}, ("1-3", held_out)))
            found = {ALONE: alone, ONCE: learn(_once(heavy)), HEAVY: learn(heavy)}
            for told, models in found.items():
                yield from (((name, count, family, told), model.figures(judged)) for family, model in models.items())


def _prepare(base: Clients, recent: Recent | None) -> Prepared:
    return prepare(base.tables, (), _OPTIONS.holdout, _OPTIONS.auc_alone, SEED, lambda _: None, recent)


def _once(heavy: Prepared) -> Prepared:
    """With each recent application counted once: of those an accepted one weighs least, and all more than a client."""
    weight = heavy.learned.weight
    once = np.where(weight > 1, weight / weight[weight > 1].min(), 1.0)
    return replace(heavy, learned=replace(heavy.learned, weight=once))


def _table(rounds: Sequence[Mapping[Key, Figures]]) -> Iterator[str]:
    yield f"| world | applications after | family | {ALONE} | {ONCE} | {HEAVY} | cost against each counted once |"
    yield f"|---|--:|---|{'--:|' * 4}"
    for world, count, family in itertools.product(WORLDS, AFTER, _FAMILIES):
        alone, once, heavy = (
            np.array([figures[world, count, family, told] for figures in rounds]) for told in (ALONE, ONCE, HEAVY)
        )
        cells = (f"{loss:.3f}, {cost:.3f}" for loss, cost in (each.mean(axis=0) for each in (alone, once, heavy)))
        more = 100 * (heavy[:, 1] / once[:, 1] - 1)
        told = f"{more.mean():+.1f} % ({more.min():+.1f} to {more.max():+.1f})"
        yield f"| {world} | {count:,} | {family} | {' | '.join(cells)} | {told} |"

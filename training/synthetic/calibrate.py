"""The parts of the profile that are simulated from the rest: correlations, ranks and effects on default.

`python -m training.synthetic.calibrate` rewrites them in `profile.json`. It makes three fits in this order:

- correlations: the correlations of the finished columns are compared with the published ones. The factors' matrix is
  corrected by the difference, in several rounds.
- ranks: they are measured on one large draw.
- effects: each column's effect is raised or lowered, bin by bin, until its default rates are the published ones
  (iterative proportional fitting). The slope of an aggregate is moved until its AUC is the published one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from training.synthetic.aggregates import aggregates
from training.synthetic.applications import PENSIONER, applications
from training.synthetic.columns import Floats, Table, floats
from training.synthetic.copula import ASSUMED, FACTORS, HISTORY, draw, positive
from training.synthetic.draws import MeasuringRanks, Ranks, normal_score
from training.synthetic.lender import Lender, history
from training.synthetic.profile import PROFILE_PATH, profile, text
from training.synthetic.risk import Binned, Effects, binned, scaled
from training.synthetic.splits import Split

CLIENTS = 40_000
_ROUNDS = 6
_STEPS = 40
_PRIOR = 150.0
"""Clients with the mean default rate that are added to those without an aggregate; they shrink the rate to the mean."""
_AUC_ERROR = 0.015
"""Standard error of the published AUC of an aggregate that nearly all clients have."""
_RARE = 60
"""A cell with fewer clients than this, published or drawn, gets no effect."""
_CELL_RIDGE = 0.25
_SLOPE_RIDGE = 0.25
"""The share that an effect loses in each step, so that columns with the same information share the effect.

A hundred weak columns depend on each other in real data, but not in the copula. Without the ridge their effects add up
to too much: on 20,000 clients a model would be better than is possible on real clients.
"""
_UNSHRUNK = ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3", "CODE_GENDER", "NAME_FAMILY_STATUS", "DAYS_BIRTH")
"""Columns whose effects lose nothing: the strongest columns, and those by which fairness is measured."""
_HISTORY_GAIN = 1.8
"""An aggregate shows its factor only weakly, so the factor must move further."""
_CARRIERS = (
    "bureau_days_credit_mean", "bureau_active_share", "bureau_debt_ratio", "bureau_overdue_max",
    "bb_bad_month_share", "bb_months", "prev_refused_share", "prev_approved_share", "prev_days_decision_mean",
    "prev_app_credit_ratio", "prev_down_payment_rate", "prev_annuity_mean", "prev_yield_high_share", "pos_n",
    "pos_dpd_share", "cc_util_mean", "cc_drawings_mean",
)  # fmt: skip
"""Aggregates that get a slope; the others follow through their correlation."""
_SEED = 20_180_517


def spearman(x: Floats, y: Floats) -> float:
    """Rank correlation over the rows in which both values are present."""
    present = ~(np.isnan(x) | np.isnan(y))
    return float(np.corrcoef(_rank(x[present]), _rank(y[present]))[0, 1])


def _rank(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - counts / 2)[inverse])


def numbers(table: Table, name: str) -> Floats:
    """A column of numbers with NaN instead of the value for pensioners."""
    values = floats(table, name)
    return np.where(values == PENSIONER, np.nan, values)


def targets() -> dict[tuple[str, str], float]:
    """Published rank correlations between factors; each factor is shown by a column or an aggregate."""
    published = profile()["spearman"]
    names, matrix = published["columns"], published["matrix"]
    pairs = {
        (a, b): matrix[i][j]
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i < j and a in FACTORS and b in FACTORS
    }
    for factor, aggregate in HISTORY.items():
        for column, value in profile()["aggregates"][aggregate]["spearman"].items():
            pairs[factor, column] = value
    return pairs


def _lender(correlation: Floats, ranks: Ranks) -> Lender:
    root = np.linalg.cholesky(positive(correlation))
    return Lender(np.asarray(root, np.float64), ranks, Effects(0.0, {}, {}, {}))


def simulate(lender: Lender) -> tuple[Table, dict[str, Floats], dict[str, Table]]:
    """Applications, aggregates and history of labelled clients."""
    rng = np.random.default_rng(_SEED)
    nobody = np.zeros(CLIENTS, dtype=bool)
    scores = draw(rng, lender.root, lender.mean, CLIENTS)
    application = applications(rng, scores, Split(nobody))
    tables = history(rng, lender, scores, nobody)
    return application, aggregates(tables, CLIENTS), tables


def correlations() -> Floats:
    """Fit the factors' correlation matrix."""
    place = {name: i for i, name in enumerate(FACTORS)}
    matrix = np.eye(len(FACTORS))
    published = targets()
    start = {pair: 2.0 * np.sin(np.pi / 6.0 * value) for pair, value in published.items()} | ASSUMED
    for (a, b), value in start.items():
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = value
    for turn in range(_ROUNDS):
        application, past, _ = simulate(_lender(matrix, MeasuringRanks()))
        shown = {name: past[aggregate] for name, aggregate in HISTORY.items()}
        shown |= {name: numbers(application, name) for name in FACTORS if name in application and name in _columns()}
        worst = 0.0
        for (a, b), value in published.items():
            error = value - spearman(shown[a], shown[b])
            worst = max(worst, abs(error))
            gain = _HISTORY_GAIN if a in HISTORY else 0.8
            new = np.clip(matrix[place[a], place[b]] + gain * error, -0.985, 0.985)
            matrix[place[a], place[b]] = matrix[place[b], place[a]] = new
        sys.stderr.write(f"correlations, round {turn + 1}: largest error {worst:.3f}\n")
    return matrix


def _columns() -> set[str]:
    return {name for pair in targets() for name in pair}


def auc(values: Floats, probability: Floats) -> float:
    """Expected AUC of a column when row i defaults with `probability[i]`; ties count half."""
    order = np.argsort(values, kind="stable")
    _, inverse = np.unique(values[order], return_inverse=True)
    bad = np.bincount(inverse, weights=probability[order])
    good = np.bincount(inverse, weights=1.0 - probability[order])
    below = np.cumsum(good) - good / 2
    return float(np.sum(bad * below) / (bad.sum() * good.sum()))


def _shrunk(column: Binned, mean: float) -> Floats:
    """Log odds by cell, shrunk towards the mean according to the scatter that chance would cause.

    The variance between cells is DerSimonian and Laird's moment estimate. A column of pure noise becomes flat.
    """
    counted = column.counts >= _RARE
    if np.sum(counted) < 2:
        return np.full(column.cells, _logit(mean))
    rate = (column.counts * column.rates + mean) / (column.counts + 1.0)
    precision = np.where(counted, column.counts * rate * (1.0 - rate), 0.0)
    distance = np.where(counted, _logit(rate) - _logit(mean), 0.0)
    centre = np.sum(precision * distance) / precision.sum()
    scatter = np.sum(precision * (distance - centre) ** 2) - (np.sum(counted) - 1)
    between = max(scatter / (precision.sum() - np.sum(precision**2) / precision.sum()), 0.0)
    return np.asarray(_logit(mean) + centre + between * precision / (1.0 + between * precision) * (distance - centre))


def _likely(row: dict[str, float]) -> float:
    """An aggregate's AUC, shrunk towards one half according to its standard error."""
    error = _AUC_ERROR * np.sqrt(profile()["aggregates"]["pos_n"]["n"] / row["n"])
    distance = row["auc"] - 0.5
    return float(0.5 + distance * distance**2 / (distance**2 + error**2))


class _Fit:
    """Effects during the fit, and the log odds of each client that follow from them."""

    def __init__(self, ranks: Ranks, application: Table, past: dict[str, Floats]) -> None:
        self.mean: float = profile()["default_rate"]
        self.columns = binned()
        self.places = {column.name: column.cell(application[column.name]) for column in self.columns}
        self.past = past
        self.scores = {name: scaled(ranks, name, past[name]) for name in _CARRIERS}
        self.cells = {column.name: np.zeros(column.cells) for column in self.columns}
        self.slopes, self.gaps = dict.fromkeys(_CARRIERS, 0.0), dict.fromkeys(_CARRIERS, 0.0)
        self.constant = float(_logit(self.mean))
        self.total = np.full(CLIENTS, self.constant)

    def probability(self) -> Floats:
        return np.asarray(1.0 / (1.0 + np.exp(-self.total)))

    def move_column(self, column: Binned) -> None:
        place, cells = self.places[column.name], self.cells[column.name]
        step = _cell_step(column, place, self.probability(), self.mean)
        step -= (0.0 if column.name in _UNSHRUNK else _CELL_RIDGE) * cells
        cells += step
        self.total += step[place]

    def move_aggregate(self, name: str) -> None:
        row, p = profile()["aggregates"][name], self.probability()
        gap = np.isnan(self.past[name])
        shown = auc(self.past[name][~gap], p[~gap])
        step = 0.5 * (_probit(_likely(row)) - _probit(shown)) - _SLOPE_RIDGE * self.slopes[name]
        clients = gap.mean() * profile()["aggregates_clients"]
        rate = (row["missing"] * clients + _PRIOR * self.mean) / (clients + _PRIOR)
        gap_step = 0.3 * float(_logit(rate) - _logit(p[gap].mean())) - _SLOPE_RIDGE * self.gaps[name]
        self.slopes[name] += step
        self.gaps[name] += gap_step
        self.total += step * self.scores[name] + gap_step * gap

    def move_constant(self) -> None:
        step = float(_logit(self.mean) - _logit(self.probability().mean()))
        self.constant += step
        self.total += step


def effects(ranks: Ranks, application: Table, past: dict[str, Floats]) -> Effects:
    """Fit the effects on the log odds, so that all published relations hold together."""
    fit = _Fit(ranks, application, past)
    for turn in range(_STEPS):
        for column in fit.columns:
            fit.move_column(column)
        for name in _CARRIERS:
            fit.move_aggregate(name)
        fit.move_constant()
        if turn % 10 == 9:
            p = fit.probability()
            sys.stderr.write(f"effects, step {turn + 1}: AUC of the probability itself {auc(p, p):.4f}\n")
    return Effects(fit.constant, fit.cells, fit.slopes, fit.gaps)


def _probit(share: float) -> float:
    return float(normal_score(np.array([share]))[0])


def _cell_step(column: Binned, place: np.ndarray[Any, Any], p: Floats, mean: float) -> Floats:
    clients = np.bincount(place, minlength=column.cells)
    shown = np.bincount(place, weights=p, minlength=column.cells) / np.maximum(clients, 1)
    published = _shrunk(column, mean)
    usable = np.minimum(clients, column.counts) >= _RARE
    return np.where(usable, 0.5 * (published - _logit(np.clip(shown, 1e-4, 1 - 1e-4))), 0.0)


def _logit(p: Any) -> Any:
    return np.log(p / (1.0 - p))


def _short(values: Any) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def main() -> None:
    """Rewrite the calibration in the committed profile."""
    matrix = correlations()
    lender = _lender(matrix, MeasuringRanks())
    application, past, _ = simulate(lender)
    for name, values in past.items():
        lender.ranks.share(f"aggregate.{name}", values[~np.isnan(values)])
    fitted = effects(lender.ranks, application, past)
    root = {name: _short(lender.root[i, : i + 1]) for i, name in enumerate(FACTORS)}
    calibration = {
        "root": root,
        "ranks": {name: _short(knots) for name, knots in lender.ranks.knots.items()},
        "effects": {
            "constant": fitted.constant,
            "cells": {name: _short(values) for name, values in fitted.cells.items()},
            "slopes": {name: float(f"{value:.4g}") for name, value in fitted.slopes.items()},
            "gaps": {name: float(f"{value:.4g}") for name, value in fitted.gaps.items()},
        },
    }
    content: dict[str, Any] = json.loads(PROFILE_PATH.read_text(encoding="utf-8"))
    PROFILE_PATH.write_text(text(content | {"calibration": calibration}), encoding="utf-8")


if __name__ == "__main__":
    main()

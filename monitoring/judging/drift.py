"""Compares a column of a window with the same column of the reference: the population stability index, and its noise.

The bins of a number are deciles of the reference; equal deciles are merged. If a number has few distinct values, each
value is a bin. The bins of a category are its levels; rare levels are merged. Every column has two more bins. The first
is for missing values, including anomalies, which the graph reads as missing. The second is for values that training
never saw: another level, or a number out of range.

PSI = sum (now - then) ln(now / then) over the bins. If nothing changed, PSI / (1/n + 1/m) is about chi-squared with
bins - 1 degrees of freedom (Yurdakul and Naranjo, Statistical properties of the population stability index, 2020). A
column drifted if its PSI is large enough to matter, and also exceeds the noise. By chance, any column exceeds the noise
in one of a hundred windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

from monitoring.verdict import Comparison
from monitoring.verdict.window import Kind

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.intp]

PSI_THAT_MATTERS = 0.1
"""The credit industry's convention: below 0.1 there is no shift, from 0.1 to 0.25 a moderate, above a major shift."""
FALSE_ALARMS = 0.01
"""Chance that an unchanged window has any drifted column, if the limit of noise decides."""
RARE = 0.01
"""A bin with a smaller share of the reference is merged, because its share is too uncertain to be compared."""
FEW_VALUES = 20
"""A number with at most this many distinct values is a count, a flag or a rating; each value is a bin."""

MISSING = "missing"
UNSEEN = "unseen"
OTHER = "other levels"


@dataclass(frozen=True)
class NumberBins:
    """Bins of a number: up to the first cut, up to the second …; then missing, then outside `low` to `high`."""

    names: tuple[str, ...]
    cuts: npt.NDArray[Any]
    """In the precision of the values, so that a value equal to a cut is on the same side in every window."""
    low: float
    high: float
    anomalies: tuple[float, ...]

    @classmethod
    def fit(
        cls,
        values: npt.NDArray[Any],
        weight: Floats,
        *,
        anomalies: Iterable[float | str] = (),
        low: float | None = None,
        high: float | None = None,
    ) -> NumberBins:
        """Learn bins from reference values [n], NaN for missing. Without `low` or `high`, the values' range is used.

        A column without any value has only the last two bins, and every later value is outside.
        """
        missing = tuple(float(value) for value in anomalies if not isinstance(value, str))
        there = ~_is_missing(values, missing)
        low = float(values[there].min(initial=np.inf)) if low is None else low
        high = float(values[there].max(initial=-np.inf)) if high is None else high
        there &= (values >= low) & (values <= high)
        distinct, at = np.unique(values[there], return_inverse=True)
        mass = np.bincount(at.ravel(), weight[there], len(distinct)) / weight.sum()
        if not len(distinct):
            low, high = np.inf, -np.inf
        many = len(distinct) > FEW_VALUES
        if many:
            mass, distinct = _tenths(distinct, mass)
        kept = _merged(mass)
        cuts = distinct[kept]
        names = _number_names(distinct, kept, many)
        outside = f"outside {_text(low)} to {_text(high)}" if low <= high else UNSEEN
        return cls((*names, MISSING, outside), cuts[:-1], low, high, missing)

    def index(self, values: npt.NDArray[Any]) -> Indexes:
        """The bin of each value [n]."""
        bins = np.searchsorted(self.cuts, values)
        bins[(values < self.low) | (values > self.high)] = len(self.names) - 1
        bins[_is_missing(values, self.anomalies)] = len(self.names) - 2
        return bins


@dataclass(frozen=True)
class LevelBins:
    """Bins of a category: its levels, then all rare levels together if there are any, then missing, then unseen."""

    names: tuple[str, ...]
    bins: dict[str, int]
    """The bin of each text that is not unseen."""

    @classmethod
    def fit(
        cls,
        texts: npt.NDArray[np.object_],
        weight: Floats,
        *,
        levels: Sequence[str],
        anomalies: Iterable[float | str] = (),
    ) -> LevelBins:
        """Learn bins from reference texts [n], "" for missing; `levels` are those that training saw."""
        codes = {level: i for i, level in enumerate(levels)}
        at = np.fromiter((codes.get(text, len(levels)) for text in texts), np.intp, len(texts))
        mass = np.bincount(at, weight, len(levels) + 1) / weight.sum()
        common = [level for i, level in enumerate(levels) if mass[i] >= RARE]
        rare = [level for i, level in enumerate(levels) if mass[i] < RARE]
        names = (*common, *([OTHER] if rare else []), MISSING, UNSEEN)
        bins = {level: i for i, level in enumerate(common)} | dict.fromkeys(rare, len(common))
        bins |= dict.fromkeys(("", *(text for text in anomalies if isinstance(text, str))), len(names) - 2)
        return cls(names, bins)

    def index(self, texts: npt.NDArray[np.object_]) -> Indexes:
        """The bin of each text [n]."""
        find, unseen = self.bins.get, len(self.names) - 1
        return np.fromiter((find(text, unseen) for text in texts), np.intp, len(texts))


@dataclass(frozen=True)
class ReferenceColumn:
    """One column of the reference, ready to be compared with a window's."""

    name: str
    kind: Kind
    binning: NumberBins | LevelBins
    shares: Floats
    """The reference's share in each bin."""
    rows: float
    """Effective number of rows: so many rows of equal weight would give shares of the same precision."""
    weight: float

    @classmethod
    def of(
        cls,
        name: str,
        kind: Kind,
        binning: NumberBins | LevelBins,
        values: npt.NDArray[Any],
        weight: Floats,
        matters: float,
    ) -> ReferenceColumn:
        """Build a column from reference values [n] and the rows' weights [n]."""
        counts = np.bincount(binning.index(values), weight, len(binning.names))
        rows = float(weight.sum() ** 2 / (weight**2).sum())  # Kish's effective sample size
        return cls(name, kind, binning, counts / weight.sum(), rows, matters)

    @cached_property
    def missing(self) -> float:
        """Share of the reference's values that is missing."""
        return float(self.shares[-2])

    def count(self, values: npt.NDArray[Any]) -> Floats:
        """Number of a window's values [n] in each bin."""
        return np.bincount(self.binning.index(values), minlength=len(self.shares)).astype(np.float64)

    def compare(self, counts: Floats, columns: int) -> Comparison:
        """Compare a window's counts by bin. `columns` is the number of compared columns; empty bins are left out."""
        rows = float(counts.sum())
        filled = (counts > 0) | (self.shares > 0)
        then, now = self.shares[filled], counts[filled] / rows
        shift = psi(then, now, min(rows, self.rows))
        limit = noise(int(filled.sum()), rows, self.rows, columns)
        return Comparison(
            name=self.name,
            kind=self.kind,
            bins=tuple(name for name, shown in zip(self.binning.names, filled, strict=True) if shown),
            reference=tuple(then.tolist()),
            now=tuple(now.tolist()),
            psi=shift,
            noise=limit,
            drifted=shift >= max(PSI_THAT_MATTERS, limit),
            weight=self.weight,
        )


def psi(then: Floats, now: Floats, rows: float) -> float:
    """Population stability index of two distributions over the same bins; the smaller sample has `rows` rows.

    Half a row of the smaller sample is added to every bin of both distributions, so that no share is 0. Then a new bin
    counts by its number of rows, and equal shares give 0 for all sample sizes.
    """
    floor = 0.5 / rows
    a, b = (then + floor) / (1 + len(then) * floor), (now + floor) / (1 + len(now) * floor)
    return max(0.0, float(((b - a) * np.log(b / a)).sum()))


def noise(bins: int, rows: float, reference_rows: float, columns: int) -> float:
    """Upper limit of PSI by chance. Without drift, at most 1 window in 100 has any of its `columns` above the limit."""
    # chdtri equals `scipy.stats.chi2.isf`, but the import of scipy.stats takes seconds.
    return (1 / rows + 1 / reference_rows) * float(chdtri(bins - 1, FALSE_ALARMS / columns)) if bins > 1 else 0.0


def _is_missing(values: npt.NDArray[Any], anomalies: Iterable[float]) -> npt.NDArray[np.bool_]:
    missing: npt.NDArray[np.bool_] = np.isnan(values)
    for anomaly in anomalies:
        missing |= values == anomaly
    return missing


def _tenths(distinct: npt.NDArray[Any], mass: Floats) -> tuple[Floats, npt.NDArray[Any]]:
    """Merge values into tenths of equal mass: the mass and highest value of each. A heavy value has its own bin."""
    upto = np.cumsum(mass)
    ends = np.searchsorted(upto, upto[-1] * np.arange(1, 10) / 10 - 1e-12)
    heavy = np.flatnonzero(mass >= upto[-1] / 10)
    ends = np.unique(np.concatenate([ends, heavy, heavy[heavy > 0] - 1, [len(distinct) - 1]]))
    return np.diff(upto[ends], prepend=0.0), distinct[ends]


def _merged(mass: Floats) -> list[int]:
    """Merge neighbouring bins until each run holds at least RARE; returns the last index of each run."""
    kept, held = [], 0.0
    for i, share in enumerate(mass):
        held += share
        if held >= RARE:
            kept.append(i)
            held = 0.0
    if held and kept:
        kept.pop()
    return [*kept, len(mass) - 1] if len(mass) and (held or not kept) else kept


def _number_names(distinct: npt.NDArray[Any], kept: list[int], many: bool) -> list[str]:
    """`3` for a single value, else `up to 3`, `3 to 5`, `above 5`; a bin includes its upper end."""
    names = []
    for place, last in enumerate(kept):
        first = kept[place - 1] + 1 if place else 0
        if first == last and not many:
            names.append(_text(distinct[last]))
        elif place == 0:
            names.append(f"up to {_text(distinct[last])}")
        elif place == len(kept) - 1:
            names.append(f"above {_text(distinct[first - 1])}")
        else:
            names.append(f"{_text(distinct[first - 1])} to {_text(distinct[last])}")
    return names


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"

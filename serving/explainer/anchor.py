"""A rule that all but settles the decision: while it holds, other values hardly change it.

Anchors (Ribeiro et al. 2018) as Alibi finds them, over the application's fields and history as people read them. Each
is cut into quarters of the background's rows with missing as a level of its own, so Alibi sees levels alone; for a
level, values of the background in it are drawn, and the bundle's whole graph decides. Only the fields that contribute
most to this row are varied; the others keep its values.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from alibi.explainers.anchors.anchor_tabular import AnchorTabular

from serving.reasons import Reasons
from training.bundle import Bundle, Field, Manifest, Rows

_FIELDS = 12
"""Fields that are varied. The search grows with their number, and the thirteenth rarely contributes a twentieth."""

_LONGEST = 4
"""Conditions in a rule: more is nothing that a person reads."""

Codes = npt.NDArray[np.int64]


class AnchorTimeout(TimeoutError):  # noqa: N818 - named for what it is: the answer goes without an anchor
    """The search took longer than it may."""


class Anchor(msgspec.Struct, frozen=True):
    """While all of `rule` holds, the decision stays in a share `precision`; it holds for `coverage` of applicants."""

    rule: list[str]
    precision: float
    coverage: float


@dataclass(frozen=True)
class _Column:
    """A field or history feature: where it is in the rows, what it is cut into, and the background's values of it."""

    name: str
    part: str
    """`numeric`, `categorical` or `history`."""
    place: int
    edges: npt.NDArray[np.float32]
    """Of a number: the upper ends of its levels but the last."""
    levels: tuple[str, ...]
    anomalies: tuple[float | str, ...]
    values: npt.NDArray[Any]
    """[n] of the background."""

    @property
    def size(self) -> int:
        """Number of its levels, missing the last of them."""
        return (len(self.levels) if self.part == "categorical" else len(self.edges) + 1) + 1

    def codes(self, values: npt.NDArray[Any]) -> Codes:
        """Which level each value [n] is in."""
        missing = self.size - 1
        if self.part == "categorical":
            known = {level: code for code, level in enumerate(self.levels)}
            return np.array([known.get(value, missing) for value in values], np.int64)
        absent = np.isnan(values) | np.isin(values, np.array(self.anomalies, np.float32))
        return np.where(absent, missing, np.searchsorted(self.edges, values))

    def condition(self, code: int) -> str:
        """What being in a level means, in words."""
        if code == self.size - 1:
            return f"{self.name} is missing"
        if self.part == "categorical":
            return f"{self.name} is {self.levels[code]}"
        if not len(self.edges):  # missing in all of the background
            return f"{self.name} is there"
        low = f"{self.edges[code - 1]:.6g} < " if 0 < code < len(self.edges) else ""
        high = f" ≤ {self.edges[code]:.6g}" if code < len(self.edges) else f" > {self.edges[code - 1]:.6g}"
        return f"{low}{self.name}{high}"

    @cached_property
    def background(self) -> Codes:
        """[n]: the levels of the background's values."""
        return self.codes(self.values)

    @cached_property
    def pools(self) -> tuple[npt.NDArray[Any], Codes]:
        """The background's values by level, and where each level begins."""
        order = np.argsort(self.background, kind="stable")
        return self.values[order], np.searchsorted(self.background[order], np.arange(self.size + 1))

    def draw(self, codes: Codes, own: Any, generator: np.random.Generator) -> npt.NDArray[Any]:
        """A value for each level [n]; `own` for one that the background never has."""
        values, starts = self.pools
        first, count = starts[codes], starts[codes + 1] - starts[codes]
        places = first + np.floor(generator.random(len(codes)) * count).astype(np.int64)
        drawn = values[np.minimum(places, len(values) - 1)]
        drawn[count == 0] = own
        return drawn


class Anchors:
    """Finds anchors for one bundle; what it needs of the background is made once."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._columns = _columns(bundle.manifest, bundle.background())

    def find(self, row: Rows, reasons: Reasons, place: int, precision: float, seconds: float) -> Anchor:
        """The anchor of one row, whose reasons are at `place`; the same row always has the same.

        Where no rule reaches `precision`, the one that comes nearest.

        Raises AnchorTimeout.
        """
        columns = self._strongest(reasons, place)
        decide = _Decider(self._bundle, row, columns, time.monotonic() + seconds)
        search = AnchorTabular(
            decide,
            feature_names=[column.name for column in columns],
            categorical_names={
                index: [str(code) for code in range(column.size)] for index, column in enumerate(columns)
            },
            dtype=np.int64,
            seed=0,
        )
        search.fit(np.column_stack([column.background for column in columns]))
        found = search.explain(
            decide.codes, threshold=precision, beam_size=1, max_anchor_size=_LONGEST, min_samples_start=100
        )
        kept: Sequence[int] = found.data["raw"]["feature"]
        rule = [columns[index].condition(int(decide.codes[index])) for index in kept]
        return Anchor(rule, float(found.data["precision"]), float(found.data["coverage"]) if rule else 1.0)

    def _strongest(self, reasons: Reasons, place: int) -> list[_Column]:
        """The fields whose features contribute most to a row, either way."""
        strength: dict[str, float] = dict.fromkeys(self._columns, 0.0)
        for feature, added in zip(self._bundle.manifest.features, reasons.contributions[place], strict=True):
            for name in feature.made_from:
                strength[name] += math.fabs(added) / len(feature.made_from)
        names = sorted(strength, key=lambda name: -strength[name])[:_FIELDS]
        return [self._columns[name] for name in names]


class _Decider:
    """The decision for rows of levels, as Alibi asks for it."""

    def __init__(self, bundle: Bundle, row: Rows, columns: Sequence[_Column], until: float) -> None:
        self._bundle, self._row, self._columns, self._until = bundle, row, columns, until
        self._generator = np.random.default_rng(0)
        self._own = [getattr(row, column.part)[0, column.place] for column in columns]
        self.codes = np.array(
            [column.codes(np.array([own]))[0] for column, own in zip(columns, self._own, strict=True)], np.int64
        )

    def __call__(self, codes: npt.NDArray[Any]) -> Codes:
        if time.monotonic() > self._until:
            raise AnchorTimeout
        # Alone, Alibi asks for the row itself: its decision is that of its own values, not of others like them.
        rows = self._row if len(codes) == 1 else self._filled(codes.astype(np.int64))
        threshold = self._bundle.manifest.policy.threshold
        return (self._bundle.score(rows).probability >= threshold).astype(np.int64)

    def _filled(self, codes: Codes) -> Rows:
        count = len(codes)
        row = self._row
        parts = {part: getattr(row, part).repeat(count, axis=0) for part in ("numeric", "categorical", "history")}
        for index, (column, own) in enumerate(zip(self._columns, self._own, strict=True)):
            parts[column.part][:, column.place] = column.draw(codes[:, index], own, self._generator)
        return Rows(**parts)


def _columns(manifest: Manifest, background: Rows) -> dict[str, _Column]:
    """By name, all that a rule may speak of."""
    none = Field(name="", datatype="FP64", description="")
    told = [("numeric", place, field.name, field) for place, field in enumerate(manifest.numeric)]
    told += [("categorical", place, field.name, field) for place, field in enumerate(manifest.categorical)]
    told += [("history", place, name, none) for place, name in enumerate(manifest.history)]
    return {
        name: _column(name, part, place, field, getattr(background, part)[:, place])
        for part, place, name, field in told
    }


def _column(name: str, part: str, place: int, field: Field, values: npt.NDArray[Any]) -> _Column:
    edges = np.empty(0, np.float32)
    if part != "categorical":
        known = values[~(np.isnan(values) | np.isin(values, np.array(field.anomalies, np.float32)))]
        if len(known):
            edges = np.unique(np.quantile(known, (0.25, 0.5, 0.75), method="nearest"))
    return _Column(name, part, place, edges, field.levels, field.anomalies, values)

"""Anchors: a rule that nearly determines the decision; while it holds, other values hardly change the decision.

Alibi finds the anchors (Ribeiro et al. 2018) over the application's fields and history. Numbers are cut into quarters
of the background's rows, with missing as a separate level, so Alibi works only with levels. For each level, values are
drawn from the background's rows in this level, and the bundle's whole graph decides. Only the fields that contribute
most to the row vary; the others keep the row's values.
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
"""The number of fields that vary. The search time grows with it, and a 13th rarely contributes a twentieth."""

_LONGEST = 4
"""The most conditions in a rule; a longer rule is hard to read."""

Codes = npt.NDArray[np.int64]


class AnchorTimeout(TimeoutError):  # noqa: N818 - not an error for the caller: the answer has no anchor then
    """The search exceeded its time limit."""


class Anchor(msgspec.Struct, frozen=True):
    """A rule. While it holds, a share `precision` of decisions is unchanged; it covers a share of all applicants."""

    rule: list[str]
    precision: float
    coverage: float


@dataclass(frozen=True)
class _Column:
    """A field or history feature: its place in the rows, its levels, and its values in the background."""

    name: str
    part: str
    """`numeric`, `categorical` or `history`."""
    place: int
    edges: npt.NDArray[np.float32]
    """For a number: the upper ends of its levels, except the last."""
    levels: tuple[str, ...]
    anomalies: tuple[float | str, ...]
    values: npt.NDArray[Any]
    """[n] The background's values."""

    @property
    def size(self) -> int:
        """The number of levels, including missing as the last."""
        return (len(self.levels) if self.part == "categorical" else len(self.edges) + 1) + 1

    def codes(self, values: npt.NDArray[Any]) -> Codes:
        """The level of each value [n]."""
        missing = self.size - 1
        if self.part == "categorical":
            places = {level: code for code, level in enumerate(self.levels)}
            return np.array([places.get(value, missing) for value in values], np.int64)
        absent = np.isnan(values) | np.isin(values, np.array(self.anomalies, np.float32))
        return np.where(absent, missing, np.searchsorted(self.edges, values))

    def condition(self, code: int) -> str:
        """The condition of a level as text."""
        if code == self.size - 1:
            return f"{self.name} is missing"
        if self.part == "categorical":
            return f"{self.name} is {self.levels[code]}"
        if not len(self.edges):  # all values of the background are missing
            return f"{self.name} is there"
        low = f"{self.edges[code - 1]:.6g} < " if 0 < code < len(self.edges) else ""
        high = f" ≤ {self.edges[code]:.6g}" if code < len(self.edges) else f" > {self.edges[code - 1]:.6g}"
        return f"{low}{self.name}{high}"

    @cached_property
    def background(self) -> Codes:
        """[n] The levels of the background's values."""
        return self.codes(self.values)

    @cached_property
    def pools(self) -> tuple[npt.NDArray[Any], Codes]:
        """The background's values sorted by level, and the start index of each level."""
        order = np.argsort(self.background, kind="stable")
        return self.values[order], np.searchsorted(self.background[order], np.arange(self.size + 1))

    def draw(self, codes: Codes, own: Any, generator: np.random.Generator) -> npt.NDArray[Any]:
        """A random value for each level [n]; `own` if the background has no value in the level."""
        values, starts = self.pools
        first, count = starts[codes], starts[codes + 1] - starts[codes]
        places = first + np.floor(generator.random(len(codes)) * count).astype(np.int64)
        drawn = values[np.minimum(places, len(values) - 1)]
        drawn[count == 0] = own
        return drawn


class Anchors:
    """Finds anchors for one bundle; the background is prepared once."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._columns = _columns(bundle.manifest, bundle.background())

    def find(self, row: Rows, reasons: Reasons, place: int, precision: float, seconds: float) -> Anchor:
        """The anchor of one row, whose reasons are at `place`; the same row always gets the same anchor.

        If no rule reaches `precision`, it is the rule with the highest one. Raises AnchorTimeout.
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
        result = search.explain(
            decide.codes, threshold=precision, beam_size=1, max_anchor_size=_LONGEST, min_samples_start=100
        )
        places: Sequence[int] = result.data["raw"]["feature"]
        rule = [columns[index].condition(int(decide.codes[index])) for index in places]
        return Anchor(rule, float(result.data["precision"]), float(result.data["coverage"]) if rule else 1.0)

    def _strongest(self, reasons: Reasons, place: int) -> list[_Column]:
        """The fields whose features contribute most to a row, in either direction."""
        strength: dict[str, float] = dict.fromkeys(self._columns, 0.0)
        for feature, added in zip(self._bundle.manifest.features, reasons.contributions[place], strict=True):
            for name in feature.made_from:
                strength[name] += math.fabs(added) / len(feature.made_from)
        names = sorted(strength, key=lambda name: -strength[name])[:_FIELDS]
        return [self._columns[name] for name in names]


class _Decider:
    """The function that Alibi calls to get the decisions for rows of levels."""

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
        # For a single row Alibi means the explained row, so its own values decide instead of drawn values.
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
    """All columns that a rule may use, by name."""
    none = Field(name="", datatype="FP64", description="")
    inputs = [("numeric", place, field.name, field) for place, field in enumerate(manifest.numeric)]
    inputs += [("categorical", place, field.name, field) for place, field in enumerate(manifest.categorical)]
    inputs += [("history", place, name, none) for place, name in enumerate(manifest.history)]
    return {
        name: _column(name, part, place, field, getattr(background, part)[:, place])
        for part, place, name, field in inputs
    }


def _column(name: str, part: str, place: int, field: Field, values: npt.NDArray[Any]) -> _Column:
    edges = np.empty(0, np.float32)
    if part != "categorical":
        present = values[~(np.isnan(values) | np.isin(values, np.array(field.anomalies, np.float32)))]
        if len(present):
            edges = np.unique(np.quantile(present, (0.25, 0.5, 0.75), method="nearest"))
    return _Column(name, part, place, edges, field.levels, field.anomalies, values)

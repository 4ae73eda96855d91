"""Counterfactuals: the smallest change of actionable fields with which the application would be accepted.

One field is tried before two, and two before three. Amounts become shares of themselves, in whole steps of money. Each
field, and each ratio that uses it, must stay in the range of training. Amounts only go down, because an applicant can
ask for less credit but not for more expensive goods. The bundle's graph decides on every candidate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from training.bundle import Bundle, Field, Rows

_SHARES = (20, 20, 10)
"""The number of shares of an amount if one field, two fields, or more change together."""

_DIGITS = 3
"""An amount changes in steps of its third digit: 568,800 by 1,000, 24,700 by 100."""

Value = float | str
Values = Mapping[str, Value]
"""Field to its changed value."""
Mask = npt.NDArray[np.bool_]


class FieldChange(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """The sent value of one field, and the value that would be accepted."""

    before: Value
    after: Value


class Counterfactual(msgspec.Struct, frozen=True):
    """The changes with which an application would be accepted, and its probability then."""

    changes: dict[str, FieldChange]
    probability: float


class Searcher:
    """Searches for counterfactuals of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        manifest = bundle.manifest
        self._actionable = [field for field in manifest.fields if field.actionable]
        self._places = {field.name: place for place, field in enumerate(manifest.numeric)}
        self._places |= {field.name: place for place, field in enumerate(manifest.categorical)}
        names = {field.name for field in self._actionable}
        self._ratios = [
            place
            for place, feature in enumerate(manifest.features)
            if len(feature.made_from) > 1 and names.intersection(feature.made_from)
        ]
        ratios = bundle.features(bundle.background())[:, self._ratios]
        self._low, self._high = _ends(ratios)

    def search(self, row: Rows) -> Counterfactual | None:
        """The smallest change with which one refused application is accepted; None if no tried change is enough."""
        before = {field.name: value for field in self._actionable if (value := self._value(row, field)) is not None}
        fields = [field for field in self._actionable if field.name in before]
        for count in range(1, len(fields) + 1):
            tried = list(_candidates(fields, before, count))
            after = self._nearest(row, before, tried)
            if after is not None:
                return self._counterfactual(row, before, self._nearer(row, before, after))
        return None

    def _nearest(self, row: Rows, before: Values, tried: Sequence[Values]) -> Values | None:
        if not tried:
            return None
        ordered = sorted(tried, key=lambda changed: _distance(before, changed))
        accepted = np.flatnonzero(self._accepts(self._changed(row, ordered)))
        return ordered[accepted[0]] if len(accepted) else None

    def _nearer(self, row: Rows, before: Values, after: Values) -> Values:
        """If `after` changes one amount, search again between it and the sent amount, in the finest steps."""
        ((name, value), *others) = after.items()
        start = before[name]
        if others or isinstance(value, str) or isinstance(start, str):
            return after
        amounts = np.arange(value, start, _step(start)).tolist()
        return self._nearest(row, before, [{name: amount} for amount in amounts]) or after

    def _accepts(self, rows: Rows) -> Mask:
        ratios = self._bundle.features(rows)[:, self._ratios]
        likely = ((ratios >= self._low) & (ratios <= self._high) | np.isnan(ratios)).all(axis=1)
        accepted: Mask = self._bundle.score(rows).probability < self._bundle.manifest.policy.threshold
        return accepted & likely

    def _changed(self, row: Rows, changes: Sequence[Values]) -> Rows:
        count = len(changes)
        numeric, categorical = row.numeric.repeat(count, axis=0), row.categorical.repeat(count, axis=0)
        for place, changed in enumerate(changes):
            for name, value in changed.items():
                (categorical if isinstance(value, str) else numeric)[place, self._places[name]] = value
        return Rows(numeric, categorical, row.history.repeat(count, axis=0))

    def _value(self, row: Rows, field: Field) -> Value | None:
        """A field's value, or None if it is missing and cannot be changed."""
        if field.datatype == "BYTES":
            return str(row.categorical[0, self._places[field.name]]) or None
        number = float(row.numeric[0, self._places[field.name]])
        return None if math.isnan(number) or number in field.anomalies else number

    def _counterfactual(self, row: Rows, before: Values, after: Values) -> Counterfactual:
        probability = self._bundle.score(self._changed(row, [after])).probability[0]
        return Counterfactual(
            {name: FieldChange(before[name], value) for name, value in after.items()}, float(probability)
        )


def _candidates(fields: Sequence[Field], before: Values, count: int) -> Iterator[Values]:
    """All ways to change `count` fields together."""
    shares = _SHARES[min(count, len(_SHARES)) - 1]
    for chosen in itertools.combinations(fields, count):
        options = [_options(field, before[field.name], shares) for field in chosen]
        for values in itertools.product(*options):
            yield dict(zip((field.name for field in chosen), values, strict=True))


def _options(field: Field, value: Value, shares: int) -> list[Value]:
    """Other values of a field, within the range of training."""
    if isinstance(value, str):
        return [level for level in field.levels if level != value]
    if field.minimum is None or field.maximum is None:
        return []
    step, low, high = _step(value), field.minimum, field.maximum
    amounts = {round(value * share / shares / step) * step for share in range(1, shares)}
    return [float(amount) for amount in sorted(amounts) if low <= amount <= high and amount < value]


def _step(value: float) -> int:
    """The step in which an amount changes, a power of ten."""
    digits = math.floor(math.log10(max(abs(value), 1))) + 1
    return int(10 ** max(0, digits - _DIGITS))


def _distance(before: Values, after: Values) -> float:
    """The size of a change: relative changes of amounts, and 1 for each changed level."""
    return sum(_share(before[name], value) for name, value in after.items())


def _share(before: Value, after: Value) -> float:
    if isinstance(before, str) or isinstance(after, str):
        return 1.0
    return abs(after - before) / max(abs(before), 1.0)


def _ends(ratios: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Minimum and maximum of each column [n, r]; an empty range (inf, -inf) if the column was always missing."""
    low = np.where(np.isnan(ratios), np.inf, ratios).min(axis=0, initial=np.inf)
    high = np.where(np.isnan(ratios), -np.inf, ratios).max(axis=0, initial=-np.inf)
    return low.astype(np.float32), high.astype(np.float32)

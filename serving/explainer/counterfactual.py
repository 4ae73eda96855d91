"""What the applicant could have asked for instead: the smallest change of actionable fields that would be accepted.

One field is tried before two, two before three. Amounts become shares of themselves, in whole steps of money, within
what training saw: of each field and of each ratio that is made of them. They only go down, because less credit is
something to ask for and dearer goods are not. The bundle's graph decides on every candidate.
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
"""Into how many shares an amount is divided where one, two, or more fields change at once."""

_DIGITS = 3
"""An amount changes in steps of its third digit: 568,800 by 1,000, 24,700 by 100."""

Value = float | str
Values = Mapping[str, Value]
"""By field, what it is changed to."""
Mask = npt.NDArray[np.bool_]


class FieldChange(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """One field's value as it was sent and as it would be accepted."""

    before: Value
    after: Value


class Counterfactual(msgspec.Struct, frozen=True):
    """An application that would be accepted."""

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
        seen = bundle.features(bundle.background())[:, self._ratios]
        self._low, self._high = _ends(seen)

    def search(self, row: Rows) -> Counterfactual | None:
        """The smallest change that makes one refused application accepted; None if none of those tried does."""
        before = {field.name: value for field in self._actionable if (value := self._value(row, field)) is not None}
        fields = [field for field in self._actionable if field.name in before]
        for count in range(1, len(fields) + 1):
            tried = list(_candidates(fields, before, count))
            found = self._nearest(row, before, tried)
            if found is not None:
                return self._told(row, before, self._nearer(row, before, found))
        return None

    def _nearest(self, row: Rows, before: Values, tried: Sequence[Values]) -> Values | None:
        if not tried:
            return None
        ordered = sorted(tried, key=lambda changed: _distance(before, changed))
        accepted = np.flatnonzero(self._accepts(self._changed(row, ordered)))
        return ordered[accepted[0]] if len(accepted) else None

    def _nearer(self, row: Rows, before: Values, found: Values) -> Values:
        """One amount in the finest steps, up to where it was found."""
        ((name, after), *others) = found.items()
        start = before[name]
        if others or isinstance(after, str) or isinstance(start, str):
            return found
        amounts = np.arange(after, start, _step(start)).tolist()
        return self._nearest(row, before, [{name: amount} for amount in amounts]) or found

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
        """A field's value; None where it is missing, so that there is nothing to change."""
        if field.datatype == "BYTES":
            return str(row.categorical[0, self._places[field.name]]) or None
        number = float(row.numeric[0, self._places[field.name]])
        return None if math.isnan(number) or number in field.anomalies else number

    def _told(self, row: Rows, before: Values, after: Values) -> Counterfactual:
        probability = self._bundle.score(self._changed(row, [after])).probability[0]
        return Counterfactual(
            {name: FieldChange(before[name], value) for name, value in after.items()}, float(probability)
        )


def _candidates(fields: Sequence[Field], before: Values, count: int) -> Iterator[Values]:
    """Every way to change so many fields at once."""
    shares = _SHARES[min(count, len(_SHARES)) - 1]
    for chosen in itertools.combinations(fields, count):
        options = [_options(field, before[field.name], shares) for field in chosen]
        for values in itertools.product(*options):
            yield dict(zip((field.name for field in chosen), values, strict=True))


def _options(field: Field, value: Value, shares: int) -> list[Value]:
    """Other values of a field, within what training saw."""
    if isinstance(value, str):
        return [level for level in field.levels if level != value]
    if field.minimum is None or field.maximum is None:
        return []
    step, low, high = _step(value), field.minimum, field.maximum
    amounts = {round(value * share / shares / step) * step for share in range(1, shares)}
    return [float(amount) for amount in sorted(amounts) if low <= amount <= high and amount < value]


def _step(value: float) -> int:
    """The whole step of money in which an amount changes."""
    digits = math.floor(math.log10(max(abs(value), 1))) + 1
    return int(10 ** max(0, digits - _DIGITS))


def _distance(before: Values, after: Values) -> float:
    """How large a change is: shares of amounts, 1 for another level."""
    return sum(_share(before[name], value) for name, value in after.items())


def _share(before: Value, after: Value) -> float:
    if isinstance(before, str) or isinstance(after, str):
        return 1.0
    return abs(after - before) / max(abs(before), 1.0)


def _ends(seen: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Smallest and largest of each column [n, r]; of one that was always missing, none."""
    low = np.where(np.isnan(seen), np.inf, seen).min(axis=0, initial=np.inf)
    high = np.where(np.isnan(seen), -np.inf, seen).max(axis=0, initial=-np.inf)
    return low.astype(np.float32), high.astype(np.float32)

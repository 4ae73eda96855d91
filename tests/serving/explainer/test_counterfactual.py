"""A counterfactual is the smallest change of what the applicant can ask for that the model accepts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from serving.explainer.counterfactual import Counterfactual, Searcher
from tests.toy.rows import toy_rows
from training.bundle import Bundle, Rows


@pytest.fixture(scope="module")
def found(linear_bundle: Bundle) -> list[tuple[Rows, Counterfactual | None]]:
    """Refused applications, each with what was found for it."""
    searcher, rows = Searcher(linear_bundle), toy_rows(120)
    refused = np.flatnonzero(linear_bundle.score(rows).probability >= linear_bundle.manifest.policy.threshold)
    return [(row, searcher.search(row)) for row in (rows.take(slice(place, place + 1)) for place in refused)]


def changed(bundle: Bundle, row: Rows, counterfactual: Counterfactual) -> Rows:
    """The application that it describes."""
    numeric, categorical = row.numeric.copy(), row.categorical.copy()
    for name, change in counterfactual.changes.items():
        for part, fields in ((numeric, bundle.manifest.numeric), (categorical, bundle.manifest.categorical)):
            places = [place for place, field in enumerate(fields) if field.name == name]
            if places:
                assert part[0, places[0]] == change.before
                part[0, places[0]] = change.after
    return Rows(numeric, categorical, row.history)


def test_change_is_accepted(linear_bundle: Bundle, found: list[tuple[Rows, Counterfactual | None]]) -> None:
    threshold = linear_bundle.manifest.policy.threshold
    some = [(row, each) for row, each in found if each]
    assert len(some) > 3
    for row, each in some:
        probability = linear_bundle.score(changed(linear_bundle, row, each)).probability[0]
        assert probability == each.probability < threshold


def test_changes_can_be_asked_for(linear_bundle: Bundle, found: list[tuple[Rows, Counterfactual | None]]) -> None:
    fields = {field.name: field for field in linear_bundle.manifest.fields}
    for _, each in found:
        for name, change in each.changes.items() if each else ():
            field = fields[name]
            assert field.actionable
            if isinstance(change.after, str):
                assert change.after in field.levels
            else:
                assert field.minimum <= change.after < change.before
                assert change.after == round(change.after)


def test_one_change_is_preferred(linear_bundle: Bundle, found: list[tuple[Rows, Counterfactual | None]]) -> None:
    amounts = np.arange(5_000, 1_000_000, 1_000)
    place = [field.name for field in linear_bundle.manifest.numeric].index("AMT_CREDIT")
    for row, each in found:
        if each and len(each.changes) > 1 and not np.isnan(row.numeric[0, place]):
            tried = amounts[amounts < row.numeric[0, place]]
            rows = Rows(*(part.repeat(len(tried), axis=0) for part in (row.numeric, row.categorical, row.history)))
            rows.numeric[:, place] = tried
            assert not (linear_bundle.score(rows).probability < linear_bundle.manifest.policy.threshold).any()


def test_nothing_actionable_means_none(toy_bundle: Path) -> None:
    assert Searcher(Bundle.open(toy_bundle)).search(toy_rows(1)) is None


def test_change_reads_from_and_to(found: list[tuple[Rows, Counterfactual | None]]) -> None:
    each = next(each for _, each in found if each)
    written = msgspec.json.decode(msgspec.json.encode(each))
    assert all(set(change) == {"from", "to"} for change in written["changes"].values())

"""What is said of a window, and of its outcomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitoring.judging.arrays import Chunk
from monitoring.judging.reference import Reference, describe, follow
from monitoring.verdict import Cohort, Window
from training.bundle import Bundle, Rows


@pytest.fixture(scope="module")
def bundle(toy_bundle: Path) -> Bundle:
    return Bundle.open(toy_bundle)


@pytest.fixture(scope="module")
def reference(bundle: Bundle) -> Reference:
    return Reference.of(bundle)


@pytest.fixture(scope="module")
def chunk(bundle: Bundle) -> Chunk:
    """The reference itself, as if it had been answered live; the outcomes of the accepted are known."""
    table = bundle.reference()
    probability = table.column("probability").to_numpy()
    refused = probability >= bundle.manifest.policy.threshold
    return Chunk(
        Rows.from_table(table, bundle.manifest),
        probability,
        refused,
        np.arange(len(table)) < 20,
        ["found"] * 150 + ["none"] * 50,
        np.where(refused, -1, table.column("outcome").to_numpy()).astype(np.int8),
        np.where(refused, np.nan, 1.0),
    )


def window(reference: Reference, chunk: Chunk) -> Window:
    return describe(reference, chunk, version="3", number=4, since=10, until=20)


def cohort(reference: Reference, chunk: Chunk) -> Cohort:
    return follow(reference, chunk, version="3", number=4, closed_at=30)


def test_the_reference_does_not_drift_from_itself(reference: Reference, chunk: Chunk) -> None:
    found = window(reference, chunk)
    assert max(column.psi for column in (*found.columns, found.score)) == pytest.approx(0, abs=1e-12)
    assert found.drifted_weight == 0


def test_a_window_says_what_it_is(reference: Reference, chunk: Chunk) -> None:
    found = window(reference, chunk)
    assert (found.id, found.model, found.rows, found.since, found.until) == ("3-4", "credit-default", 200, 10, 20)
    assert found.approved == pytest.approx(1 - chunk.refused.mean())
    assert found.mean_probability == pytest.approx(chunk.probability.mean())
    assert found.warned == 0.1
    assert found.histories == {"found": 150, "none": 50, "not asked": 0, "stale": 0}


def test_the_order_of_rows_does_not_matter(reference: Reference, chunk: Chunk) -> None:
    order = np.random.default_rng(0).permutation(len(chunk))
    shuffled = Chunk(
        chunk.rows.take(order),
        chunk.probability[order],
        chunk.refused[order],
        chunk.warned[order],
        [chunk.histories[i] for i in order],
        chunk.outcome[order],
        chunk.weight[order],
    )
    assert window(reference, shuffled).columns == window(reference, chunk).columns


def test_a_drifted_column_weighs(reference: Reference, chunk: Chunk) -> None:
    numeric = chunk.rows.numeric.copy()
    numeric[::2, 4] = np.nan
    found = window(reference, replace(chunk, rows=replace(chunk.rows, numeric=numeric)))
    (drifted,) = (column for column in found.columns if column.drifted)
    assert drifted.name == "EXT_SOURCE_1"
    assert found.drifted_weight == drifted.weight > 0


@pytest.mark.parametrize(
    ("field", "place", "value", "figure"),
    [
        ("EXT_SOURCE_1", 4, np.nan, "missing"),
        ("EXT_SOURCE_1", 4, 7.0, "outside"),
        ("DAYS_EMPLOYED", 3, 365243.0, "missing"),
        ("DAYS_EMPLOYED", 3, 5.0, "outside"),
    ],
)
def test_numbers_have_a_quality(
    reference: Reference, chunk: Chunk, field: str, place: int, value: float, figure: str
) -> None:
    numeric = chunk.rows.numeric.copy()
    numeric[:, place] = value
    found = window(reference, replace(chunk, rows=replace(chunk.rows, numeric=numeric)))
    (quality,) = (quality for quality in found.quality if quality.name == field)
    others = {"missing", "outside", "unseen"} - {figure}
    assert getattr(quality, figure) == 1
    assert all(getattr(quality, other) == 0 for other in others)
    assert 0 < quality.missing_reference < 0.5


@pytest.mark.parametrize(("text", "figure"), [("", "missing"), ("Astronaut", "unseen"), ("Working", None)])
def test_categories_have_a_quality(reference: Reference, chunk: Chunk, text: str, figure: str | None) -> None:
    categorical = chunk.rows.categorical.copy()
    categorical[:, 0] = text
    found = window(reference, replace(chunk, rows=replace(chunk.rows, categorical=categorical)))
    (quality,) = (quality for quality in found.quality if quality.name == "NAME_INCOME_TYPE")
    assert {name: getattr(quality, name) for name in ("missing", "unseen", "outside")} == {
        name: float(name == figure) for name in ("missing", "unseen", "outside")
    }


def test_a_window_knows_no_outcomes(reference: Reference, chunk: Chunk) -> None:
    assert all(group.accepted_defaulted is None for group in window(reference, chunk).groups)
    assert any(group.accepted_defaulted is not None for group in cohort(reference, chunk).groups)


def test_accepted_are_compared_with_accepted(reference: Reference, chunk: Chunk) -> None:
    found = cohort(reference, chunk)
    assert (found.id, found.population, found.closed_at, found.explored) == ("3-4", "accepted", 30, 0)
    assert found.labelled == (~chunk.refused).sum()
    assert found.log_loss.value == pytest.approx(found.expected_log_loss)
    assert found.auc.value == pytest.approx(found.expected_auc)
    assert found.cost is None
    assert {found.log_loss_worse, found.ranking_worse, found.calibration_worse} == {False}


def test_explored_stand_for_the_refused(bundle: Bundle, reference: Reference, chunk: Chunk) -> None:
    outcome = bundle.reference().column("outcome").to_numpy().astype(np.int8)
    explored = chunk.refused & (np.cumsum(chunk.refused) % 2 == 0)
    found = cohort(
        reference,
        replace(
            chunk,
            outcome=np.where(~chunk.refused | explored, outcome, -1).astype(np.int8),
            weight=np.where(chunk.refused, np.where(explored, 2.0, np.nan), 1.0),
        ),
    )
    assert (found.population, found.explored) == ("accepted and explored", explored.sum())
    assert found.expected_auc != cohort(reference, chunk).expected_auc
    assert found.cost is not None
    assert found.labelled < len(reference.held_out.weight)


def test_a_hold_out_of_accepted_knows_no_refused(reference: Reference, chunk: Chunk) -> None:
    manifest = msgspec.structs.replace(reference.manifest, population="accepted")
    everybody = replace(chunk, outcome=np.abs(chunk.outcome), weight=np.where(chunk.refused, 4.0, 1.0))
    assert cohort(reference, everybody).population == "accepted and explored"
    found = cohort(replace(reference, manifest=manifest), everybody)
    assert (found.population, found.explored, found.labelled) == ("accepted", 0, (~chunk.refused).sum())


@pytest.mark.parametrize("made", [window, cohort])
def test_everything_can_be_sent(reference: Reference, chunk: Chunk, made: object) -> None:
    found = made(reference, chunk)  # type: ignore[operator]
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


def test_nothing_is_said_of_nothing(reference: Reference, chunk: Chunk) -> None:
    none = Chunk(
        chunk.rows.take(slice(0, 0)),
        chunk.probability[:0],
        chunk.refused[:0],
        chunk.warned[:0],
        [],
        chunk.outcome[:0],
        chunk.weight[:0],
    )
    with pytest.raises(ValueError, match="window 3-4: expected records, got none"):
        window(reference, none)
    with pytest.raises(ValueError, match="cohort 3-4: expected known outcomes, got none of 200 records"):
        cohort(reference, replace(chunk, outcome=np.full(200, -1, np.int8)))


def test_quantiles_are_of_the_probability(reference: Reference, chunk: Chunk) -> None:
    found = window(reference, chunk).quantiles
    assert list(found) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
    assert found["0.5"] == pytest.approx(float(np.median(chunk.probability)))

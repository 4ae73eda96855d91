"""Evidently's report: the verdict's own figures, whatever the columns are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.judging.reference import Reference, compare, count
from tests.toy.rows import toy_rows
from training.bundle import Bundle, Rows

pytestmark = pytest.mark.filterwarnings("default")  # Evidently and what it imports warn of themselves


@pytest.fixture(scope="module")
def evidently() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import monitoring.pages.evidently as module  # ten seconds, so not where only names are collected

        return module


@pytest.fixture(scope="module")
def bundle(toy_bundle: Path) -> Bundle:
    return Bundle.open(toy_bundle)


@pytest.fixture(scope="module")
def make_records(bundle: Bundle) -> Callable[..., pa.Table]:
    def make(count: int = 300, *, outcomes: bool = True, **replaced: pa.Array) -> pa.Table:
        rows = toy_rows(count, seed=7)
        probability = bundle.score(rows).probability
        columns = {**rows.columns(bundle.manifest), "probability": pa.array(probability)}
        if outcomes:
            defaulted = np.random.default_rng(0).random(count) < probability
            columns["outcome"] = pa.array(defaulted, mask=np.arange(count) < 50)
        return pa.table({**columns, **replaced})

    return make


def drawn_figures(evidently: Any, bundle: Bundle, records: pa.Table, drift: Any) -> tuple[dict, dict]:
    """Per column, the PSI in the report and whether its test failed."""
    shown = evidently.choose(drift)
    told = evidently.drift_snapshot(bundle.manifest, bundle.reference(), records, shown).dict()
    values = {one["config"]["column"]: one["value"] for one in told["metrics"] if "column" in one["config"]}
    failed = {
        one["metric_config"]["params"]["column"]: one["status"] == "FAIL"
        for one in told["tests"]
        if "column" in one["metric_config"]["params"]
    }
    return values, failed


@pytest.fixture(scope="module")
def moved(make_records: Callable[..., pa.Table]) -> pa.Table:
    """A column that is all missing, one that is half missing, one with a level that is new."""
    whole = make_records()
    incomes = whole.column("EXT_SOURCE_2").to_numpy().copy()
    incomes[::2] = np.nan
    return make_records(
        EXT_SOURCE_1=pa.nulls(300, pa.float32()),
        EXT_SOURCE_2=pa.array(incomes, from_pandas=True),
        NAME_INCOME_TYPE=pa.array(["Astronaut"] * 300),
    )


def test_figures_are_the_verdict_s(evidently: Any, bundle: Bundle, moved: pa.Table, tmp_path: Path) -> None:
    drawn = evidently.draw(bundle, moved.to_batches(), tmp_path / "report.html", "<b>window</b> 3-1")
    values, failed = drawn_figures(evidently, bundle, moved, drawn.drift)
    columns = (drawn.drift.score, *drawn.drift.columns)
    assert values == {one.name: one.psi for one in columns}
    assert failed == {one.name: one.drifted for one in columns}
    assert {"EXT_SOURCE_1", "EXT_SOURCE_2", "NAME_INCOME_TYPE"} <= {name for name in failed if failed[name]}
    assert "<b>window" not in (tmp_path / "report.html").read_text()
    assert (tmp_path / "report.html").stat().st_size < 10e6


def test_many_records_count_and_some_are_drawn(
    evidently: Any, bundle: Bundle, make_records: Callable[..., pa.Table], tmp_path: Path
) -> None:
    """The figures are those of all records, as in the verdict; the page says that it draws a part."""
    whole = make_records(3 * evidently.MOST_DRAWN)
    reference = Reference.of(bundle)
    probability = whole.column("probability").to_numpy()
    expected = compare(reference, count(reference, Rows.from_table(whole, bundle.manifest), probability))
    drawn = evidently.draw(bundle, whole.to_batches(max_chunksize=1_000), tmp_path / "report.html", "window 3-1")
    assert drawn == (len(whole), expected)
    page = (tmp_path / "report.html").read_text()
    assert "15,000 applications" in page
    assert "All of them count in the PSI; 5,000 drawn at random are shown" in page


@pytest.mark.parametrize(("outcomes", "drawn"), [(True, True), (False, False)])
def test_outcomes_are_drawn_where_known(
    evidently: Any, bundle: Bundle, make_records: Callable[..., pa.Table], outcomes: bool, drawn: bool
) -> None:
    records = make_records(outcomes=outcomes)
    snapshot = evidently.outcome_snapshot(bundle.manifest, bundle.reference(), records)
    assert (snapshot is not None) == drawn


def test_few_defaults_are_not_drawn(evidently: Any, bundle: Bundle, make_records: Callable[..., pa.Table]) -> None:
    records = make_records().append_column("x", pa.nulls(300))
    outcome = pa.array([True] * 5 + [False] * 295)
    records = records.set_column(records.column_names.index("outcome"), "outcome", outcome)
    assert evidently.outcome_snapshot(bundle.manifest, bundle.reference(), records) is None


def test_no_records_are_no_report(
    evidently: Any, bundle: Bundle, make_records: Callable[..., pa.Table], tmp_path: Path
) -> None:
    with pytest.raises(evidently.ReportError, match="window 3-1: expected records, got none"):
        evidently.draw(bundle, make_records(0).to_batches(), tmp_path / "report.html", "window 3-1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not Arrow"], ids=["empty", "text"])
def test_a_torn_stream_is_one_message(
    evidently: Any, toy_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "records").write_bytes(content)
    arguments = [
        "--bundle",
        str(toy_bundle),
        "--records",
        str(tmp_path / "records"),
        "--out",
        str(tmp_path / "out.html"),
    ]
    assert evidently.main(arguments) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "out.html").exists()

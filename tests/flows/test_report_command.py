"""`credence report`: whose applications are drawn, and what is refused before anything is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from flows.cli import credence as command_line
from flows.clients.monitor import fetch_records
from flows.errors import FlowError, NotUp
from flows.runs.report import answered, report_file, report_window
from flows.settings import PlatformSettings
from serving.batch.score import BatchScorer
from serving.version import Model, open_model
from training.bundle import Bundle, Rows


@pytest.fixture
def model(toy_repository: Path) -> Model:
    return open_model(toy_repository, "1", "", unknown="warn", history_days=60)


@pytest.fixture
def applications(tmp_path: Path) -> Path:
    """Three applications: of a known client, of a stranger, and one without what must be there."""
    table = pa.table(
        {
            "SK_ID_CURR": pa.array([100_001, 5, 100_003], pa.int64()),
            "AMT_INCOME_TOTAL": pa.array([50_000.0, 60_000.0, None]),
            "CODE_GENDER": pa.array(["F", None, "M"]),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "applications.parquet")
    return tmp_path / "applications.parquet"


@pytest.mark.parametrize(
    "options",
    [[], ["--window", "1-1", "--file", "a.csv"], ["--window", "1-1", "--version", "1"], ["--version", "1"]],
    ids=" ".join,
)
def test_either_a_window_or_a_file(options: list[str]) -> None:
    done = CliRunner().invoke(command_line, ["report", *options, "--out", "report.html"])
    assert done.exit_code == 2
    assert "expected --window, or --file" in done.output


def test_a_file_is_answered_as_by_score(model: Model, toy_repository: Path, applications: Path) -> None:
    records, unanswered = answered(applications, BatchScorer(model, strict=False))
    assert (len(records), unanswered) == (2, 1)
    assert records.column("AMT_INCOME_TOTAL").to_pylist() == [50_000.0, 60_000.0]
    assert [value is None for value in records.column("bureau_count").to_pylist()] == [False, True]
    scores = Bundle.open(toy_repository / "1").score(Rows.from_table(records, model.manifest))
    assert np.array_equal(records.column("probability").to_numpy(), scores.probability)


def test_nothing_answered_is_refused(model: Model, tmp_path: Path) -> None:
    table = pa.table({"SK_ID_CURR": pa.array([1], pa.int64()), "AMT_INCOME_TOTAL": pa.nulls(1, pa.float64())})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(FlowError, match="expected applications that can be answered, found none in 1 rows"):
        answered(tmp_path / "a.parquet", BatchScorer(model, strict=False))


@pytest.mark.parametrize("window", ["7-1", "nonsense", "../x-1"])
def test_a_version_that_is_not_here_is_named(settings: PlatformSettings, window: str) -> None:
    with pytest.raises(FlowError, match="expected"):
        report_window(settings, window, Path("report.html"), print)


def test_no_version_is_live(settings: PlatformSettings, applications: Path) -> None:
    with pytest.raises(FlowError, match="no version is live here"):
        report_file(settings, applications, None, Path("report.html"), print)


def test_a_monitor_that_is_down_is_said(settings: PlatformSettings) -> None:
    with pytest.raises(NotUp, match="the monitor does not answer"):
        fetch_records(settings, "1-1")


def test_the_command_says_one_thing(credence) -> None:
    done = credence("report", "--window", "1-1", "--out", "report.html", "--json")
    assert done.returncode == 1
    assert "expected one that was live here, got '1'" in json.loads(done.stdout)["error"]

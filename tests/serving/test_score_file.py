from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from serving.batch.files import FileError
from serving.batch.score import score_file
from serving.process.settings import VersionSettings
from serving.protocol.tensors import BYTES, FP64, INT64
from serving.reasons import MOST_REASONS
from serving.version import Model, open_model
from training.bundle import Bundle

COUNT = 5_000
"""More than one batch."""
COLUMNS = {
    "SK_ID_CURR": pa.array([*range(100_000, 100_000 + COUNT - 1), None], pa.int64()),
    "AMT_INCOME_TOTAL": pa.array(np.linspace(10_000.5, 600_000.25, COUNT)),
    "AMT_CREDIT": pa.array([None if i % 7 == 0 else i * 100.125 for i in range(COUNT)]),
    "CNT_CHILDREN": pa.array([i % 6 for i in range(COUNT)], pa.int64()),
    "DAYS_EMPLOYED": pa.array([365243 if i % 5 == 0 else -i for i in range(COUNT)], pa.int64()),
    "EXT_SOURCE_2": pa.array([(i * 0.618) % 1 for i in range(COUNT)]),
    "NAME_INCOME_TYPE": pa.array([("Working", "Étudiant", "Astronaut", None)[i % 4] for i in range(COUNT)]),
    "CODE_GENDER": pa.array([("F", "M", "XNA")[i % 3] for i in range(COUNT)]),
    "TARGET": pa.array([0] * COUNT),
}
TABLE = pa.table(COLUMNS)
Score = Callable[..., Any]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path) -> Path:
    """A folder of models with the toy bundle as version 1."""
    directory = tmp_path_factory.mktemp("models")
    (directory / "1").symlink_to(toy_bundle)
    return directory


@pytest.fixture
def score(models: Path) -> Score:
    def run(source: Path, target: Path, reasons: bool = False, **settings: Any) -> Any:
        return score_file(
            source, target, VersionSettings(models=models, version="1", **settings), reasons=reasons, say=print
        )

    return run


def write(table: pa.Table, path: Path) -> Path:
    pyarrow.csv.write_csv(table, path) if path.suffix == ".csv" else pq.write_table(table, path)
    return path


def read(path: Path) -> pa.Table:
    return pyarrow.csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)


def alone(model: Model, row: int) -> float:
    """What a caller gets who sends this row by itself."""
    kinds = {"NAME_INCOME_TYPE": BYTES, "CODE_GENDER": BYTES, "CNT_CHILDREN": INT64, "SK_ID_CURR": INT64}
    tensors = [
        kinds.get(name, FP64)(name, [1], [values[row].as_py()]) for name, values in COLUMNS.items() if name != "TARGET"
    ]
    return model.score(tensors).probability[0]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("out", [".csv", ".parquet"])
def test_answers_are_the_predictors(score: Score, models: Path, tmp_path: Path, suffix: str, out: str) -> None:
    done = score(write(TABLE, tmp_path / f"in{suffix}"), tmp_path / f"out{out}")
    found = read(tmp_path / f"out{out}")
    model = open_model(models, "1", "", unknown="warn", history_days=7)
    for row in (0, 1, 4_095, 4_096, COUNT - 1):
        assert found["probabilite_de_defaut"][row].as_py() == alone(model, row)
    assert found.column_names == ["SK_ID_CURR", "probabilite_de_defaut", "classe", "version", "history", "error"]
    assert found["SK_ID_CURR"].to_pylist() == COLUMNS["SK_ID_CURR"].to_pylist()
    assert (done.rows, done.ignored) == (COUNT, ("TARGET",))
    assert done.refused == found["classe"].to_pylist().count("refuse")
    assert 0 < done.unusual < COUNT


def test_reasons_are_for_the_refused(score: Score, models: Path, tmp_path: Path) -> None:
    score(write(TABLE.slice(0, 200), tmp_path / "in.parquet"), tmp_path / "out.parquet", reasons=True)
    known = {reason.english for reason in Bundle.open(models / "1").manifest.reasons}
    for row in read(tmp_path / "out.parquet").to_pylist():
        named = [row[f"reason_{place}"] for place in range(1, MOST_REASONS + 1)]
        given = [text for text in named if text is not None]
        assert bool(given) == (row["classe"] == "refuse")
        assert set(given) <= known
        assert len(set(given)) == len(given)
        assert named == given + [None] * (MOST_REASONS - len(given))


def changed(column: str, row: int, value: str) -> pa.Table:
    """The table as text with one other value."""
    texts = [str(each) if each is not None else "" for each in COLUMNS[column].to_pylist()]
    texts[row - 1] = value
    return TABLE.set_column(TABLE.column_names.index(column), column, pa.array(texts))


def test_a_text_for_a_number_leaves_nothing(score: Score, tmp_path: Path) -> None:
    table = changed("AMT_INCOME_TOTAL", 4_500, "much")
    with pytest.raises(FileError, match=r'row 4500: AMT_INCOME_TOTAL: expected a number, got "much"'):
        score(write(table, tmp_path / "in.csv"), tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("AMT_INCOME_TOTAL", "", "AMT_INCOME_TOTAL: expected a value, as in all of training, got null"),
        ("CNT_CHILDREN", "1.5", "CNT_CHILDREN: expected a whole number, got 1.5"),
        ("NAME_INCOME_TYPE", "x" * 300, "NAME_INCOME_TYPE: expected at most 256 characters, got 300"),
    ],
)
def test_what_cannot_be_answered_has_its_error(
    score: Score, tmp_path: Path, column: str, value: str, error: str
) -> None:
    score(write(TABLE, tmp_path / "all.csv"), tmp_path / "all.parquet")
    done = score(write(changed(column, 4_500, value), tmp_path / "in.csv"), tmp_path / "out.parquet", reasons=True)
    found, whole = read(tmp_path / "out.parquet"), read(tmp_path / "all.parquet")
    assert found["error"][4_499].as_py().startswith(error)
    assert found["classe"][4_499].as_py() is found["probabilite_de_defaut"][4_499].as_py() is None
    assert found["error"].null_count == COUNT - 1
    for name in ("SK_ID_CURR", "probabilite_de_defaut", "classe"):
        others = [each for row, each in enumerate(found[name].to_pylist()) if row != 4_499]
        assert others == [each for row, each in enumerate(whole[name].to_pylist()) if row != 4_499]
    assert found["SK_ID_CURR"].to_pylist() == COLUMNS["SK_ID_CURR"].to_pylist()
    assert (done.rows, done.unanswered) == (COUNT, 1)
    assert done.first_error.startswith(f"row 4500: {error}")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.xlsx", "", r"expected a name that ends in .csv or .parquet, got '.xlsx'"),
        ("in.parquet", "PAR1", "expected a whole parquet file, found"),
        ("in.csv", "", "expected a whole csv file, found"),
        ("in.csv", "AMT_INCOME_TOTAL\n", "expected a row an application, found none"),
        ("in.csv", "AMT_INCOME_TOTAL,AMT_INCOME_TOTAL\n1,2\n", "column AMT_INCOME_TOTAL: expected once, found again"),
        ("in.csv", "AMT_INCOME_TOTAL,AMT_CREDIT\n1\n", "expected a whole csv file, found: .*Expected 2 columns, got 1"),
        ("in.csv", "CNT_CHILDREN\n1\n", "row 1: AMT_INCOME_TOTAL: expected a value"),
    ],
)
def test_other_files_are_refused(score: Score, tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(FileError, match=message):
        score(tmp_path / name, tmp_path / "out.csv")


def test_wrong_type_is_refused(score: Score, tmp_path: Path) -> None:
    table = TABLE.set_column(1, "AMT_INCOME_TOTAL", pa.array(["1"] * COUNT))
    with pytest.raises(FileError, match="AMT_INCOME_TOTAL: expected datatype FP64"):
        score(write(table, tmp_path / "in.parquet"), tmp_path / "out.csv")
    table = TABLE.set_column(1, "AMT_INCOME_TOTAL", pa.array([True] * COUNT))
    with pytest.raises(FileError, match="column AMT_INCOME_TOTAL: expected numbers, found bool"):
        score(write(table, tmp_path / "in.parquet"), tmp_path / "out.csv")


def test_strict_predictor_is_strict_here(score: Score, tmp_path: Path) -> None:
    with pytest.raises(FileError, match='unknown fields: "TARGET"'):
        score(write(TABLE, tmp_path / "in.parquet"), tmp_path / "out.csv", unknown="reject")
    done = score(write(TABLE.drop(["TARGET"]), tmp_path / "in.parquet"), tmp_path / "out.csv", unknown="reject")
    assert done.first_error.startswith("row 2: AMT_CREDIT: 100.125 is outside the range of training")

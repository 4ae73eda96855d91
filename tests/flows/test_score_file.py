from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from flows.runs.applications import batches_of
from serving.batch.files import FileError
from serving.batch.score import score_file
from serving.process.settings import VersionSettings
from serving.protocol.tensors import BYTES, FP64, INT64
from serving.reasons import MOST_REASONS
from serving.version import Model, open_model
from training.bundle import Bundle
from training.tables import DataError

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
        chosen = VersionSettings(models=models, version="1", **settings)
        return score_file(source, target, chosen, partial(batches_of, source), reasons=reasons, say=print)

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
        kinds.get(name, FP64)(name=name, shape=[1], data=[values[row].as_py()])
        for name, values in COLUMNS.items()
        if name != "TARGET"
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


def test_file_of_wrong_rows_leaves_nothing(score: Score, tmp_path: Path) -> None:
    table = TABLE.slice(0, 3).set_column(1, "AMT_INCOME_TOTAL", pa.array(["much"] * 3))
    with pytest.raises(FileError, match="row 1: AMT_INCOME_TOTAL: expected a number, found much"):
        score(write(table, tmp_path / "in.csv"), tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("AMT_INCOME_TOTAL", "", "AMT_INCOME_TOTAL: expected a value, as in all of training, got null"),
        ("AMT_INCOME_TOTAL", "n/a", "AMT_INCOME_TOTAL: expected a number, found n/a"),
        ("CNT_CHILDREN", "1.5", "CNT_CHILDREN: expected a whole number, found 1.5"),
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
        ("in.xlsx", "", r"expected a name that ends in .csv, .csv.gz, .csv.zip or .parquet, found '.xlsx'"),
        ("in.parquet", "PAR1", "expected a whole Parquet file, found"),
        ("in.csv", "", "expected a table, found an empty file"),
        ("in.csv", "AMT_INCOME_TOTAL\n", "expected rows of data, found none"),
        ("in.csv", "AMT_INCOME_TOTAL,AMT_INCOME_TOTAL\n1,2\n", "column AMT_INCOME_TOTAL: expected each column once"),
        ("in.csv", "AMT_INCOME_TOTAL,AMT_CREDIT\n1\n", "expected 2 fields in each line, found 1 field"),
        ("in.csv", "CNT_CHILDREN\n1\n", "row 1: AMT_INCOME_TOTAL: expected a value"),
        ("in.csv", "AMT_INCOME_TOTAL;AMT_CREDIT\n1;2\n", "the columns of the model, separated by commas, found others"),
        ("in.csv", "amt_income_total,amt_credit\n1,2\n", "expected the columns of the model, separated by commas"),
        ("in.csv", "a,b\n1,2\n", "expected the columns of the model, separated by commas, found others: a, b"),
    ],
)
def test_other_files_are_refused(score: Score, tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises((FileError, DataError), match=message):
        score(tmp_path / name, tmp_path / "out.csv")


def test_wrong_type_is_refused(score: Score, tmp_path: Path) -> None:
    table = TABLE.set_column(1, "AMT_INCOME_TOTAL", pa.array([date(2026, 1, 1)] * COUNT))
    with pytest.raises(DataError, match="column AMT_INCOME_TOTAL, row 1: expected a number, found type Date"):
        score(write(table, tmp_path / "in.parquet"), tmp_path / "out.csv")


def test_strict_predictor_is_strict_here(score: Score, tmp_path: Path) -> None:
    with pytest.raises(FileError, match='unknown fields: "TARGET"'):
        score(write(TABLE, tmp_path / "in.parquet"), tmp_path / "out.csv", unknown="reject")
    done = score(write(TABLE.drop(["TARGET"]), tmp_path / "in.parquet"), tmp_path / "out.csv", unknown="reject")
    assert done.first_error.startswith("row 2: AMT_CREDIT: 100.125 is outside the range of training")


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("AMT_INCOME_TOTAL", pa.decimal128(18, 3)),
        ("AMT_INCOME_TOTAL", pa.string()),
        ("AMT_INCOME_TOTAL", pa.dictionary(pa.int32(), pa.string())),
        ("CNT_CHILDREN", pa.int8()),
        ("CNT_CHILDREN", pa.uint64()),
        ("CNT_CHILDREN", pa.float32()),
        ("CNT_CHILDREN", pa.decimal128(18, 2)),
        ("SK_ID_CURR", pa.decimal128(18, 0)),
        ("SK_ID_CURR", pa.float64()),
        ("NAME_INCOME_TYPE", pa.large_string()),
        ("NAME_INCOME_TYPE", pa.string_view()),
        ("NAME_INCOME_TYPE", pa.dictionary(pa.int16(), pa.string())),
    ],
    ids=str,
)
def test_types_of_warehouses_are_read(score: Score, tmp_path: Path, column: str, kind: pa.DataType) -> None:
    whole = TABLE.set_column(1, "AMT_INCOME_TOTAL", pa.array([1000.0 * row for row in range(COUNT)]))
    place = whole.column_names.index(column)
    values = whole[column].combine_chunks()
    stored = pa.array([None if value is None else str(value) for value in values.to_pylist()])
    of_texts = kind == pa.string() or pa.types.is_dictionary(kind) or pa.types.is_decimal(kind)
    other = (stored if of_texts else values).cast(kind)
    score(write(whole, tmp_path / "in.parquet"), tmp_path / "expected.parquet")
    score(write(whole.set_column(place, column, other), tmp_path / "other.parquet"), tmp_path / "found.parquet")
    assert read(tmp_path / "found.parquet") == read(tmp_path / "expected.parquet")


@pytest.mark.parametrize("text", ["1.00E+05", "1e5", "100000.5", "9007199254740993.5"])
def test_client_that_a_spreadsheet_spoiled_is_nobody(score: Score, tmp_path: Path, text: str) -> None:
    score(write(changed("SK_ID_CURR", 7, text), tmp_path / "in.csv"), tmp_path / "out.parquet")
    row = read(tmp_path / "out.parquet").slice(6, 1).to_pylist()[0]
    assert row["error"] == f"SK_ID_CURR: expected a whole number, found {text}"
    assert row["SK_ID_CURR"] is row["classe"] is None


def test_client_beyond_a_doubles_digits_is_nobody(score: Score, tmp_path: Path) -> None:
    """A column of ids with a gap is a column of doubles for pandas."""
    clients = [float(2**53), *map(float, range(1, COUNT))]
    table = TABLE.set_column(0, "SK_ID_CURR", pa.array(clients))
    done = score(write(table, tmp_path / "in.parquet"), tmp_path / "out.parquet")
    assert done.unanswered == 1
    assert done.first_error.startswith("row 1: SK_ID_CURR: expected a whole number, found 9")


@pytest.mark.parametrize("suffix", [".gz", ".zip"])
def test_compressed_file_is_read(score: Score, tmp_path: Path, suffix: str) -> None:
    plain = write(TABLE, tmp_path / "in.csv")
    packed = tmp_path / f"in.csv{suffix}"
    if suffix == ".gz":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, "in.csv")
    score(plain, tmp_path / "expected.parquet")
    score(packed, tmp_path / "found.parquet")
    assert read(tmp_path / "found.parquet") == read(tmp_path / "expected.parquet")

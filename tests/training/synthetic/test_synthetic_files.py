"""Writing: the same bytes for the same seed, as many clients as asked, nothing overwritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from training.synthetic import SynthesisError, synthesise
from training.synthetic.write import CHUNK, TABLES


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("first", 3), ("second", 3), ("other", 4)):
        synthesise(300, tmp_path / name, seed)
    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")
    assert not set(_digests(tmp_path / "first").values()) & set(_digests(tmp_path / "other").values())


def test_more_clients_begin_with_the_same(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    synthesise(CHUNK * 4 // 5, few)
    synthesise(CHUNK * 4 // 5 + 10, many)
    for table in TABLES:
        fewer = pl.read_parquet(few / f"{table}.parquet")
        assert pl.read_parquet(many / f"{table}.parquet").head(len(fewer)).equals(fewer)


@pytest.mark.parametrize(("asked", "held_out"), [(1, 0), (4, 1), (39, 9), (100, 25)])
def test_a_quarter_more_is_held_out(tmp_path: Path, asked: int, held_out: int) -> None:
    synthesise(asked, tmp_path)
    assert pl.scan_parquet(tmp_path / "application_train.parquet").select(pl.len()).collect().item() == asked
    assert pl.scan_parquet(tmp_path / "application_test.parquet").select(pl.len()).collect().item() == held_out


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    synthesise(CHUNK, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(CHUNK, CHUNK * 5 // 4), (CHUNK * 5 // 4, CHUNK * 5 // 4)]


@pytest.mark.parametrize(
    ("asked", "seed", "message"),
    [(0, 0, "clients: expected at least 1, got 0"), (5, -1, "seed: expected 0 or more, got -1")],
)
def test_impossible_numbers_are_refused(tmp_path: Path, asked: int, seed: int, message: str) -> None:
    with pytest.raises(SynthesisError, match=message):
        synthesise(asked, tmp_path / "out", seed)
    assert not (tmp_path / "out").exists()


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SynthesisError, match="cannot be written"):
        synthesise(5, tmp_path / "file" / "folder")


def test_a_full_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SynthesisError, match="expected a new or empty folder"):
        synthesise(5, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

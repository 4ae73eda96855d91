from datetime import date
from pathlib import Path

import numpy as np
import pytest

from training.bundle import BundleError, History
from training.bundle.history import write_history

NAMES = ("debt", "count")
DAY = date(2026, 3, 1)


def make(directory: Path, names: tuple[str, ...] = NAMES) -> History:
    clients = np.array([30, 10, 20])
    values = np.arange(3 * len(names), dtype=np.float32).reshape(3, len(names))
    return History.open(write_history(directory, clients, values, names, DAY), names)


def test_clients_are_found_with_their_values(tmp_path: Path) -> None:
    history = make(tmp_path)
    assert history.values[history.find(30)].tolist() == [0, 1]
    assert history.values[history.find(10)].tolist() == [2, 3]


@pytest.mark.parametrize("client", [9, 11, 31, -(2**63), 2**63 - 1])
def test_unknown_clients_are_not_found(tmp_path: Path, client: int) -> None:
    assert make(tmp_path).find(client) == -1


def test_the_day_is_kept(tmp_path: Path) -> None:
    assert make(tmp_path).as_of == DAY


def test_other_features_are_refused(tmp_path: Path) -> None:
    path = write_history(tmp_path, np.array([1]), np.zeros((1, 2), np.float32), NAMES, DAY)
    with pytest.raises(BundleError, match="credence history"):
        History.open(path, ("debt",))


@pytest.mark.parametrize("content", [b"", b"nothing of the kind"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.arrow"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="not a client history"):
        History.open(path, NAMES)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not a client history"):
        History.open(tmp_path / "history.arrow", NAMES)

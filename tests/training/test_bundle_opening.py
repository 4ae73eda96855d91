import shutil
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet
import pytest

from training.bundle import Bundle, BundleError
from training.bundle.bundle import hash_clients
from training.bundle.manifest import encode


@pytest.fixture
def copy(toy_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to damage."""
    return Path(shutil.copytree(toy_bundle, tmp_path / "copy"))


def test_replays_as_it_was_trained(toy_bundle: Path) -> None:
    Bundle.open(toy_bundle).check_replay()


def test_changed_answers_fail_the_replay(copy: Path) -> None:
    table = pyarrow.parquet.read_table(copy / "replay.parquet")
    other = pyarrow.array(table["probability"].to_numpy() + 1e-5)
    table = table.set_column(table.schema.get_field_index("probability"), "probability", other)
    pyarrow.parquet.write_table(table, copy / "replay.parquet")
    with pytest.raises(BundleError, match=r"200 replayed|100 replayed"):
        Bundle.open(copy).check_replay()


@pytest.mark.parametrize("name", ["bundle.json", "model.onnx"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.open(copy)


def test_a_damaged_graph_is_refused(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(BundleError, match="cannot be loaded"):
        Bundle.open(copy)


def test_graph_of_another_run_is_refused(copy: Path) -> None:
    manifest = Bundle.open(copy).manifest
    (copy / "bundle.json").write_bytes(encode(msgspec.structs.replace(manifest, history=())))
    with pytest.raises(BundleError, match="not of one run"):
        Bundle.open(copy)


def test_a_missing_column_is_named(copy: Path) -> None:
    table = pyarrow.parquet.read_table(copy / "replay.parquet").drop_columns(["AMT_CREDIT"])
    pyarrow.parquet.write_table(table, copy / "replay.parquet")
    with pytest.raises(BundleError, match="AMT_CREDIT"):
        Bundle.open(copy).replay()


def test_contributions_sum_to_margins(toy_bundle: Path) -> None:
    bundle = Bundle.open(toy_bundle)
    rows = bundle.background()
    assert np.allclose(bundle.contributions(rows).sum(axis=1), bundle.score(rows).margin, atol=1e-5)


def test_reasons_share_the_contributions_out(toy_bundle: Path) -> None:
    bundle = Bundle.open(toy_bundle)
    contributions = bundle.contributions(bundle.background())
    assert np.allclose(bundle.by_reason(contributions).sum(axis=1), contributions[:, :-1].sum(axis=1))


def test_clients_learned_from_are_known(toy_bundle: Path) -> None:
    learned = Bundle.open(toy_bundle).learned_from(np.array([0, 999, 1000, -1]))
    assert learned.tolist() == [True, True, False, False]


def test_a_record_is_no_client(toy_bundle: Path) -> None:
    assert Bundle.open(toy_bundle).learned_from([5, "5"]).tolist() == [True, False]


def test_hashes_of_clients_stay() -> None:
    """Bundles written long ago have to be read the same way."""
    assert hash_clients([100002]).tolist() == [int.from_bytes(blake2b(b"100002", digest_size=8).digest(), "little")]

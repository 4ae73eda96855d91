from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from flows.gate import evidence
from flows.gate.gate import Evidence, judge
from tests.toy.bundle import write_toy_bundle
from tests.toy.rows import toy_rows
from training.bundle import Bundle, Costs
from training.bundle.bundle import hash_clients
from training.bundle.manifest import encode

ROWS = 400


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Bundle]:
    """Two models of the same fields: champion and challenger."""
    directory = tmp_path_factory.mktemp("bundles")
    for seed in (1, 2):
        write_toy_bundle(directory / str(seed), seed)
    return Bundle.open(directory / "1"), Bundle.open(directory / "2")


def records(bundle: Bundle) -> pa.Table:
    """A cohort as the monitor hands it out: the refused are unknown, every third client has no number."""
    rows = toy_rows(ROWS, seed=9)
    accepted = bundle.score(rows).probability < bundle.manifest.policy.threshold
    random = np.random.default_rng(9)
    beside = {
        "id": pa.array([f"record-{i}" for i in range(ROWS)]),
        "client": pa.array([None if i % 3 == 0 else 100_000 + i for i in range(ROWS)], pa.int64()),
        "outcome": pa.array(random.random(ROWS) < 0.1, mask=~accepted),
        "weight": pa.array(np.ones(ROWS), mask=~accepted),
    }
    return pa.table(rows.columns(bundle.manifest) | beside)


def compared(old: Bundle, new: Bundle) -> Evidence:
    found = evidence.compare("1-1", "accepted", records(old), old, new)
    assert isinstance(found, Evidence)
    return found


def test_both_score_everybody(bundles: tuple[Bundle, Bundle]) -> None:
    old, new = bundles
    found = compared(old, new)
    rows = toy_rows(ROWS, seed=9)
    assert np.array_equal(found.champion.probability, old.score(rows).probability)
    assert np.array_equal(found.challenger.probability, new.score(rows).probability)
    assert np.array_equal(np.isnan(found.outcome), ~found.champion.accepts)
    assert (found.dropped, found.costs, found.first) == (0, Costs(10, 1), False)
    assert [one.field for one in found.protected] == ["CODE_GENDER"]


def test_learned_outcomes_are_left_out(bundles: tuple[Bundle, Bundle], tmp_path: Path) -> None:
    """By client, and by record where the client has no number; whichever of the two learned from it."""
    old, new = bundles
    labelled = np.flatnonzero(~np.isnan(compared(old, new).outcome))
    numbered, unnumbered = (labelled[labelled % 3 == kind][0] for kind in (1, 0))
    shutil.copytree(new.path, tmp_path / "3")
    learned = np.sort(hash_clients([100_000 + int(numbered), f"record-{unnumbered}"]))
    (tmp_path / "3" / "training_ids").write_bytes(learned.tobytes())
    for sides in ((old, Bundle.open(tmp_path / "3")), (Bundle.open(tmp_path / "3"), old)):
        found = evidence.compare("1-1", "accepted", records(old), *sides)
        assert isinstance(found, Evidence)
        assert found.dropped == 2
        assert np.isnan(found.outcome[[numbered, unnumbered]]).all()
        assert not np.isnan(found.challenger.probability).any()


def test_absent_column_is_undecided(bundles: tuple[Bundle, Bundle]) -> None:
    old, new = bundles
    found = evidence.compare("1-1", "accepted", records(old).drop_columns(["bureau_count"]), old, new)
    assert "do not hold what both versions read: 1 columns expected" in str(found)
    assert judge(found, ()).answer == "undecided"


def test_sound_bundle_is_fit(bundles: tuple[Bundle, Bundle]) -> None:
    found = evidence.fitness(*bundles)
    assert {one.name: one.passed for one in found} == dict.fromkeys(
        ("schema", "replay", "contributions", "alarms"), True
    )


@pytest.mark.parametrize(
    ("spoil", "failed"),
    [
        (lambda new, other: shutil.copy(other / "replay.parquet", new / "replay.parquet"), "replay"),
        (lambda new, other: (new / "model.txt").unlink(), "contributions"),
        (lambda new, other: shutil.copy(other / "model.txt", new / "model.txt"), "contributions"),
    ],
)
def test_spoilt_bundle_is_not(bundles: tuple[Bundle, Bundle], tmp_path: Path, spoil, failed: str) -> None:
    old, new = bundles
    shutil.copytree(new.path, tmp_path / "2")
    spoil(tmp_path / "2", old.path)
    found = evidence.fitness(old, Bundle.open(tmp_path / "2"))
    assert [one.name for one in found if not one.passed] == [failed]


def test_first_version_is_judged_on_its_hold_out(bundles: tuple[Bundle, Bundle]) -> None:
    found = evidence.hold_out(bundles[0])
    table = bundles[0].reference()
    assert np.array_equal(found.challenger.probability, table.column("probability").to_numpy())
    assert found.champion.probability[0] == pytest.approx(np.nanmean(found.outcome))
    assert (found.champion.threshold, found.first) == (1 / 11, True)


@pytest.mark.parametrize(
    ("name", "change", "groups"),
    [
        ("CNT_CHILDREN", {}, ["0", "1", "2", "3", "4", "5"]),
        ("EXT_SOURCE_1", {"unit": "years", "minimum": 21, "maximum": 79}, ["62 and older"]),
    ],
)
def test_a_protected_number_is_judged(
    bundles: tuple[Bundle, Bundle], tmp_path: Path, name: str, change: dict[str, Any], groups: list[str]
) -> None:
    """Whatever its name is; on a cohort, and on a first version's hold-out."""
    old, new = bundles
    shutil.copytree(new.path, tmp_path / "2")
    fields = tuple(
        msgspec.structs.replace(field, protected=True, **change) if field.name == name else field
        for field in new.manifest.fields
    )
    (tmp_path / "2" / "bundle.json").write_bytes(encode(msgspec.structs.replace(new.manifest, fields=fields)))
    changed = Bundle.open(tmp_path / "2")
    for found in (compared(old, changed), evidence.hold_out(changed)):
        number, gender = found.protected
        assert (number.field, gender.field) == (name, "CODE_GENDER")
        assert [group for group in number.judged if group != "unseen"] == groups


def test_what_stands_for_missing_is_not_judged(bundles: tuple[Bundle, Bundle]) -> None:
    (gender,) = compared(*bundles).protected
    assert "XNA" not in gender.names
    assert "missing" not in gender.judged

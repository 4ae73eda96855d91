from __future__ import annotations

import filecmp
import itertools
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from training.bundle import MODEL, BundleError, History, remote
from training.bundle.artifacts import Artifacts
from training.bundle.history import write_history
from training.bundle.remote import AwayError

versions = map(str, itertools.count(1))
"""Each test publishes one of its own at the server that they share."""


def test_published_bundle_is_fetched(mlflow_url: str, bundle: Path, tmp_path: Path) -> None:
    version = next(versions)
    remote.publish(mlflow_url, bundle, MODEL, version)
    fetched = remote.fetch(mlflow_url, MODEL, version, tmp_path / "models")
    assert fetched == tmp_path / "models" / version
    assert same(bundle, fetched)
    assert list((tmp_path / "models").iterdir()) == [fetched]


def test_version_that_is_there_is_not_asked_for(bundle: Path, unused_url: str) -> None:
    assert remote.fetch(unused_url, MODEL, bundle.name, bundle.parent) == bundle


def test_unpublished_version_is_named(mlflow_url: str, tmp_path: Path) -> None:
    said = rf"version 404 of {MODEL} cannot be fetched from {mlflow_url} .*not published there; `credence promote`"
    with pytest.raises(BundleError, match=said):
        remote.fetch(mlflow_url, MODEL, "404", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_half_a_publication_is_none(mlflow_url: str, bundle: Path, tmp_path: Path) -> None:
    version = next(versions)
    (bundle / "zzz").touch()  # whatever its name, it goes before bundle.json
    published: list[str] = []

    def break_off(server: object, path: str, file: Path) -> None:
        published.append(file.name)
        if file.name == "bundle.json":
            raise AwayError("the promotion's process died")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.bundle.artifacts.Artifacts.put", break_off)
        with pytest.raises(BundleError, match="cannot be published"):
            remote.publish(mlflow_url, bundle, MODEL, version)
    assert published[-1] == "bundle.json"
    with pytest.raises(BundleError, match="not published"):
        remote.fetch(mlflow_url, MODEL, version, tmp_path / "models")


def test_unknown_format_leaves_nothing(mlflow_url: str, bundle: Path, tmp_path: Path) -> None:
    version = next(versions)
    remote.publish(mlflow_url, bundle, MODEL, version)
    newer = tmp_path / "newer.json"
    newer.write_text(re.sub('"format": ?2', '"format":99', (bundle / "bundle.json").read_text()))
    Artifacts.at(mlflow_url).put(f"served/{MODEL}/{version}/bundle.json", newer)
    with pytest.raises(BundleError, match=f"version {version} of .*format 99"):
        remote.fetch(mlflow_url, MODEL, version, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_what_is_no_bundle_is_not_published(mlflow_url: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"cannot be published .* is not a bundle"):
        remote.publish(mlflow_url, tmp_path, MODEL, "1")


def test_folder_in_the_way_is_named(mlflow_url: str, bundle: Path, tmp_path: Path) -> None:
    version = next(versions)
    remote.publish(mlflow_url, bundle, MODEL, version)
    (tmp_path / "models" / version / "something").mkdir(parents=True)
    with pytest.raises(BundleError, match="is in the way"):
        remote.fetch(mlflow_url, MODEL, version, tmp_path / "models")


def test_history_is_fetched_anew(mlflow_url: str, tmp_path: Path) -> None:
    names = ("debts", "loans")
    assert remote.fetch_history(mlflow_url, MODEL, names, tmp_path) is None
    for day in (1, 2):
        made = write_history(tmp_path, np.array([7]), np.ones((1, 2), np.float32), names, date(2026, 1, day))
        remote.publish_history(mlflow_url, made, MODEL)
        fetched = remote.fetch_history(mlflow_url, MODEL, names, tmp_path / "models")
        assert fetched is not None
        assert History.open(fetched, names).as_of == date(2026, 1, day)
    assert list((tmp_path / "models").iterdir()) == [fetched]


def test_model_without_history_asks_for_none(unused_url: str, tmp_path: Path) -> None:
    assert remote.fetch_history(unused_url, MODEL, (), tmp_path) is None


def same(left: Path, right: Path) -> bool:
    names = sorted(path.relative_to(left) for path in left.rglob("*"))
    return names == sorted(path.relative_to(right) for path in right.rglob("*")) and all(
        filecmp.cmp(left / name, right / name, shallow=False) for name in names if (left / name).is_file()
    )

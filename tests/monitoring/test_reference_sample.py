"""On the real sample: the test applications against the clients the model was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitoring.judging.arrays import Chunk
from monitoring.judging.reference import Reference, describe
from monitoring.judging.rule import Limits, judge
from monitoring.verdict import Verdict
from training.bundle import Bundle
from training.features.fields import rows_of
from training.features.histories import aggregate
from training.products.home_credit import PRODUCT
from training.runs.train import Options, train
from training.tables import read


@pytest.fixture(scope="module")
def verdict(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    tables, directory = read(sample, PRODUCT), tmp_path_factory.mktemp("bundle")
    manifest = train(tables, Options(trials=1), directory).manifest
    bundle = Bundle.open(directory)
    assert tables.test is not None
    past = aggregate(PRODUCT, tables.history, tables.test["SK_ID_CURR"]).select(manifest.history)
    rows = rows_of(tables.test, manifest.fields, past)
    probability, n = bundle.score(rows).probability, len(rows)
    chunk = Chunk(
        rows,
        probability,
        probability >= manifest.policy.threshold,
        np.zeros(n, bool),
        ["found"] * n,
        np.full(n, -1, np.int8),
        np.full(n, np.nan),
    )
    window = describe(Reference.of(bundle), chunk, version="1", number=1, since=0, until=1)
    return judge([window], [], 1.0, 0.0, Limits(), model=manifest.model, version="1", at=0)


def test_what_is_known_to_have_drifted_is_named(verdict: Verdict) -> None:
    assert {"AMT_REQ_CREDIT_BUREAU_QRT", "AMT_REQ_CREDIT_BUREAU_MON", "NAME_CONTRACT_TYPE"} <= set(verdict.drifted)


def test_it_matters_too_little_to_watch(verdict: Verdict) -> None:
    assert verdict.figures["rows"] == 5000
    assert verdict.figures["score_psi"] < 0.05
    assert verdict.figures["drifted_weight"] < 0.1
    assert verdict.judgement == "keep"


def test_most_columns_did_not_drift(verdict: Verdict) -> None:
    assert 10 < verdict.figures["drifted_columns"] < 40

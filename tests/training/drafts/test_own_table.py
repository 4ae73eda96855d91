"""A table of numbers alone, without a client and without history, becomes a model from its drafted definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from training.bundle import Bundle
from training.drafts import draft, write
from training.drafts.sheet import read_sheet
from training.product.definition import UNDECIDED
from training.products import product_of
from training.runs.train import Options, train
from training.tables import read


def test_a_table_becomes_a_model(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    risk = random.normal(0, 1, 2_000)
    frame = pl.DataFrame(
        {
            "lost": np.where(random.random(2_000) < 1 / (1 + np.exp(2 - 1.5 * risk)), "yes", "no"),
            "salary": np.round(2_000 - 300 * risk + random.normal(0, 100, 2_000), 2),
            "late": random.poisson(np.exp(risk / 2)),
            "age": random.integers(20, 75, 2_000),
        }
    )
    frame.write_csv(tmp_path / "loans.csv", separator=";")
    write(draft(read_sheet(tmp_path / "loans.csv"), "loans", "lost"), tmp_path / "bank")
    tables = read(tmp_path / "bank", product_of(tmp_path / "bank"))
    run = train(tables, Options(trials=1), tmp_path / "bundle")
    bundle = Bundle.open(tmp_path / "bundle")
    assert tables.outcome.sum() == (frame["lost"] == "yes").sum()
    assert [field.name for field in bundle.manifest.fields] == ["salary", "late", "age"]
    assert [feature.name for feature in bundle.manifest.features] == ["salary", "late"]
    assert set(bundle.manifest.alarms) >= {f"{sentence}." for sentence in UNDECIDED.values()}
    assert run.manifest.metrics["auc"].low > 0.6

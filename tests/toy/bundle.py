"""How a made-up lender answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.toy.fields import TOY_FIELDS, TOY_HISTORY, TOY_POLICY, TOY_PRODUCT
from tests.toy.rows import toy_rows
from training.bundle import MODEL, Calibration, Contents, Interval, Manifest, write
from training.bundle.bundle import hash_clients, start
from training.bundle.manifest import FORMAT
from training.candidates import Examples, Fitted
from training.candidates.lightgbm import LightGBM
from training.features.graph import feature_graph, features_from
from training.runs.assemble import assemble


def write_toy_bundle(directory: Path, seed: int = 0) -> Fitted:
    """A small real bundle: LightGBM on made-up applications; another seed is another model of the same fields."""
    names = TOY_HISTORY
    features = features_from(TOY_PRODUCT, TOY_FIELDS, TOY_HISTORY, ())
    rows = toy_rows(1200, seed)
    (matrix,) = start(feature_graph(TOY_PRODUCT, TOY_FIELDS, names, features)).run(None, rows.tensors())
    score = np.nan_to_num(rows.numeric[:, 4:7], nan=0.5).mean(axis=1)
    outcome = np.random.default_rng(seed).random(len(rows)) < 0.35 * (1 - score)
    parameters = {"trees": 20, "num_leaves": 7, "learning_rate": 0.1}
    fitted = LightGBM().fit(Examples.plain(features, matrix[:1000], outcome[:1000]), parameters, seed)
    calibration = Calibration(slope=1.0, intercept=-0.1)
    graph = assemble(TOY_PRODUCT, TOY_FIELDS, names, features, fitted, calibration)
    manifest = Manifest(
        format=FORMAT,
        model=MODEL,
        family="lightgbm",
        fields=TOY_FIELDS,
        history=names,
        features=features,
        reasons=TOY_PRODUCT.reasons,
        policy=TOY_POLICY,
        calibration=calibration,
        metrics={"auc": Interval(value=0.7, low=0.6, high=0.8)},
        allowed=(),
        alarms=(),
        fingerprint="0" * 64,
        seed=seed,
        libraries={},
    )
    held_out = rows.take(slice(1000, None))
    (probability,) = start(graph).run(["probability"], held_out.tensors())
    directory.mkdir(parents=True, exist_ok=True)
    write(
        Contents(
            manifest=manifest,
            graph=graph,
            text=fitted.text(),
            held_out=held_out,
            probability=probability,
            outcome=pa.array(outcome[1000:]),
            weight=pa.array(np.ones(200)),
            background=rows.take(slice(0, 1000)),
            training_ids=hash_clients(range(1000)),
        ),
        directory,
    )
    return fitted

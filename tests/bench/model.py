"""The model that all servers serve, and the applications they are asked about."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training import tables
from training.bundle import MODEL, Bundle, Calibration, Contents, Manifest, Policy, Rows, write
from training.bundle.bundle import hash_clients, start
from training.bundle.manifest import FORMAT
from training.candidates import Fitted
from training.candidates.lightgbm import LightGBM
from training.features.client_history import write_client_history
from training.products.home_credit import PRODUCT
from training.rows.prepare import Prepared, prepare
from training.runs.assemble import assemble, check_agreement
from training.selection.search import useless
from training.synthetic import synthesise

CLIENTS = 20_000
TREES = 500
BATCH = 1_000

_POLICY = Policy(cost_fn=10, cost_fp=1, threshold=0.09, threshold_low=0.08, threshold_high=0.1)
_NONE = Calibration(slope=1.0, intercept=0.0)
"""The other servers answer what the booster says, so ours must not correct it: all answers can then be compared."""


@dataclass(frozen=True)
class Served:
    """A model on disk, and `BATCH` applications of clients with a history, as fields and as the model's matrix."""

    models: Path
    """Folder of versions with the client history, for our predictor."""
    boosters: Path
    """Folder with the booster alone, `model.bst`, for the others."""
    manifest: Manifest
    rows: Rows
    matrix: npt.NDArray[np.float32]
    clients: list[int]
    """SK_ID_CURR of each."""
    newcomers: npt.NDArray[np.float32]
    """[n, m]: the matrix if nothing were known of the clients."""


def build(folder: Path) -> Served:
    """Train on a synthetic lender and lay the files out as each server wants them."""
    synthesise(CLIENTS, folder / "lender")
    raw = tables.read(folder / "lender")
    prepared = prepare(raw, (), holdout=0.2, auc_alone=0.8, seed=0, progress=lambda _: None)
    prepared = prepared.keep([drop.feature for drop in useless(prepared.learned.matrix, prepared.features)])
    parameters = {**LightGBM.defaults, "trees": TREES}
    fitted = LightGBM().fit(prepared.examples, parameters, 0)
    models, boosters = folder / "models", folder / "boosters"
    bundle = _write_bundle(models / "1", prepared, fitted)
    boosters.mkdir()
    shutil.copy(models / "1" / "model.txt", boosters / "model.bst")
    write_client_history(raw, prepared.history, models, datetime.now(UTC).date())
    held_out = prepared.held_out
    rows = held_out.rows.take(slice(0, BATCH))
    strangers = Rows(rows.numeric, rows.categorical, np.full_like(rows.history, np.nan))
    clients = held_out.clients[:BATCH].tolist()
    return Served(models, boosters, bundle.manifest, rows, bundle.features(rows), clients, bundle.features(strangers))


def _write_bundle(directory: Path, prepared: Prepared, fitted: Fitted) -> Bundle:
    directory.mkdir(parents=True)
    manifest = Manifest(
        format=FORMAT,
        model=MODEL,
        family=LightGBM.name,
        fields=prepared.fields,
        history=prepared.history,
        features=prepared.features,
        reasons=PRODUCT.reasons,
        policy=_POLICY,
        calibration=_NONE,
        metrics={},
        allowed=(),
        alarms=(),
        fingerprint="",
        seed=0,
        libraries={},
    )
    graph = assemble(PRODUCT, prepared.fields, prepared.history, prepared.features, fitted, _NONE)
    learned, held_out = prepared.learned, prepared.held_out
    (probability,) = start(graph).run(["probability"], held_out.rows.tensors())
    contents = Contents(
        manifest=manifest,
        graph=graph,
        text=fitted.text(),
        held_out=held_out.rows,
        probability=probability,
        outcome=pa.array(held_out.outcome),
        weight=pa.array(held_out.weight),
        background=learned.rows,
        training_ids=hash_clients(learned.clients.tolist()),
    )
    write(contents, directory)
    bundle = Bundle.open(directory)
    check_agreement(bundle, held_out.rows, fitted)
    return bundle

"""A lender with a trained model, and what the monitor reads of applicants of several worlds that it answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitoring.judging.arrays import Chunk
from training.bundle import Bundle, Rows
from training.features.fields import rows_of
from training.features.histories import aggregate
from training.products.home_credit import PRODUCT
from training.runs.train import Options, train
from training.synthetic import synthesise
from training.synthetic.arrivals import Arrivals, arrive
from training.synthetic.worlds import calibration, changed, population, published
from training.tables import read

CLIENTS = 10_000
ARRIVALS = 10_000
SHARE = 0.1
"""Of the refused applications, those accepted to learn from them."""

SAME = "as in training"
WORLDS = {
    SAME: published(),
    "1.8 times the odds of default": calibration(),
    "other applicants": population(),
    "other applicants, other relation": changed(),
}


def open_lender(folder: Path, seed: int) -> tuple[Bundle, Mapping[str, Chunk]]:
    """Train a model on one world's clients; then draw and answer applicants of each of WORLDS."""
    tables, directory = folder / "tables", folder / "bundle"
    synthesise(CLIENTS, tables, seed)
    directory.mkdir()
    train(read(tables, PRODUCT), Options(trials=1, seed=seed), directory)
    bundle = Bundle.open(directory)
    arrivals = {name: arrive(tables, world, ARRIVALS, seed) for name, world in WORLDS.items()}
    past, random = read(tables, PRODUCT).history, np.random.default_rng(seed)
    return bundle, {name: _answered(bundle, found, past, random) for name, found in arrivals.items()}


def answer(bundle: Bundle, rows: Rows, defaulted: npt.NDArray[Any], lucky: npt.NDArray[np.bool_]) -> Chunk:
    """Applications [n] as the monitor reads them, with the outcomes of the accepted and of the lucky refused."""
    probability, n = bundle.score(rows).probability, len(rows)
    refused = probability >= bundle.manifest.policy.threshold
    known = ~refused | lucky
    weight = np.where(known, np.where(refused, 1 / SHARE, 1.0), np.nan)
    outcome = np.where(known, defaulted, -1).astype(np.int8)
    return Chunk(rows, probability, refused, np.zeros(n, bool), ["found"] * n, outcome, weight)


def some(chunk: Chunk, index: npt.NDArray[np.intp]) -> Chunk:
    """Those of a chunk at an index, as one of its own."""
    columns = (chunk.probability, chunk.refused, chunk.warned, chunk.outcome, chunk.weight)
    probability, refused, warned, outcome, weight = (column[index] for column in columns)
    histories = [chunk.histories[i] for i in index]
    return Chunk(chunk.rows.take(index), probability, refused, warned, histories, outcome, weight)


def _answered(bundle: Bundle, found: Arrivals, past: Mapping[str, Any], random: np.random.Generator) -> Chunk:
    clients = found.applications["SK_ID_CURR"]
    history = aggregate(PRODUCT, past, clients).select(bundle.manifest.history)
    rows = rows_of(found.applications, bundle.manifest.fields, history)
    defaulted = np.array([found.defaulted[client] for client in clients], bool)
    return answer(bundle, rows, defaulted, random.random(len(rows)) < SHARE)

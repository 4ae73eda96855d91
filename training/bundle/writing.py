"""Writing a bundle. Its content does not depend on time or place, so the same seed gives the same bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet

from training.bundle import manifest as manifests
from training.bundle.manifest import Manifest
from training.bundle.rows import Rows

REPLAYED = 100
"""Applications that a predictor scores again before it reports ready."""
_REFERENCE = 20_000
"""Reference rows: with so many, each decile is known to 0.2 points."""
_BACKGROUND = 1_000
"""Rows that explanations sample from; anchors need no more."""


@dataclass(frozen=True)
class Contents:
    """The content of a new bundle."""

    manifest: Manifest
    graph: bytes
    text: str | None
    """The booster as text; None for other families."""
    held_out: Rows
    """Applications [n] that nothing was learned from; the next three fields belong to them."""
    probability: npt.NDArray[np.float64]
    outcome: pa.Array
    """bool; null if it is not known."""
    weight: pa.Array
    """float64: the number of applicants that a row with an outcome stands for; null without an outcome."""
    background: Rows
    """Applications that were learned from."""
    training_ids: npt.NDArray[np.uint64]
    """`hash_clients` of all clients that were learned from."""


def write(contents: Contents, directory: Path) -> None:
    """Write all files except card and reports into an existing directory."""
    manifest = contents.manifest
    (directory / "bundle.json").write_bytes(manifests.encode(manifest))
    (directory / "model.onnx").write_bytes(contents.graph)
    if contents.text is not None:
        (directory / "model.txt").write_text(contents.text)
    (directory / "training_ids").write_bytes(np.sort(contents.training_ids).tobytes())
    replayed = slice(0, REPLAYED)
    answers = {"probability": contents.probability[replayed]}
    _write_table(contents.held_out.take(replayed), manifest, answers, directory / "replay.parquet")
    compared = slice(0, _REFERENCE)
    outcomes = {"probability": contents.probability, "outcome": contents.outcome, "weight": contents.weight}
    outcomes = {name: values[compared] for name, values in outcomes.items()}
    _write_table(contents.held_out.take(compared), manifest, outcomes, directory / "reference.parquet")
    _write_table(contents.background.take(slice(0, _BACKGROUND)), manifest, {}, directory / "background.parquet")


def _write_table(rows: Rows, manifest: Manifest, beside: Mapping[str, pa.Array | npt.NDArray[Any]], path: Path) -> None:
    table = pa.table(rows.columns(manifest) | dict(beside))
    pyarrow.parquet.write_table(table, path, compression="zstd")

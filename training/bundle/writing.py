"""Writing a bundle; nothing in it depends on when or where it is written, so one seed makes one bundle."""

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
from training.bundle.bundle import hash_clients
from training.bundle.manifest import Manifest
from training.bundle.rows import Rows

REPLAYED = 100
"""Applications that a predictor answers again before it says ready."""
_REFERENCE = 20_000
"""Enough that a reference decile is known to 0.2 points."""
_BACKGROUND = 1_000
"""What explanations sample from; anchors need no more."""


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle; `held_out` with its answers and outcomes, `learned` with its clients."""

    manifest: Manifest
    graph: bytes
    text: str | None
    """The booster, where there is one."""
    held_out: Rows
    probability: npt.NDArray[np.float64]
    outcome: npt.NDArray[np.bool_]
    learned: Rows
    clients: npt.NDArray[np.int64]


def write(contents: Contents, directory: Path) -> None:
    """Write everything but card and reports into an existing directory."""
    manifest = contents.manifest
    (directory / "bundle.json").write_bytes(manifests.encode(manifest))
    (directory / "model.onnx").write_bytes(contents.graph)
    if contents.text is not None:
        (directory / "model.txt").write_text(contents.text)
    (directory / "training_ids").write_bytes(np.sort(hash_clients(contents.clients)).tobytes())
    replayed = slice(0, REPLAYED)
    answers = {"probability": contents.probability[replayed]}
    _write_table(contents.held_out.take(replayed), manifest, answers, directory / "replay.parquet")
    compared = slice(0, _REFERENCE)
    outcomes = {"probability": contents.probability[compared], "outcome": contents.outcome[compared]}
    _write_table(contents.held_out.take(compared), manifest, outcomes, directory / "reference.parquet")
    _write_table(contents.learned.take(slice(0, _BACKGROUND)), manifest, {}, directory / "background.parquet")


def _write_table(rows: Rows, manifest: Manifest, beside: Mapping[str, npt.NDArray[Any]], path: Path) -> None:
    table = pa.table(rows.columns(manifest) | {name: pa.array(values) for name, values in beside.items()})
    pyarrow.parquet.write_table(table, path, compression="zstd")

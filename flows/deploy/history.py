"""Writes the client history that a version reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flows.steps import Say
from training.bundle import Manifest
from training.features.client_history import write_client_history
from training.products import product_of
from training.tables import read


def make_history(models: Path, manifest: Manifest, source: str, say: Say) -> None:
    """Make a version's client history from the tables that it was trained on, if these still exist."""
    data = Path(source)
    if not source or not data.is_dir():
        say("no client history: clients are answered as new ones until `credence history --data DIR`")
        return
    say(f"making the client history from {data}")
    write_history(data, manifest.history, models, say)


def write_history(data: Path, names: tuple[str, ...], models: Path, say: Say) -> Path:
    """Write these features of every client in the raw tables in `data`, dated today. Raises DataError."""
    tables = read(data, product_of(data), say)
    say(f"aggregating {len(names)} features")
    return write_client_history(tables, names, models, datetime.now(UTC).date())

"""Making the client history anew for a version that is here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from flows.deploy.local import load
from flows.errors import FlowError
from flows.local import Platform, Say
from training.bundle import Bundle, History
from training.features.client_history import write_client_history
from training.registry import Registry
from training.tables import read


@dataclass(frozen=True)
class Made:
    """A client history that was written."""

    path: Path
    clients: int
    features: int
    as_of: date


def refresh(platform: Platform, data: Path, version: str | None, say: Say) -> Made:
    """Write the client history that a version reads, by default the live one, and let a running predictor take it.

    Raises DataError, RegistryError, FlowError.
    """
    settings = platform.settings
    number = version or platform.live
    if number is None:
        raise FlowError("no version is live, and none was named: --version says whose features to make")
    here = settings.models / number
    path = here if here.exists() else Registry(settings.registry_url).download(number, settings.models)
    bundle = Bundle.open(path)
    names = bundle.manifest.history
    if not names:
        raise FlowError(f"version {number} reads no client history: it was trained on applications alone")
    tables = read(data, say)
    say(f"aggregating {len(names)} features")
    written = write_client_history(tables, names, settings.models, datetime.now(UTC).date())
    if "predictor" in platform.running() and platform.live is not None:
        load(settings.admin_url, bundle.manifest.model, platform.live)
        say(f"the predictor reads it with version {platform.live}")
    history = History.open(written, names)
    return Made(written, len(history.clients), len(names), history.as_of)

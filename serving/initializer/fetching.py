"""Bringing a version and its client history, however long MLflow takes to restart."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from serving.initializer.source import StorageSource
from training.bundle import Bundle, remote

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds that MLflow may be away: a restart of its pod, on another node. Then the pod fails, and is started again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


def bring(url: str, source: StorageSource, models: Path, patience: float = PATIENCE) -> None:
    """Fetch into a folder of versions. Raises BundleError, AwayError if MLflow was away for all the `patience`."""
    end = time.monotonic() + patience
    told = {"version": source.version}
    path = _wait(lambda: remote.fetch(url, source.model, source.version, models), end)
    logger.info("fetched %s, %d bytes", path, _size(path), extra=told)
    names = Bundle.open(path).manifest.history
    history = _wait(lambda: remote.fetch_history(url, source.model, names, models), end)
    if history is not None:
        logger.info("fetched %s, %d bytes", history, history.stat().st_size, extra=told)
    elif names:
        logger.warning("no client history is published: every client is answered as one without", extra=told)


def _wait(work: Callable[[], T], end: float) -> T:
    pause = _FIRST_PAUSE
    while True:
        try:
            return work()
        except remote.AwayError as error:
            if time.monotonic() + pause > end:
                raise
            logger.warning("%s; trying again in %g s", error, pause)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())

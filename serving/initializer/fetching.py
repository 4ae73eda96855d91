"""Fetching a version and its client history, with retries while MLflow restarts."""

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
"""Seconds to wait for MLflow, such as for a restart of its pod on another node. Then this pod fails and restarts."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


def bring(url: str, source: StorageSource, models: Path, patience: float = PATIENCE) -> None:
    """Fetch into a folder of versions. Raises BundleError, or AwayError if MLflow did not answer for `patience` s."""
    end = time.monotonic() + patience
    details = {"version": source.version}
    path = _wait(lambda: remote.fetch(url, source.model, source.version, models), end)
    logger.info("fetched %s, %d bytes", path, _size(path), extra=details)
    names = Bundle.open(path).manifest.history
    history = _wait(lambda: remote.fetch_history(url, source.model, names, models), end)
    if history is not None:
        logger.info("fetched %s, %d bytes", history, history.stat().st_size, extra=details)
    elif names:
        logger.warning("no client history is published: every client is answered as one without", extra=details)


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

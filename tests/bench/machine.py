"""What the figures were measured on, without a name or a path of it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("granian", "onnxruntime", "lightgbm", "kserve", "polars", "pandas")


def describe(mlserver: str) -> dict[str, str]:
    """Date, processor, and the versions of all that was measured; MLServer's comes from its own environment."""
    libraries = [*((name, version(name)) for name in _LIBRARIES), ("mlserver", mlserver)]
    return {
        "Measured": datetime.now(UTC).date().isoformat(),
        "Machine": f"{_cores()} cores of {_processor()}, {_memory_gb()} GB, {platform.system()} {platform.machine()}",
        "Versions": ", ".join([f"Python {platform.python_version()}", *map(" ".join, libraries), _wrk()]),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30))


def _processor() -> str:
    names = [line.split(":", 1)[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _lines(path: Path) -> Sequence[str]:
    return path.read_text().splitlines() if path.exists() else []


def _wrk() -> str:
    # it prints its version in its usage text, and then exits with 1
    said = subprocess.run(["wrk", "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return " ".join(said.stdout.split()[:2])

"""The format training hands on: a directory that is read, checked and run without executing anything in it.

Here belongs what any successor may import: the manifest, the rows a graph takes, the client history beside it, the
bundle itself, and where those who serve it fetch it. How a bundle comes about (graphs, candidates, the registry) does
not belong here.
"""

from training.bundle import groups, remote
from training.bundle.bundle import Bundle, Scores
from training.bundle.history import History
from training.bundle.manifest import (
    MODEL,
    BundleError,
    Calibration,
    Costs,
    Feature,
    Field,
    Interval,
    Manifest,
    Policy,
    Population,
    Reason,
)
from training.bundle.rows import Rows
from training.bundle.writing import Contents, write

__all__ = [
    "MODEL",
    "Bundle",
    "BundleError",
    "Calibration",
    "Contents",
    "Costs",
    "Feature",
    "Field",
    "History",
    "Interval",
    "Manifest",
    "Policy",
    "Population",
    "Reason",
    "Rows",
    "Scores",
    "groups",
    "remote",
    "write",
]

"""The bundle format: a directory that can be read, checked and run without executing code from it.

Other packages may import everything here: the manifest, the rows that a graph takes, the client history, the bundle
itself, and its storage at MLflow. Code that makes a bundle (graphs, candidates, the registry) does not belong here.
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

"""History features: float32 numbers about a client, computed from the six history tables.

One module per table holds its features as a list of named expressions. Features that need the application are ratios in
the model's graph and do not belong here.
"""

from __future__ import annotations

from training.features.history.clients import FEATURES, aggregate
from training.features.history.feature import HistoryFeature

__all__ = ["FEATURES", "HistoryFeature", "aggregate"]

"""History features: what the six tables beside the application say about a client, one float32 number each.

A module a table holds its features as a list of named expressions. What is computed from the application itself, or
from application and history together, is a ratio of the model's graph and does not belong here.
"""

from __future__ import annotations

from training.features.history.clients import FEATURES, aggregate
from training.features.history.feature import HistoryFeature

__all__ = ["FEATURES", "HistoryFeature", "aggregate"]

"""The base error of training."""

from __future__ import annotations


class TrainingError(Exception):
    """The data must not be used to train a model, or the run must not produce a bundle."""

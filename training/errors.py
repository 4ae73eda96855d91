"""What training refuses."""

from __future__ import annotations


class TrainingError(Exception):
    """Data that a model must not be trained on, or a run that must not end in a bundle."""

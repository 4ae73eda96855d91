"""The registry of versions and of what became of them: the one place that knows MLflow.

A bundle is logged as it is, as one model, with an MLmodel file beside its own files: MLflow then shows what goes in and
out, and `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model` run the same graph that is served. Nothing in it is
pickled. A version is addressed by its number; aliases are for people and move, what runs never names one.

What a bundle holds and what a change of the live version means does not belong here.
"""

from __future__ import annotations

from training.registry.changes import Changes
from training.registry.connection import RegistryError
from training.registry.versions import Figures, LoggedTrial, Version, Versions

__all__ = ["Figures", "LoggedTrial", "Registry", "RegistryError", "Version"]


class Registry(Versions, Changes):
    """The versions of one model in the MLflow at `url`, and the audit trail of what was live."""

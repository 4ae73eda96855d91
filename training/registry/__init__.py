"""The registry of versions and of changes of the live version. Only this package uses MLflow.

A bundle is logged unchanged as one model, with an MLmodel file beside its own files. So MLflow shows its inputs and
outputs, and `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model` run the graph that is served. Nothing in it is
pickled. Code addresses a version by its number; aliases move and are only for people.

The content of a bundle and the meaning of a change of the live version do not belong here.
"""

from __future__ import annotations

from training.registry.changes import Changes
from training.registry.connection import RegistryError
from training.registry.versions import Figures, LoggedTrial, Version, Versions

__all__ = ["Figures", "LoggedTrial", "Registry", "RegistryError", "Version"]


class Registry(Versions, Changes):
    """The versions of one model in the MLflow at `url`, and the audit trail of live versions."""

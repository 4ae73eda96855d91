"""The explainer reads the client history that the predictor reads, also when it is made anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from serving.explainer.explainer import Explainer
from serving.explainer.request import Extras
from serving.protocol.rest import decode
from serving.version import open_model
from tests.toy.fields import TOY_HISTORY
from training.bundle.history import write_history


def write(directory: Path, client: int) -> None:
    names = TOY_HISTORY
    values = np.array([[90, 1]], np.float32)
    write_history(directory, np.array([client]), values, names, datetime.now(UTC).date())


def test_new_history_is_taken(
    toy_bundle: Path, tmp_path: Path, application: dict[str, Any], tensors: Callable[..., list[dict[str, Any]]]
) -> None:
    (tmp_path / "3").symlink_to(toy_bundle)
    explainer = Explainer(open_model(tmp_path, "3", "", unknown="warn", history_days=7), None, tmp_path)
    inputs = decode(json.dumps({"inputs": tensors({**application, "SK_ID_CURR": 100_001})}).encode()).inputs
    told = []
    for client in (None, 100_002, 100_001):
        if client is not None:
            write(tmp_path, client)
        (explained,) = explainer.explain(inputs, Extras())
        told.append(explained.history)
    assert told == ["none", "none", "found"]

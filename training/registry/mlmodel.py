"""The additional files that MLflow's tools need to show and run a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from training.bundle import Bundle, Manifest


def describe(bundle: Bundle, run_id: str, model: Any, directory: Path) -> None:  # MLflow's entities are untyped
    """Write the MLmodel, signature, input example and requirements of a logged model into a directory."""
    import onnx
    import onnxruntime
    from mlflow.models import Model
    from mlflow.models.utils import _Example

    rows, _ = bundle.replay()
    entry = Model(model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id)
    entry.signature = _signature(bundle.manifest)
    example = _Example(rows.take(slice(0, 1)).tensors())
    example.save(str(directory))
    entry.saved_input_example_info = example.info
    entry.add_flavor(
        "onnx",
        onnx_version=onnx.__version__,
        data="model.onnx",
        providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
    )
    entry.add_flavor("python_function", loader_module="mlflow.onnx", data="model.onnx", env={})
    entry.save(str(directory / "MLmodel"))
    versions = f"onnx=={onnx.__version__}\nonnxruntime=={onnxruntime.__version__}\n"
    (directory / "requirements.txt").write_text(f"mlflow\n{versions}")


def _signature(manifest: Manifest) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    number, text = np.dtype(np.float32), np.dtype(object)
    inputs = Schema(
        [
            TensorSpec(number, (-1, len(manifest.numeric)), "numeric"),
            TensorSpec(text, (-1, len(manifest.categorical)), "categorical"),
            TensorSpec(number, (-1, len(manifest.history)), "history"),
        ]
    )
    outputs = [TensorSpec(np.dtype(np.float64), (-1,), name) for name in ("probability", "margin")]
    return ModelSignature(inputs, Schema([*outputs]))

"""Gradient-boosted trees by LightGBM.

The graph's trees compare float32 numbers, LightGBM's trees compare float64. So each threshold is lowered to the largest
float32 that is not above it. For float32 values no comparison changes, and the conversion need not round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from onnx import helper
from onnxmltools.convert import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from training.candidates.family import CrossFit, Examples, Family, Folds, Margins, Matrix, Nodes, Parameters
from training.graph import Graph

_MOST_TREES = 1500
_PATIENCE = 30
"""Boosting stops after so many trees without a better log loss over all folds together."""

_FIXED = {
    "objective": "binary",
    "bagging_freq": 1,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    # Trials run in parallel instead, because threads inside one small fit mostly wait for each other.
    "num_threads": 1,
    "verbosity": -1,
    # ONNX cannot treat 0 as missing, so LightGBM must not either.
    "zero_as_missing": False,
}


@dataclass(frozen=True)
class FittedLightGBM:
    """A booster whose thresholds are float32 numbers."""

    booster: Any
    width: int

    def margins(self, features: Matrix) -> Margins:
        # One thread, as in the fit. LightGBM has one thread count per process and sizes its buffers by it. Another
        # count here causes a segmentation fault if a fit runs in another thread.
        return np.asarray(self.booster.predict(features, raw_score=True, num_threads=1), np.float64)

    def importance(self) -> npt.NDArray[np.float64]:
        return np.asarray(self.booster.feature_importance("gain"), np.float64)

    def add_to(self, graph: Graph, features: str) -> Nodes:
        # As a regression the output is the sum of the leaves, which is the margin without LightGBM's sigmoid.
        text = self.booster.model_to_string().replace("objective=binary sigmoid:1", "objective=regression")
        converted = convert_lightgbm(
            lightgbm.Booster(model_str=text),
            initial_types=[("features", FloatTensorType([None, self.width]))],
            zipmap=False,
        )
        (trees,) = (node for node in converted.graph.node if node.op_type == "TreeEnsembleRegressor")
        attributes = {item.name: helper.get_attribute_value(item) for item in trees.attribute}
        margin = graph.add("TreeEnsembleRegressor", features, domain="ai.onnx.ml", **attributes)
        return Nodes(graph.cast(margin, "float64"), None)

    def text(self) -> str | None:
        return str(self.booster.model_to_string())


class LightGBM(Family):
    """LightGBM with a log-loss objective; cross-fitting finds the number of trees."""

    name = "lightgbm"
    defaults: Parameters = MappingProxyType(
        {
            "learning_rate": 0.05,
            "num_leaves": 12,
            "min_data_in_leaf": 50,
            "feature_fraction": 0.15,
            "bagging_fraction": 0.8,
            "lambda_l2": 10.0,
        }
    )

    def draw(self, generator: np.random.Generator) -> Parameters:
        return {
            "learning_rate": round(float(10 ** generator.uniform(-1.5, -1.0)), 4),
            "num_leaves": int(generator.integers(6, 32)),
            "min_data_in_leaf": int(generator.integers(20, 120)),
            "feature_fraction": round(float(generator.uniform(0.1, 0.5)), 2),
            "bagging_fraction": round(float(generator.uniform(0.6, 0.95)), 2),
            "lambda_l2": round(float(10 ** generator.uniform(-1, 1.7)), 3),
        }

    def fit(self, examples: Examples, parameters: Parameters, seed: int) -> FittedLightGBM:
        settings: dict[str, Any] = {**_FIXED, **parameters, "seed": seed}
        trees = int(settings.pop("trees"))
        booster = lightgbm.train(settings, _dataset(examples), num_boost_round=trees)
        return FittedLightGBM(lightgbm.Booster(model_str=_with_float32_thresholds(booster)), len(examples.features))

    def cross_fit(self, examples: Examples, folds: Folds, parameters: Parameters, seed: int) -> CrossFit:
        settings = {**_FIXED, **parameters, "seed": seed}
        result: dict[str, Any] = lightgbm.cv(
            settings,
            _dataset(examples),
            num_boost_round=_MOST_TREES,
            folds=[(np.sort(fit_on), np.sort(predict)) for fit_on, predict in folds],
            callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
            return_cvbooster=True,
        )
        trees = len(result["valid binary_logloss-mean"])
        margins, importance = np.empty(len(examples.outcome)), np.zeros(len(examples.features))
        for booster, (_, predict) in zip(result["cvbooster"].boosters, folds, strict=True):
            margins[predict] = booster.predict(
                examples.matrix[predict], raw_score=True, num_iteration=trees, num_threads=1
            )
            importance += booster.feature_importance("gain", iteration=trees)
        return CrossFit(margins, importance, {**parameters, "trees": trees})


def _dataset(examples: Examples) -> lightgbm.Dataset:
    names = [feature.name for feature in examples.features]
    return lightgbm.Dataset(examples.matrix, examples.outcome, weight=examples.weight, feature_name=names)


def _with_float32_thresholds(booster: Any) -> str:
    text = re.sub(r"^tree_sizes=.*\n", "", booster.model_to_string(), flags=re.MULTILINE)
    return re.sub(r"^threshold=(.+)$", _lower, text, flags=re.MULTILINE)


def _lower(line: re.Match[str]) -> str:
    exact = np.array(line.group(1).split(), np.float64)
    near = exact.astype(np.float32)
    lowered = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
    return "threshold=" + " ".join(repr(float(value)) for value in lowered)

"""The baseline that a model must beat: every applicant gets the base rate."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from training.candidates.family import CrossFit, Examples, Family, Folds, Margins, Matrix, Nodes, Parameters
from training.graph import Graph


@dataclass(frozen=True)
class FittedConstant:
    """The log-odds of the default rate; the `width` features are ignored."""

    margin: float
    width: int

    def margins(self, features: Matrix) -> Margins:
        return np.full(len(features), self.margin)

    def importance(self) -> npt.NDArray[np.float64]:
        return np.zeros(self.width)

    def add_to(self, graph: Graph, features: str) -> Nodes:
        # NaN times 0 is NaN, so the zeros come from "is missing", which is always a number.
        missing = graph.cast(graph.add("IsNaN", features), "float64")
        zeros = graph.add("Mul", missing, graph.constant(0.0, np.float64))
        base = graph.add("Add", graph.columns(zeros, [0]), graph.constant([self.margin], np.float64))
        return Nodes(base, graph.add("Concat", zeros, base, axis=1))

    def text(self) -> str | None:
        return None


class Constant(Family):
    """The family of the base rate; it has no parameters."""

    name = "constant"
    defaults: Parameters = MappingProxyType({})

    def draw(self, generator: np.random.Generator) -> Parameters:
        return self.defaults

    def fit(self, examples: Examples, parameters: Parameters, seed: int) -> FittedConstant:
        rate = float(np.average(examples.outcome, weights=examples.weight))
        return FittedConstant(float(np.log(rate / (1 - rate))), len(examples.features))

    def cross_fit(self, examples: Examples, folds: Folds, parameters: Parameters, seed: int) -> CrossFit:
        # Not fold by fold: if a fold has more defaults, the other folds have fewer. Their rates would rank the folds in
        # the wrong order, and calibration would treat that as information.
        fitted = self.fit(examples, parameters, seed)
        return CrossFit(fitted.margins(examples.matrix), fitted.importance(), parameters)

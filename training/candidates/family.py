"""The interface of a candidate family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from training.bundle import Feature
from training.graph import Graph

Matrix = npt.NDArray[np.float32]
"""[n, m], NaN for missing; a category is its code."""
Outcome = npt.NDArray[np.bool_]
"""[n], True for a default."""
Weight = npt.NDArray[np.float64]
"""[n], the number of applicants that each row stands for."""
Margins = npt.NDArray[np.float64]
Folds = Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
"""(rows to fit on, rows to predict), the same for all candidates."""
Parameters = Mapping[str, float | int]


@dataclass(frozen=True)
class Examples:
    """Applications [n] with known outcomes, for a family to learn from."""

    features: tuple[Feature, ...]
    """The columns of the matrix."""
    matrix: Matrix
    outcome: Outcome
    weight: Weight

    @classmethod
    def plain(cls, features: Sequence[Feature], matrix: Matrix, outcome: Outcome) -> Examples:
        """Examples in which each row has weight 1."""
        return cls(tuple(features), matrix, outcome, np.ones(len(outcome)))

    def take(self, index: npt.NDArray[Any] | slice) -> Examples:
        """The rows at an index, a mask or a slice."""
        return Examples(self.features, self.matrix[index], self.outcome[index], self.weight[index])


@dataclass(frozen=True)
class Nodes:
    """The outputs that a fitted model adds to a graph, by name: `margin` [n, 1] float64 and maybe contributions."""

    margin: str
    contributions: str | None
    """[n, m + 1] float64, the base value last; None if contributions need `model.txt`."""


class Fitted(Protocol):
    """A fitted model; all its methods are deterministic."""

    def margins(self, features: Matrix) -> Margins:
        """Log-odds [n] as the family's own library computes them."""

    def importance(self) -> npt.NDArray[np.float64]:
        """The importance of each feature [m]; exactly 0 if the model does not use the feature."""

    def add_to(self, graph: Graph, features: str) -> Nodes:
        """Add the model to a graph; `features` names its input [n, m]."""

    def text(self) -> str | None:
        """The content of `model.txt`, from which contributions are computed; None if the graph does that."""


@dataclass(frozen=True)
class CrossFit:
    """Out-of-fold `margins` [n], the importance [m] summed over the folds, and parameters for a fit on all rows."""

    margins: Margins
    importance: npt.NDArray[np.float64]
    parameters: Parameters


class Family(ABC):
    """A method to fit a model."""

    name: str
    """The name in the manifest."""

    defaults: Parameters
    """Parameters of the first trial."""

    @abstractmethod
    def draw(self, generator: np.random.Generator) -> Parameters:
        """Parameters of a further trial; the defaults if there is nothing to search."""

    @abstractmethod
    def fit(self, examples: Examples, parameters: Parameters, seed: int) -> Fitted:
        """Fit a model on all examples."""

    def cross_fit(self, examples: Examples, folds: Folds, parameters: Parameters, seed: int) -> CrossFit:
        """Predict each fold with a model of the other folds. A family with a size to choose overrides this method."""
        margins = np.empty(len(examples.outcome))
        importance = np.zeros(len(examples.features))
        for fit_on, predict in folds:
            fitted = self.fit(examples.take(fit_on), parameters, seed)
            margins[predict] = fitted.margins(examples.matrix[predict])
            importance += fitted.importance()
        return CrossFit(margins, importance, parameters)

"""What every candidate family offers."""

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
"""[n], how many applicants each row stands for."""
Margins = npt.NDArray[np.float64]
Folds = Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
"""(rows to fit on, rows to predict), the same for all candidates."""
Parameters = Mapping[str, float | int]


@dataclass(frozen=True)
class Examples:
    """Applications [n] with known outcomes, as a family learns from them."""

    features: tuple[Feature, ...]
    """The columns of the matrix."""
    matrix: Matrix
    outcome: Outcome
    weight: Weight

    @classmethod
    def plain(cls, features: Sequence[Feature], matrix: Matrix, outcome: Outcome) -> Examples:
        """Each row counts once."""
        return cls(tuple(features), matrix, outcome, np.ones(len(outcome)))

    def take(self, index: npt.NDArray[Any] | slice) -> Examples:
        """The rows at an index, a mask or a slice."""
        return Examples(self.features, self.matrix[index], self.outcome[index], self.weight[index])


@dataclass(frozen=True)
class Nodes:
    """What a fitted model adds to a graph: the name of `margin` [n, 1] float64 and, if it makes them, contributions."""

    margin: str
    contributions: str | None
    """[n, m + 1] float64, the base value last; None where `model.txt` is needed for them."""


class Fitted(Protocol):
    """A fitted model; everything in it is deterministic."""

    def margins(self, features: Matrix) -> Margins:
        """Log-odds [n] as the family's own library computes them."""

    def importance(self) -> npt.NDArray[np.float64]:
        """[m]; exactly 0 for a feature the model does not use."""

    def add_to(self, graph: Graph, features: str) -> Nodes:
        """Add the model to a graph behind its `features` [n, m]."""

    def text(self) -> str | None:
        """The content of `model.txt`, from which contributions are computed; None if the graph does that."""


@dataclass(frozen=True)
class CrossFit:
    """Out-of-fold `margins` [n], the importance [m] summed over the folds, and parameters for a fit on all rows."""

    margins: Margins
    importance: npt.NDArray[np.float64]
    parameters: Parameters


class Family(ABC):
    """A way to make a model."""

    name: str
    """As in the manifest."""

    defaults: Parameters
    """Parameters of the first trial."""

    @abstractmethod
    def draw(self, generator: np.random.Generator) -> Parameters:
        """Parameters of a further trial; the defaults if there is nothing to search."""

    @abstractmethod
    def fit(self, examples: Examples, parameters: Parameters, seed: int) -> Fitted:
        """Fit on all rows given."""

    def cross_fit(self, examples: Examples, folds: Folds, parameters: Parameters, seed: int) -> CrossFit:
        """Predict each fold by a model of the others; a family with a size to find also finds it here."""
        margins = np.empty(len(examples.outcome))
        importance = np.zeros(len(examples.features))
        for fit_on, predict in folds:
            fitted = self.fit(examples.take(fit_on), parameters, seed)
            margins[predict] = fitted.margins(examples.matrix[predict])
            importance += fitted.importance()
        return CrossFit(margins, importance, parameters)

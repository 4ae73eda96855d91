"""What every candidate family offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from training.bundle import Feature
from training.graph import Graph

Matrix = npt.NDArray[np.float32]
"""[n, m], NaN for missing; a category is its code."""
Outcome = npt.NDArray[np.bool_]
"""[n], True for a default."""
Margins = npt.NDArray[np.float64]
Folds = Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
"""(rows to fit on, rows to predict), the same for all candidates."""
Parameters = Mapping[str, float | int]


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
    def fit(
        self, matrix: Matrix, outcome: Outcome, features: Sequence[Feature], parameters: Parameters, seed: int
    ) -> Fitted:
        """Fit on all rows given."""

    def cross_fit(
        self,
        matrix: Matrix,
        outcome: Outcome,
        folds: Folds,
        features: Sequence[Feature],
        parameters: Parameters,
        seed: int,
    ) -> CrossFit:
        """Predict each fold by a model of the others; a family with a size to find also finds it here."""
        margins = np.empty(len(outcome))
        importance = np.zeros(len(features))
        for fit_on, predict in folds:
            fitted = self.fit(matrix[fit_on], outcome[fit_on], features, parameters, seed)
            margins[predict] = fitted.margins(matrix[predict])
            importance += fitted.importance()
        return CrossFit(margins, importance, parameters)

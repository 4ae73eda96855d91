"""Logistic regression on standardised numbers, levels and missing indicators.

A number is standardised and clipped; a missing number becomes 0, the mean. A missing indicator and each level of a
category have separate weights. Each weight belongs to one feature, so contributions need no approximation.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from training.candidates.family import Examples, Family, Margins, Matrix, Nodes, Parameters
from training.graph import Graph

Weights = npt.NDArray[np.float64]

_CLIP = 5.0
"""Limit in standard deviations. Without it, one income of a hundred million could decide alone."""


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of numbers [p]."""

    mean: Weights
    deviation: Weights

    @classmethod
    def of(cls, numbers: Matrix) -> Scale:
        """Means and deviations of the present values.

        A column without spread has deviation 1, a column without values has mean 0.
        """
        wide = numbers.astype(np.float64)
        present = ~np.isnan(wide)
        count = np.maximum(present.sum(axis=0), 1)
        mean = np.where(present, wide, 0).sum(axis=0) / count
        variance = np.where(present, (wide - mean) ** 2, 0).sum(axis=0) / count
        return cls(mean, np.where(variance > 0, np.sqrt(variance), 1.0))

    def apply(self, numbers: Matrix) -> Weights:
        """Standardise and clip numbers [n, p]; missing becomes 0."""
        standard = np.clip((numbers.astype(np.float64) - self.mean) / self.deviation, -_CLIP, _CLIP)
        return np.nan_to_num(standard, nan=0.0)


@dataclass(frozen=True)
class FittedLogistic:
    """The weights of a model; `numbers` and `categories` are column indexes of the matrix."""

    numbers: tuple[int, ...]
    categories: tuple[int, ...]
    scale: Scale
    slopes: Weights
    missing: Weights
    """The weight of each number's missing indicator."""
    levels: tuple[Weights, ...]
    """For each category the weights of its levels, then the weight of missing."""
    intercept: float

    def contributions(self, features: Matrix) -> Weights:
        """The contribution of each feature to the margin [n, m], without the intercept."""
        parts = np.zeros(features.shape)
        numbers = features[:, self.numbers]
        parts[:, self.numbers] = self.scale.apply(numbers) * self.slopes + np.isnan(numbers) * self.missing
        for column, weights in zip(self.categories, self.levels, strict=True):
            codes = np.nan_to_num(features[:, column], nan=len(weights) - 1).astype(int)
            parts[:, column] = weights[codes]
        return parts

    def margins(self, features: Matrix) -> Margins:
        margins: Margins = self.contributions(features).sum(axis=1) + self.intercept
        return margins

    def importance(self) -> npt.NDArray[np.float64]:
        size = np.zeros(len(self.numbers) + len(self.categories))
        size[list(self.numbers)] = np.abs(self.slopes) + np.abs(self.missing)
        size[list(self.categories)] = [np.abs(weights).max() for weights in self.levels]
        return size

    def add_to(self, graph: Graph, features: str) -> Nodes:
        parts = [self._number_nodes(graph, features)]
        if self.categories:
            parts.append(self._level_nodes(graph, features))
        order = np.argsort((*self.numbers, *self.categories))
        in_order = graph.columns(graph.add("Concat", *parts, axis=1), order)
        total = graph.sum_columns(in_order, len(order))
        base = graph.constant([self.intercept], np.float64)
        bases = graph.add("Add", graph.add("Mul", total, graph.constant(0.0, np.float64)), base)
        return Nodes(graph.add("Add", total, base), graph.add("Concat", in_order, bases, axis=1))

    def text(self) -> str | None:
        return None

    def _number_nodes(self, graph: Graph, features: str) -> str:
        numbers = graph.columns(features, self.numbers)
        wide = graph.cast(numbers, "float64")
        centred = graph.add("Sub", wide, graph.constant([self.scale.mean], np.float64))
        standard = graph.add("Div", centred, graph.constant([self.scale.deviation], np.float64))
        clipped = graph.add("Clip", standard, *(graph.constant(end, np.float64) for end in (-_CLIP, _CLIP)))
        parts = graph.add("Mul", clipped, graph.constant([self.slopes], np.float64))
        return graph.add("Where", graph.add("IsNaN", numbers), graph.constant([self.missing], np.float64), parts)

    def _level_nodes(self, graph: Graph, features: str) -> str:
        """Add one lookup for all categories: each code becomes an index into the weights of all levels."""
        sizes = [len(weights) for weights in self.levels]
        starts = np.cumsum([0, *sizes[:-1]])
        codes = graph.columns(features, self.categories)
        last = graph.constant([np.array(sizes) - 1])
        levels = graph.cast(graph.add("Where", graph.add("IsNaN", codes), last, codes), "int64")
        places = graph.add("Add", levels, graph.constant([starts], np.int64))
        return graph.add("Gather", graph.constant(np.concatenate(self.levels), np.float64), places)


class Logistic(Family):
    """L2-regularised logistic regression; `c` is the inverse strength."""

    name = "logistic"
    defaults: Parameters = MappingProxyType({"c": 0.001})

    def draw(self, generator: np.random.Generator) -> Parameters:
        return {"c": round(float(10 ** generator.uniform(-4, -1)), 6)}

    def fit(self, examples: Examples, parameters: Parameters, seed: int) -> FittedLogistic:
        matrix, features = examples.matrix, examples.features
        numbers = tuple(i for i, feature in enumerate(features) if not feature.levels)
        categories = tuple(i for i, feature in enumerate(features) if feature.levels)
        scale = Scale.of(matrix[:, numbers])
        standard, absent = scale.apply(matrix[:, numbers]), np.isnan(matrix[:, numbers])
        indicators = [_indicators(matrix[:, i], len(features[i].levels) + 1) for i in categories]
        design = np.hstack([standard, absent, *indicators])
        model = LogisticRegression(C=parameters["c"], solver="lbfgs", max_iter=500, tol=1e-3, random_state=seed)
        weights = model.fit(design, examples.outcome, examples.weight).coef_[0]
        ends = np.cumsum([len(numbers), len(numbers), *(part.shape[1] for part in indicators)])
        slopes, missing, *levels = np.split(weights, ends[:-1])
        return FittedLogistic(numbers, categories, scale, slopes, missing, tuple(levels), float(model.intercept_[0]))


def _indicators(codes: npt.NDArray[np.float32], width: int) -> Weights:
    """One indicator column per level; the last column is for missing."""
    levels = np.nan_to_num(codes, nan=width - 1).astype(int)
    indicators: Weights = np.eye(width)[levels]
    return indicators

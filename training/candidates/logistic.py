"""Logistic regression on standardised numbers, levels and missing indicators.

A number is standardised, clipped, and 0 (its mean) where it is missing; being missing has a weight of its own, and so
has each level of a category. All of it belongs to the feature it came from, so contributions need no approximation.
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
"""Standard deviations: one income of a hundred millions must not decide by itself."""


@dataclass(frozen=True)
class Scale:
    """How numbers [p] are standardised."""

    mean: Weights
    deviation: Weights

    @classmethod
    def of(cls, numbers: Matrix) -> Scale:
        """Means and deviations of what is there; a column without spread has deviation 1, one without values mean 0."""
        wide = numbers.astype(np.float64)
        there = ~np.isnan(wide)
        count = np.maximum(there.sum(axis=0), 1)
        mean = np.where(there, wide, 0).sum(axis=0) / count
        variance = np.where(there, (wide - mean) ** 2, 0).sum(axis=0) / count
        return cls(mean, np.where(variance > 0, np.sqrt(variance), 1.0))

    def apply(self, numbers: Matrix) -> Weights:
        """[n, p] standardised and clipped, 0 for missing."""
        standard = np.clip((numbers.astype(np.float64) - self.mean) / self.deviation, -_CLIP, _CLIP)
        return np.nan_to_num(standard, nan=0.0)


@dataclass(frozen=True)
class FittedLogistic:
    """Weights of `numbers` and of `categories`, which are places in the matrix."""

    numbers: tuple[int, ...]
    categories: tuple[int, ...]
    scale: Scale
    slopes: Weights
    missing: Weights
    """Of a number's absence."""
    levels: tuple[Weights, ...]
    """For each category, of each level, the last of missing."""
    intercept: float

    def contributions(self, features: Matrix) -> Weights:
        """[n, m]."""
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
        there = graph.add("Mul", clipped, graph.constant([self.slopes], np.float64))
        return graph.add("Where", graph.add("IsNaN", numbers), graph.constant([self.missing], np.float64), there)

    def _level_nodes(self, graph: Graph, features: str) -> str:
        """All categories at once: a code is a place in the list of all levels' weights."""
        sizes = [len(weights) for weights in self.levels]
        starts = np.cumsum([0, *sizes[:-1]])
        codes = graph.columns(features, self.categories)
        last = graph.constant([np.array(sizes) - 1])
        known = graph.cast(graph.add("Where", graph.add("IsNaN", codes), last, codes), "int64")
        places = graph.add("Add", known, graph.constant([starts], np.int64))
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
    """One column a level, the last for missing."""
    known = np.nan_to_num(codes, nan=width - 1).astype(int)
    indicators: Weights = np.eye(width)[known]
    return indicators

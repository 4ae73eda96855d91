"""Assembling a bundle's graph from features, model and calibration, and comparing it with the model's library."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import numpy_helper

from training.bundle import Bundle, BundleError, Calibration, Feature, Field, Rows
from training.candidates import Fitted
from training.features.graph import add_features, inputs
from training.graph import Graph, tensor
from training.measures.policy import calibrate
from training.product import Product

MARGIN_TOLERANCE = 1e-4
PROBABILITY_TOLERANCE = 1e-6

_PACKET = 8
"""The number of doubles in the widest vector register.

Exponentials are computed in whole packets. Leftover elements of a vector would use another routine with other last
bits. Then the result of a row would depend on the number of rows in the batch.
"""


class DisagreementError(Exception):
    """The graph and the library that fitted the model give different results."""


def assemble(
    product: Product,
    fields: Sequence[Field],
    history: Sequence[str],
    features: Sequence[Feature],
    fitted: Fitted,
    calibration: Calibration,
) -> bytes:
    """One ONNX graph that computes the probability from an application."""
    graph = Graph()
    matrix = add_features(graph, product, fields, history, features)
    nodes = fitted.add_to(graph, matrix)
    graph.name(_probability(graph, nodes.margin, calibration), "probability")
    graph.name(graph.add("Squeeze", nodes.margin, graph.constant([1], np.int64)), "margin")
    graph.name(matrix, "features")
    outputs = [
        tensor("probability", "float64", "n"),
        tensor("margin", "float64", "n"),
        tensor("features", "float32", "n", len(features)),
    ]
    if nodes.contributions is not None:
        graph.name(nodes.contributions, "contributions")
        outputs.append(tensor("contributions", "float64", "n", len(features) + 1))
    return bytes(graph.model(inputs(fields, history), outputs).SerializeToString())


def _probability(graph: Graph, margin: str, calibration: Calibration) -> str:
    """Add the sigmoid in float64; the runtime's sigmoid is an approximation with a relative error of 3e-4."""
    scaled = graph.add("Mul", margin, graph.constant([[-calibration.slope] * _PACKET], np.float64))
    exponent = graph.add("Sub", scaled, graph.constant([[calibration.intercept] * _PACKET], np.float64))
    odds_against = graph.add("Gather", graph.add("Exp", exponent), graph.constant(0, np.int64), axis=1)
    return graph.add("Reciprocal", graph.add("Add", odds_against, graph.constant([1.0], np.float64)))


def with_calibration(graph: bytes, calibration: Calibration) -> bytes:
    """The same graph with another calibration: it replaces two constants that `_probability` added.

    Raises BundleError if the graph does not end with these nodes.
    """
    model = onnx.load_from_string(graph)
    makers = {output: node for node in model.graph.node for output in node.output}
    constants = {constant.name: constant for constant in model.graph.initializer}
    output, names = "probability", list[str]()
    for operator in ("Reciprocal", "Add", "Gather", "Exp", "Sub", "Mul"):
        node = makers.get(output)
        if node is None or node.op_type != operator:
            made = "nothing" if node is None else node.op_type
            raise BundleError(f"model.onnx: expected {operator} to make `{output}`, got {made}: not made by Credence")
        output, names = node.input[0], [*names, *node.input[1:]]
    *_, intercept, slope = names
    for name, value in ((slope, -calibration.slope), (intercept, calibration.intercept)):
        constants[name].CopyFrom(numpy_helper.from_array(np.array([[value] * _PACKET]), name))
    return bytes(model.SerializeToString())


def check_recalibration(before: Bundle, after: Bundle, rows: Rows) -> None:
    """Compare a recalibrated bundle with its original. Raises DisagreementError with the figures."""
    old, scores, threshold = before.score(rows), after.score(rows), after.manifest.policy.threshold
    expected = calibrate(old.margin, after.manifest.calibration)
    moved = int((old.margin != scores.margin).sum())
    gap = float(np.abs(scores.probability - expected).max())
    changed = int(((scores.probability >= threshold) != (expected >= threshold)).sum())
    if moved or gap > PROBABILITY_TOLERANCE or changed:
        raise DisagreementError(
            f"over {len(rows)} held-out rows the recalibrated graph has {moved} other margins (none), probabilities "
            f"off by {gap:.1e} (at most {PROBABILITY_TOLERANCE:.0e}), {changed} other decisions (none)"
        )


def check_agreement(bundle: Bundle, rows: Rows, fitted: Fitted) -> None:
    """Compare the graph with the library on all rows. Raises DisagreementError with the figures."""
    scores = bundle.score(rows)
    margin = fitted.margins(bundle.features(rows))
    probability = calibrate(margin, bundle.manifest.calibration)
    threshold = bundle.manifest.policy.threshold
    margin_gap = float(np.abs(scores.margin - margin).max())
    probability_gap = float(np.abs(scores.probability - probability).max())
    changed = int(((scores.probability >= threshold) != (probability >= threshold)).sum())
    if margin_gap > MARGIN_TOLERANCE or probability_gap > PROBABILITY_TOLERANCE or changed:
        raise DisagreementError(
            f"over {len(rows)} held-out rows the graph differs from {bundle.manifest.family}: "
            f"margin by {margin_gap:.1e} (at most {MARGIN_TOLERANCE:.0e}), "
            f"probability by {probability_gap:.1e} (at most {PROBABILITY_TOLERANCE:.0e}), {changed} decisions (none)"
        )

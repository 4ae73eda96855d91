"""From an application's fields and history to the matrix that the model sees: the first half of a bundle's graph.

Only these nodes turn anomalies into missing values, encode levels and compute ratios. Training runs this half alone to
compute its matrix, so training and serving cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx

from training.bundle import Feature, Field
from training.graph import Graph, tensor
from training.product import Product

_MISSING = float("nan")


def features_from(
    product: Product, fields: Sequence[Field], history: Sequence[str], allowed: Sequence[str]
) -> tuple[Feature, ...]:
    """All features of a product that these fields and history features allow.

    Features use a protected field only if it is in `allowed`.
    """
    usable = {field.name: field for field in fields if not field.protected or field.name in allowed}
    numbers_first = sorted(usable.values(), key=lambda field: field.datatype == "BYTES")
    direct = [
        Feature(name=field.name, made_from=(field.name,), reason=product.reason_of[field.name], levels=field.levels)
        for field in numbers_first
    ]
    ratios = [
        Feature(name=ratio.name, made_from=(ratio.top, ratio.bottom), reason=ratio.reason)
        for ratio in product.ratios
        if ratio.top in usable and ratio.bottom in usable
    ]
    summaries = [
        Feature(name=name, made_from=summary.fields, reason=summary.reason)
        for summary in product.summaries
        for name in summary.names
        if usable.keys() >= set(summary.fields)
    ]
    past = [Feature(name=name, made_from=(name,), reason=product.reason_of[name]) for name in history]
    return (*direct, *ratios, *summaries, *past)


def inputs(fields: Sequence[Field], history: Sequence[str]) -> list[onnx.ValueInfoProto]:
    """The three tensors that each graph of Credence takes."""
    categories = sum(field.datatype == "BYTES" for field in fields)
    return [
        tensor("numeric", "float32", "n", len(fields) - categories),
        tensor("categorical", "str", "n", categories),
        tensor("history", "float32", "n", len(history)),
    ]


def add_features(
    graph: Graph, product: Product, fields: Sequence[Field], history: Sequence[str], features: Sequence[Feature]
) -> str:
    """Add the nodes that compute `features` [n, m] from the three tensors, and return the matrix's name.

    The blocks have the order of `features_from`, so concatenating them is enough.
    """
    names = [feature.name for feature in features]
    numeric = [field for field in fields if field.datatype != "BYTES"]
    categorical = [field for field in fields if field.datatype == "BYTES"]
    places = {field.name: place for place, field in enumerate(numeric)}
    numbers = _without_anomalies(graph, numeric)

    def columns(chosen: Sequence[str]) -> str:
        return graph.columns(numbers, (places[name] for name in chosen))

    direct = [name for name in names if name in places]
    levels = [place for place, field in enumerate(categorical) if field.name in names]
    ratios = [ratio for ratio in product.ratios if ratio.name in names]
    blocks = [columns(direct)]
    if levels:
        blocks.append(_codes(graph, categorical, levels))
    if ratios:
        tops, bottoms = columns([ratio.top for ratio in ratios]), columns([ratio.bottom for ratio in ratios])
        blocks.append(graph.add("Div", tops, bottoms))
    made = [*direct, *(categorical[place].name for place in levels), *(ratio.name for ratio in ratios)]
    for summary in product.summaries:
        if kept := [name for name in summary.names if name in names]:
            columns_of = dict(
                zip(summary.names, _summary(graph, columns(summary.fields), len(summary.fields)), strict=True)
            )
            blocks += [columns_of[name] for name in kept]
            made += kept
    if history:
        blocks.append("history")
    assert [*made, *history] == names, "features are not in the order of features_from"
    matrix = graph.add("Concat", *blocks, axis=1)
    return graph.add("Where", graph.add("IsInf", matrix), graph.constant(_MISSING), matrix)


def feature_graph(
    product: Product, fields: Sequence[Field], history: Sequence[str], features: Sequence[Feature]
) -> bytes:
    """The first half alone as a model; its output is `features` [n, m]."""
    graph = Graph()
    graph.name(add_features(graph, product, fields, history, features), "features")
    model = graph.model(inputs(fields, history), [tensor("features", "float32", "n", len(features))])
    return bytes(model.SerializeToString())


def _without_anomalies(graph: Graph, numeric: Sequence[Field]) -> str:
    """Replace anomalies by NaN. NaN equals no value, so it fills the gaps of fields with fewer anomalies."""
    numbers = "numeric"
    for position in range(max((len(field.anomalies) for field in numeric), default=0)):
        values = [field.anomalies[position] if position < len(field.anomalies) else _MISSING for field in numeric]
        strange = graph.add("Equal", numbers, graph.constant([values]))
        numbers = graph.add("Where", strange, graph.constant(_MISSING), numbers)
    return numbers


def _codes(graph: Graph, categorical: Sequence[Field], chosen: Sequence[int]) -> str:
    """Encode the levels of the chosen fields as 0, 1, … in the field's order; unknown and missing become NaN.

    All fields share one encoder node, because one node per field would cost more than the rest of this half. The
    encoder gives each text its number among all texts, or 0 if it is unknown. A table with one row per field then maps
    this number to the field's code.
    """
    # If every text was missing in training, the encoder still needs one key.
    texts = sorted({level for field in categorical for level in field.levels}) or [""]
    width = len(texts) + 1
    table = np.full((len(categorical), width), np.nan, np.float32)
    for row, field in zip(table, categorical, strict=True):
        for code, level in enumerate(field.levels):
            row[texts.index(level) + 1] = code
    numbers = graph.add(
        "LabelEncoder",
        graph.columns("categorical", chosen),
        domain="ai.onnx.ml",
        keys_strings=texts,
        values_int64s=list(range(1, width)),
        default_int64=0,
    )
    places = graph.add("Add", numbers, graph.constant([np.array(chosen) * width], np.int64))
    return graph.add("Gather", graph.constant(table.ravel()), places)


def _summary(graph: Graph, scores: str, width: int) -> tuple[str, str, str]:
    """Mean, min and max of the present scores.

    If all scores are missing, the mean is 0 / 0 and the others are infinite, so all three become missing.
    """
    absent = graph.add("IsNaN", scores)
    axis = graph.constant([1], np.int64)

    def filled(value: float, present: str = scores) -> str:
        return graph.add("Where", absent, graph.constant(value), present)

    total = graph.sum_columns(filled(0.0), width)
    # The sum of whole numbers has the same bits in any order.
    count = graph.add("ReduceSum", filled(0.0, graph.constant(1.0)), axis)
    low = graph.add("ReduceMin", filled(np.inf), axis)
    high = graph.add("ReduceMax", filled(-np.inf), axis)
    return graph.add("Div", total, count), low, high

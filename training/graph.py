"""Building ONNX graphs: each call adds one node or constant and returns the name of its output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

# The oldest opset that has all operators used here, so that a graph runs on as many runtimes as possible.
OPSETS = (helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3))
IR_VERSION = 9

_FEW = 4
"""Up to this many columns, one Sum node is faster than adding halves."""

_ELEMENT = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "str": TensorProto.STRING,
}


@dataclass
class Graph:
    """A graph under construction."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name, domain=domain, **attributes))
        return name

    def constant(self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """Add a constant and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def columns(self, matrix: str, index: Iterable[int]) -> str:
        """Select columns of a matrix, in the order of `index`."""
        return self.add("Gather", matrix, self.constant(list(index), np.int64), axis=1)

    def sum_columns(self, matrix: str, width: int) -> str:
        """Sum [n, width] to [n, 1] by adding halves.

        A reduction node adds in an order that depends on n, so its last bits would depend on n too.
        """
        if width <= _FEW:
            return self.add("Sum", *(self._between(matrix, i, i + 1) for i in range(width)))
        while width > 1:
            half = width // 2
            total = self.add("Add", self._between(matrix, 0, half), self._between(matrix, half, 2 * half))
            odd = width % 2
            matrix = self.add("Concat", total, self._between(matrix, 2 * half, width), axis=1) if odd else total
            width = half + odd
        return matrix

    def _between(self, matrix: str, start: int, stop: int) -> str:
        ends = (self.constant([end], np.int64) for end in (start, stop, 1))
        return self.add("Slice", matrix, *ends)

    def cast(self, name: str, dtype: str) -> str:
        """Convert to `float32`, `float64` or `int64`."""
        return self.add("Cast", name, to=_ELEMENT[dtype])

    def name(self, made: str, name: str) -> str:
        """Rename the tensor `made` to `name` in all nodes that write or read it, and return `name`."""
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [name if old == made else old for old in names]
        return name

    def model(self, inputs: Iterable[ValueInfoProto], outputs: Iterable[ValueInfoProto]) -> ModelProto:
        """Return the finished model after the ONNX checker accepted it."""
        graph = helper.make_graph(self.nodes, "credence", list(inputs), list(outputs), self.constants)
        model = helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name="credence")
        checker.check_model(model)
        return model


def tensor(name: str, dtype: str, *shape: int | str) -> ValueInfoProto:
    """Describe an input or output; a string in its shape is a free dimension."""
    return helper.make_tensor_value_info(name, _ELEMENT[dtype], shape)

"""Writing ONNX graphs: nodes and constants are added one by one, each addition returns the name of what it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

# The oldest opset with everything used here: a graph should run on as many runtimes as it can.
OPSETS = (helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3))
IR_VERSION = 9

_FEW = 4
"""Columns that one node adds up faster than a chain of halves does."""

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
        """Choose columns of a matrix, in the order given."""
        return self.add("Gather", matrix, self.constant(list(index), np.int64), axis=1)

    def sum_columns(self, matrix: str, width: int) -> str:
        """Sum [n, width] to [n, 1] by adding halves: a reduction's order, and so its last bits, depends on n."""
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
        """Give what a node makes, and all that reads it, the name it has outside the graph."""
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [name if one == made else one for one in names]
        return name

    def model(self, inputs: Iterable[ValueInfoProto], outputs: Iterable[ValueInfoProto]) -> ModelProto:
        """The finished model, checked."""
        graph = helper.make_graph(self.nodes, "credence", list(inputs), list(outputs), self.constants)
        model = helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name="credence")
        checker.check_model(model)
        return model


def tensor(name: str, dtype: str, *shape: int | str) -> ValueInfoProto:
    """An input or output; a string in its shape is a free dimension."""
    return helper.make_tensor_value_info(name, _ELEMENT[dtype], shape)

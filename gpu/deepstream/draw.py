"""ONNX graphs cut, made batchable, halved and drawn on; knows nothing of models."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

OPSET = 17
IR = 8
KEEP_FLOAT = {"Resize": {1, 2}}  # inputs that are 32-bit by ONNX's own rule


class Pen:
    """Adds operations to a graph and names what they give."""

    def __init__(self, model: ModelProto) -> None:
        self.model, self._count = model, len(model.graph.node)

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = self._fresh(kind)
        self.model.graph.node.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, values: Any) -> str:
        name = self._fresh("constant")
        self.model.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def numbers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def part(self, name: str, start: int, end: int) -> str:
        """Of the last of three dimensions."""
        one = self.numbers
        return self.op("Slice", name, one(start), one(end), one(2))

    def as_float(self, name: str) -> str:
        return self.op("Cast", name, to=TensorProto.FLOAT)

    def top(self, values: str, count: int) -> tuple[str, str]:
        """The greatest of each row, and where they were."""
        best, place = self._fresh("best"), self._fresh("place")
        node = helper.make_node("TopK", [values, self.numbers(count)], [best, place], best, axis=1)
        self.model.graph.node.append(node)
        return best, place

    def pick(self, values: str, place: str, wide: int = 0) -> str:
        """What stands at these places of each row; `wide` values at each."""
        if wide:
            place = self.op("Unsqueeze", place, self.numbers(2))
            place = self.op("Expand", place, self.numbers(1, 1, wide))
        return self.op("GatherElements", values, place, axis=1)

    def feed(self, name: str, made: str) -> None:
        """What was an input of the graph is `made` from now on, which comes first in it."""
        graph = self.model.graph
        others = [each for each in graph.input if each.name != name]
        del graph.input[:]
        graph.input.extend(others)
        graph.node.append(helper.make_node("Identity", [made], [name]))
        sort(self.model)

    def named(
        self, results: Sequence[str], names: Sequence[str], shapes: Sequence[list[int]]
    ) -> ModelProto:
        """The finished graph, with these outputs for n pictures."""
        graph = self.model.graph
        kinds = [TensorProto.INT32] + [TensorProto.FLOAT] * (len(names) - 1)
        del graph.output[:]
        for result, name, shape, kind in zip(results, names, shapes, kinds, strict=True):
            graph.node.append(helper.make_node("Identity", [result], [name]))
            graph.output.append(helper.make_tensor_value_info(name, kind, ["n", *shape]))
        del self.model.opset_import[:]
        self.model.opset_import.append(helper.make_opsetid("", OPSET))
        self.model.ir_version = IR
        return self.model

    def _fresh(self, word: str) -> str:
        self._count += 1
        return f"liuhe/{word}_{self._count}"


def body(model: ModelProto, outputs: Sequence[str]) -> ModelProto:
    """A copy with what leads to these outputs, and no more."""
    made = ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    by_output = {name: node for node in graph.node for name in node.output}
    needed: set[str] = set()
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in by_output:
            waiting += by_output[name].input
    nodes = [node for node in graph.node if needed & set(node.output)]
    constants = [each for each in graph.initializer if each.name in needed]
    inputs = [each for each in graph.input if each.name in needed]
    for field, kept in ((graph.node, nodes), (graph.initializer, constants), (graph.input, inputs)):
        copies = [type(each).FromString(each.SerializeToString()) for each in kept]
        del field[:]
        field.extend(copies)
    del graph.value_info[:]
    del graph.output[:]
    graph.output.extend(helper.make_empty_tensor_value_info(name) for name in outputs)
    return made


def batched(model: ModelProto) -> ModelProto:
    """A reshape to one picture becomes one to as many as came in."""
    shapes = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for each in model.graph.initializer:
        if each.name in shapes:
            values = numpy_helper.to_array(each).copy()
            if values.size > 1 and values[0] == 1:
                values[0] = 0  # as in what is reshaped
                each.CopyFrom(numpy_helper.from_array(values, each.name))
    return model


def halved(model: ModelProto) -> None:
    """All 32-bit numbers of the graph become 16-bit ones, but those that ONNX wants as they are."""
    spared = {
        node.input[number]
        for node in model.graph.node
        for number in KEEP_FLOAT.get(node.op_type, ())
        if number < len(node.input)
    }
    for each in model.graph.initializer:
        if each.data_type == TensorProto.FLOAT and each.name not in spared:
            half = numpy_helper.to_array(each).astype(np.float16)
            each.CopyFrom(numpy_helper.from_array(half, each.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            _halve(node, attribute, spared)


def _halve(node: NodeProto, attribute: AttributeProto, spared: set[str]) -> None:
    if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
        attribute.i = TensorProto.FLOAT16
    constant = node.op_type == "Constant" and attribute.name == "value"
    if constant and attribute.t.data_type == TensorProto.FLOAT and node.output[0] not in spared:
        half = numpy_helper.to_array(attribute.t).astype(np.float16)
        attribute.t.CopyFrom(numpy_helper.from_array(half))


def sort(model: ModelProto) -> None:
    """Each node after those that it needs."""
    graph = model.graph
    known = {each.name for each in graph.initializer} | {each.name for each in graph.input} | {""}
    made = {name for node in graph.node for name in node.output}
    left, ordered = list(graph.node), list[NodeProto]()
    while left:
        waiting: list[NodeProto] = []
        for node in left:
            if all(name in known or name not in made for name in node.input):
                ordered.append(node)
                known.update(node.output)
            else:
                waiting.append(node)
        assert len(waiting) < len(left), "a graph has no circle"
        left = waiting
    copies = [NodeProto.FromString(node.SerializeToString()) for node in ordered]
    del graph.node[:]
    graph.node.extend(copies)

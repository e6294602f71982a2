"""Finds where a network can be cut: the points that exactly one tensor crosses.

Works on Keras functional models; imports Keras only through the model it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def cut_points(model: keras.Model) -> list[int]:
    """Return the operations whose output is the only tensor alive after them.

    Operation indices count `model.operations`, which Keras keeps in topological order. The input
    is 0; the last operation is not a cut.

    Raises:
        ValueError: when an operation is used twice or gives several tensors.
    """
    nodes = nodes_of(model)
    index_of = {id(node.output_tensors[0]): i for i, node in enumerate(nodes)}
    last_use = [0] * len(nodes)
    for i, node in enumerate(nodes):
        for tensor in node.input_tensors:
            last_use[index_of[id(tensor)]] = i
    last_use[index_of[id(model.outputs[0])]] = len(nodes)
    return [
        i
        for i in range(len(nodes) - 1)
        if all(last <= i for last in last_use[:i]) and last_use[i] > i
    ]


def nodes_of(model: keras.Model) -> list[Any]:
    """Return for each operation of `model` the node that says what enters and leaves it there.

    A layer that other models share has nodes in those too.

    Raises:
        ValueError: when an operation is used twice within `model` or gives several tensors.
    """
    inside = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    entrance = model.inputs[0]
    found = []
    for operation in model.operations:
        nodes = [
            node
            for node in operation._inbound_nodes
            if id(node) in inside or node.output_tensors[0] is entrance
        ]
        if len(nodes) != 1 or len(nodes[0].output_tensors) != 1:
            raise ValueError(f"{operation.name} is used {len(nodes)} times; expected one plain use")
        found.append(nodes[0])
    return found


def crossing(model: keras.Model, index: int) -> Any:
    """Return the symbolic tensor that operation `index` of `model` gives."""
    return nodes_of(model)[index].output_tensors[0]

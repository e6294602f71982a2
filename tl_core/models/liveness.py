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
    operations = list(model.operations)
    index_of = {id(_output(operation)): i for i, operation in enumerate(operations)}
    last_use = [0] * len(operations)
    for i, operation in enumerate(operations):
        for tensor in operation._inbound_nodes[0].input_tensors:
            last_use[index_of[id(tensor)]] = i
    last_use[index_of[id(model.outputs[0])]] = len(operations)
    return [
        i
        for i in range(len(operations) - 1)
        if all(last <= i for last in last_use[:i]) and last_use[i] > i
    ]


def crossing(model: keras.Model, index: int) -> Any:
    """Return the symbolic tensor that operation `index` of `model` gives."""
    return _output(model.operations[index])


def _output(operation: Any) -> Any:
    nodes = operation._inbound_nodes
    if len(nodes) != 1 or len(nodes[0].output_tensors) != 1:
        raise ValueError(f"{operation.name} is used {len(nodes)} times; expected one plain use")
    return nodes[0].output_tensors[0]

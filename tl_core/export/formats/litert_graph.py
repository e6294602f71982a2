"""Changes to a LiteRT file as a graph: names, signatures, what it says of itself. Needs no TensorFlow.

A file has subgraphs, which share their weights. The first one is what most programs run: one input,
one output. The second one, where there is one, has the backbone's features as well.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import numpy as np

INPUT, ANSWERS, FEATURES = "examples", "answers", "features"
"""What the model's input and outputs are called."""
USUAL, LOOKING = "serving_default", "with_features"
"""What the signatures are called: examples to answers, and to answers and features."""
_IDENTIFIER = b"TFL3"


def read(raw: bytes) -> Any:
    """Return the model in a file, as `schema_py_generated.ModelT`."""
    from ai_edge_litert import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(raw, 0))
    for buffer in model.buffers:
        if buffer.offset > 1:  # the quantiser lays weights behind the table, which is written anew
            buffer.data = np.frombuffer(raw, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


def packed(model: Any) -> bytes:
    """Return a model as the content of a file."""
    from flatbuffers import Builder

    builder = Builder(1 << 20)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def named(raw: bytes) -> bytes:
    """Return a converted file whose input and outputs have their names and one signature.

    Args:
        raw: one subgraph with one input; outputs are answers and, maybe, features.
    """
    model = read(raw)
    (graph,) = model.subgraphs
    graph.tensors[graph.inputs[0]].name = INPUT.encode()
    for place, name in zip(graph.outputs, (ANSWERS, FEATURES), strict=False):
        graph.tensors[place].name = name.encode()
    model.signatureDefs = [_signature(USUAL, graph, 0)]
    return packed(model)


def finished(raw: bytes, about: bytes, entry: str, beside: Mapping[str, bytes]) -> bytes:
    """Return a file as it is handed over.

    Args:
        raw: from `named`, its weights in any precision.
        about: what it says of itself, see `litert_metadata`.
        entry: what that is called in the file.
        beside: files that lie in a zip behind the model, not packed smaller: other programs do not
            unpack them.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = read(raw)
    (graph,) = model.subgraphs
    if len(graph.outputs) > 1:
        plain = copy(graph)
        plain.outputs = np.asarray(graph.outputs[:1], np.int32)
        plain.operators = _needed(plain)
        model.subgraphs = [plain, graph]
        model.signatureDefs = [_signature(USUAL, plain, 0), _signature(LOOKING, graph, 1)]
    buffer: Any = schema.BufferT()
    buffer.data = np.frombuffer(about, np.uint8)
    model.buffers.append(buffer)
    named_buffer: Any = schema.MetadataT()
    named_buffer.name, named_buffer.buffer = entry.encode(), len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), named_buffer]
    file = io.BytesIO()
    file.write(packed(model))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        for name, content in beside.items():
            archive.writestr(name, content)
    return file.getvalue()


def operations(raw: bytes) -> Iterator[tuple[str, list[str], list[tuple[int, ...]]]]:
    """Yield the operations of a file in order: kind, names of outputs, shapes of constant inputs."""
    from ai_edge_litert import schema_py_generated as schema

    kinds = {n: name for name, n in vars(schema.BuiltinOperator).items() if isinstance(n, int)}
    model = read(raw)
    for graph in model.subgraphs:
        for operation in graph.operators:
            code = model.operatorCodes[operation.opcodeIndex]
            outputs = [graph.tensors[place].name.decode() for place in operation.outputs]
            inputs = [graph.tensors[place] for place in operation.inputs if place >= 0]
            constant = [each for each in inputs if _has_data(model.buffers[each.buffer])]
            shapes = [tuple(map(int, _listed(each.shape))) for each in constant]
            yield kinds[max(code.builtinCode, code.deprecatedBuiltinCode)], outputs, shapes


def _has_data(buffer: Any) -> bool:
    return buffer.data is not None and len(buffer.data) > 0


def _needed(graph: Any) -> list[Any]:
    """Return the operations of a subgraph that its outputs follow from."""
    wanted, kept = {int(place) for place in graph.outputs}, []
    for operation in reversed(graph.operators):
        if wanted.isdisjoint(map(int, operation.outputs)):
            continue
        wanted.update(int(place) for place in _listed(operation.inputs))
        kept.append(operation)
    return kept[::-1]


def _signature(key: str, graph: Any, number: int) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    signature: Any = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = key.encode(), number
    signature.inputs = [_named_tensor(INPUT, graph.inputs[0])]
    pairs = zip((ANSWERS, FEATURES), graph.outputs, strict=False)
    signature.outputs = [_named_tensor(name, place) for name, place in pairs]
    return signature


def _named_tensor(name: str, place: int) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    tensor: Any = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name.encode(), int(place)
    return tensor


def _listed(numbers: Any) -> Any:
    return () if numbers is None else numbers

"""Changes to a LiteRT file as a graph: names, signatures, what it says of itself. Needs no TensorFlow.

Other programs take one input, one output and one subgraph: MediaPipe refuses a second subgraph, and
ML Kit promises nothing for a second output. So the backbone's features, which tell "none of these",
are calculated and stand second in the list of outputs, but that list says that it has one entry. The
script beside the file lets it have two when it loads it: one number, whose place lies in the zip.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

INPUT, ANSWERS, FEATURES = "examples", "answers", "features"
"""What the model's input and outputs are called."""
SIGNATURE = "serving_default"
"""What takes examples to answers."""
OUTPUTS_AT = "outputs_at.txt"
"""The file in the zip that tells where the number of outputs stands."""
_IDENTIFIER = b"TFL3"
_OUTPUTS = 8
"""The outputs of a subgraph, by the place of their field in the schema."""


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
    """Return a converted file whose input and outputs have their names and a signature.

    Args:
        raw: one subgraph with one input; outputs are answers and, maybe, features.
    """
    model = read(raw)
    (graph,) = model.subgraphs
    graph.tensors[graph.inputs[0]].name = INPUT.encode()
    for place, name in zip(graph.outputs, (ANSWERS, FEATURES), strict=False):
        graph.tensors[place].name = name.encode()
    model.signatureDefs = [_signature(graph)]
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
    for place, name in zip(graph.outputs, (ANSWERS, FEATURES), strict=False):
        graph.tensors[place].name = name.encode()  # the quantiser gave it another one
    model.signatureDefs = [_signature(graph)]
    buffer: Any = schema.BufferT()
    buffer.data = np.frombuffer(about, np.uint8)
    model.buffers.append(buffer)
    named_buffer: Any = schema.MetadataT()
    named_buffer.name, named_buffer.buffer = entry.encode(), len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), named_buffer]
    content = bytearray(packed(model))
    if len(graph.outputs) > 1:
        place = _place_of_count(content)
        content[place : place + 4] = (1).to_bytes(4, "little")
        beside = {**beside, OUTPUTS_AT: str(place).encode()}
    file = io.BytesIO()
    file.write(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        for name, text in beside.items():
            archive.writestr(name, text)
    return file.getvalue()


def _place_of_count(content: bytearray) -> int:
    """Return where a file says how many outputs its subgraph has."""
    from ai_edge_litert import schema_py_generated as schema

    table: Any = schema.Model.GetRootAsModel(content, 0).Subgraphs(0)
    return table._tab.Vector(table._tab.Offset(_OUTPUTS)) - 4


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


def _signature(graph: Any) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    signature: Any = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE.encode(), 0
    signature.inputs = [_named_tensor(INPUT, graph.inputs[0])]
    signature.outputs = [_named_tensor(ANSWERS, graph.outputs[0])]
    return signature


def _named_tensor(name: str, place: int) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    tensor: Any = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name.encode(), int(place)
    return tensor


def _listed(numbers: Any) -> Any:
    return () if numbers is None else numbers

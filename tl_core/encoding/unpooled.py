"""The frozen part without its last average: the map of a picture, made of the converted file itself.

A pooled trunk computes the map anyway, one step before its end. The file is rewritten so that it
ends there, in a fraction of a second and without TensorFlow; its weights are the same bytes.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tl_core.base import files, locks
from tl_core.encoding import cache, trunk
from tl_core.encoding.trunk import Trunk

IDENTIFIER = b"TFL3"


def twin(pooled: Trunk) -> Trunk:
    """Return the name of the same trunk without its average."""
    return replace(pooled, pooled=False)


def converted(pooled: Trunk) -> Path | None:
    """Return the file that gives maps, made of the one that gives averages if need be.

    None where neither is there, or the file does not end in an average of a map; then
    `trunk.convert` makes it of the Keras model.

    Args:
        pooled: names the trunk that gives averages.

    Raises:
        UserError: "starter-weights" when the trunk that comes with Graft is damaged.
    """
    wanted = twin(pooled)
    if (known := trunk.converted(wanted)) is not None:
        return known
    file = trunk.converted(pooled)
    raw = None if file is None else without_average(file.read_bytes())
    if raw is None:
        return None
    path = trunk.place(wanted)
    with locks.held(path.with_suffix(".lock")):
        if not path.is_file():
            cache.make_room(len(raw))
            files.write_whole(path, raw)
    return path


def without_average(raw: bytes) -> bytes | None:
    """Return a LiteRT file that ends before its last operation; None where that is no average of a map."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromPackedBuf(raw, 0)
    graph = model.subgraphs[0]
    last = graph.operators[-1]
    averaged = last.inputs[0]
    is_average = _operator(model, last) == schema.BuiltinOperator.MEAN
    is_end = list(last.outputs) == list(graph.outputs)
    if not (is_average and is_end and len(graph.tensors[averaged].shape) > 2):
        return None
    graph.operators = graph.operators[:-1]
    graph.outputs = [averaged]
    model.signatureDefs = []  # they name the old end
    builder = flatbuffers.Builder(len(raw))
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _operator(model: Any, operator: Any) -> int:
    """Return what an operation is; codes below 128 may stand in the older of two fields alone."""
    code = model.operatorCodes[operator.opcodeIndex]
    return max(code.builtinCode, code.deprecatedBuiltinCode)

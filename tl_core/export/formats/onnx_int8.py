"""ONNX in whole numbers of 8 bits: calibrated on training pictures, chosen by validation pictures.

Weights are kept for each channel by its own scale. Where activations are whole numbers too, both are
without a sign: processors of before 2019 multiply numbers without by numbers with a sign so that
sums overflow, and the file has to answer alike everywhere. With 7 bits instead, the other remedy,
MobileNetV2 lost 17 points on litter, with 8 bits 3. What scales the input stays in float, and so does
all from the mean over places on.

Reference:
    Jacob et al. 2018, Quantization and training of neural networks for efficient
    integer-arithmetic-only inference. arXiv:1712.05877.
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base import cores
from tl_core.base.said import Said
from tl_core.export.formats import whole_numbers
from tl_core.export.formats.onnx_file import OUTPUTS
from tl_core.export.formats.whole_numbers import Examples, Quantised, Way
from tl_core.models.persist import Description

if TYPE_CHECKING:
    import onnx

WAYS = (
    Way("int8", Said("weights and what flows between them in 8 bits"), 8),
    Way("int8-weights", Said("weights in 8 bits, sums in 32 as ever"), 0),
)
"""The first flows in whole numbers, the second is more exact and as small; both are for size, not for speed.

Numbers without a sign have no quick kernels everywhere: on a server of AMD with VNNI EfficientNet-Lite0 took 66 ms of processors a
picture in the first way and 23 in float, the starter the same in both.
"""
_WEIGHTED = ("Conv", "MatMul", "Gemm")
_QUANTISED = ("Conv", "Add", "Mul", "Clip", "Relu", "MaxPool", "AveragePool", "Concat", "Pad")
_HIGHEST = 127
BATCH = 32
EVERY = 2
"""Of how many calibrating pictures one is taken: with a third less an answer of 84 more changed, and little time was won."""


def quantised(raw: bytes, examples: Examples, described: Description) -> Quantised:
    """Return a float file in whole numbers, in the first way that is good enough; see `whole_numbers.chosen`."""
    plain = folded(raw)

    def make(way: Way) -> bytes | None:
        return in_whole_numbers(plain, way, examples.calibrating[::EVERY])

    return whole_numbers.chosen(raw, WAYS, make, answers, examples, described)


def in_whole_numbers(plain: bytes, way: Way, calibrating: np.ndarray) -> bytes | None:
    """Return a file (from `folded`) quantised in one way, None where the runtime cannot run it so."""
    made = _static(plain, calibrating) if way.activation_bits else weights_only(plain)
    return made if _runs(made, calibrating[:1]) else None


def answers(raw: bytes, decoded: np.ndarray) -> np.ndarray:
    """Return what a file answers about decoded examples, float32 (n, outputs)."""
    session = _session(raw)
    name = session.get_inputs()[0].name
    parts = [decoded[start : start + BATCH] for start in range(0, len(decoded), BATCH)]
    told = [np.asarray(session.run([OUTPUTS[0]], {name: part})[0]) for part in parts]
    return np.concatenate(told) if told else np.zeros((0, 0), np.float32)


def folded(raw: bytes) -> bytes:
    """Return a file whose convolutions have taken in what they are multiplied by and what is added.

    What a depthwise convolution gives before it is evened out spans so much that 8 bits cannot hold
    it: with MobileNetV2 on litter more than half of the answers changed.
    """
    import onnx
    import onnxruntime

    with tempfile.TemporaryDirectory(prefix="graft-int8-") as folder:
        options, file = onnxruntime.SessionOptions(), Path(folder) / "folded.onnx"
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(file)
        onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
        made = onnx.load(str(file))
    used = {node.domain for node in made.graph.node}
    imports = [each for each in made.opset_import if each.domain in used]
    del made.opset_import[:]
    made.opset_import.extend(imports)
    for number, node in enumerate(made.graph.node):
        node.name = node.name or f"step_{number}"
    return _described_as(made, raw)


def weights_only(raw: bytes) -> bytes:
    """Return a file whose weights are kept in 8 bits, each channel by its own scale, and made float as it is loaded."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.ModelProto.FromString(raw)
    kept = {each.name: each for each in model.graph.initializer}
    made: list[onnx.NodeProto] = []
    in_float = {*left_in_float(model)}
    for node in model.graph.node:
        if node.op_type not in _WEIGHTED or len(node.input) < 2 or node.name in in_float:
            continue
        weight = kept.get(node.input[1])
        if weight is None or weight.data_type != onnx.TensorProto.FLOAT:
            continue
        axis = 0 if node.op_type == "Conv" else len(weight.dims) - 1
        array = numpy_helper.to_array(weight)
        others = tuple(side for side in range(array.ndim) if side != axis)
        scale = np.maximum(np.abs(array).max(axis=others, keepdims=True), 1e-12) / _HIGHEST
        levels = np.clip(np.rint(array / scale), -_HIGHEST, _HIGHEST).astype(np.int8)
        names = [f"{weight.name}_levels", f"{weight.name}_scale"]
        parts = (levels, scale.reshape(-1).astype(np.float32))
        for name, part in zip(names, parts, strict=True):
            model.graph.initializer.append(numpy_helper.from_array(part, name))
        made.append(helper.make_node("DequantizeLinear", names, [weight.name], axis=axis))
        model.graph.initializer.remove(weight)
        del kept[weight.name]  # further nodes that share it find the same output
    for node in reversed(made):
        model.graph.node.insert(0, node)
    return model.SerializeToString()


def _static(raw: bytes, calibrating: np.ndarray) -> bytes:
    """Return a file whose activations are whole numbers too, in the ranges that pictures cause."""
    import onnx
    from onnxruntime import quantization

    with tempfile.TemporaryDirectory(prefix="graft-int8-") as folder:
        given, made = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        given.write_bytes(raw)
        silenced = logging.root.level
        logging.root.setLevel(logging.ERROR)  # it recommends steps that the file has behind it
        try:
            quantization.quantize_static(
                given,
                made,
                _reader(onnx.load(str(given)), calibrating),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QUInt8,
                op_types_to_quantize=[*_QUANTISED],
                nodes_to_exclude=[*left_in_float(onnx.ModelProto.FromString(raw))],
                calibrate_method=quantization.CalibrationMethod.MinMax,
            )
        finally:
            logging.root.setLevel(silenced)
        return _described_as(onnx.load(str(made)), raw)


def _described_as(made: onnx.ModelProto, raw: bytes) -> bytes:
    """Return a file that says of itself what the float file does."""
    import onnx

    whole = onnx.ModelProto.FromString(raw)
    del made.metadata_props[:]
    made.metadata_props.extend(whole.metadata_props)
    made.ir_version, made.producer_name = whole.ir_version, whole.producer_name
    return made.SerializeToString()


def _reader(model: onnx.ModelProto, calibrating: np.ndarray) -> Any:
    """Return what gives the quantiser its pictures, one at a time."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._left = iter(calibrating)

        def get_next(self) -> dict[str, np.ndarray] | None:
            one = next(self._left, None)
            return None if one is None else {model.graph.input[0].name: one[None]}

    return Reader()


def left_in_float(model: onnx.ModelProto) -> Iterator[str]:
    """Yield the names of operations that stay in float: before the first convolution and after the last map."""
    steps = list(model.graph.node)
    places = [place for place, node in enumerate(steps) if node.op_type == "Conv"]
    first, last = (places[0], places[-1]) if places else (len(steps), -1)
    pools = ("GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax")
    pooled = [place for place, node in enumerate(steps) if place > last and node.op_type in pools]
    behind = pooled[0] if pooled else last + 1
    yield from (node.name for place, node in enumerate(steps) if place < first or place >= behind)


def _runs(raw: bytes, one: np.ndarray) -> bool:
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # pyright: ignore[reportAttributeAccessIssue]

    faults = (state.Fail, state.InvalidGraph, state.NotImplemented, state.RuntimeException)
    try:
        answers(raw, one)
    except faults:  # an operation that has no kernel for these types
        return False
    return True


@lru_cache(maxsize=1)
def _session(raw: bytes) -> Any:
    """Return what runs a file; kept until the next one, as a file is first tried, then judged."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores.threads()
    return onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])

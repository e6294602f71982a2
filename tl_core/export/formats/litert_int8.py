"""LiteRT in whole numbers of 8 bits: calibrated on training pictures, chosen by validation pictures.

Weights are kept for each channel by its own scale, activations by the range that training pictures
cause. What stands before the first list of 4096 weights stays in float, and so does all from the
mean over places on: a hundredth of the size that bears most of the rounding. Mean difference between
probabilities of the float model and of this one, on test pictures:

                                        trashnet, MobileNetV2    hand signs, starter
    all but the softmax in 8 bits                           –                 0.0066
    the head in float                                  0.0194                 0.0015
    the first small layers in float, too               0.0093                      –

Reference:
    Jacob et al. 2018, Quantization and training of neural networks for efficient
    integer-arithmetic-only inference. arXiv:1712.05877.
"""

import re
import warnings
from collections.abc import Iterator
from math import prod

import numpy as np

from tl_core.base import cores
from tl_core.base.said import Said
from tl_core.export.formats import litert_graph as graph
from tl_core.export.formats import whole_numbers
from tl_core.export.formats.litert_half import LEAST_WEIGHTS
from tl_core.export.formats.whole_numbers import Examples, Quantised, Way
from tl_core.models.persist import Description

_CONVOLUTIONS = frozenset(("CONV_2D", "DEPTHWISE_CONV_2D"))
_POOLING = frozenset(("MEAN", "AVERAGE_POOL_2D", "REDUCE_MAX"))
"""What makes one number for a channel of a map behind the last convolution."""
CALIBRATING = 64
"""How many pictures the ranges come from: the quantiser keeps a running mean, in which each next picture has a twentieth,
so what came 64 pictures before weighs 4 %. For that very reason they are mixed: data sets lie class by class."""

WAYS = (
    Way("int8", Said("weights and what flows between them in 8 bits"), 8),
    Way("int8-weights", Said("large weights in 8 bits, all else in float"), 0),
)
"""The first is the quickest; where it loses more than is allowed, the better of both is kept.

Activations of 16 bits are not among them: LiteRT 2.3 has no quick operations for these. MobileNetV2
took 1151 ms a picture where 8 bits took 16, and answered no nearer to the float model.
"""


def quantised(raw: bytes, examples: Examples, described: Description) -> Quantised:
    """Return a float file (from `litert_graph.named`) in whole numbers; see `whole_numbers.chosen`.

    Raises:
        UserError: "format-quantise" where the runtime can run it in none.
    """

    def make(way: Way) -> bytes | None:
        return in_whole_numbers(raw, way, examples.calibrating)

    return whole_numbers.chosen(raw, WAYS, make, answers, examples, described)


def in_whole_numbers(raw: bytes, way: Way, calibrating: np.ndarray) -> bytes | None:
    """Return a file (from `litert_graph.named`) quantised in one way, None where its runtime cannot run it so."""
    from ai_edge_quantizer import Quantizer, recipe
    from ai_edge_quantizer.algorithm_manager import AlgorithmName
    from ai_edge_quantizer.qtyping import TFLOperationName

    made_by = recipe.static_wi8_ai8 if way.activation_bits else recipe.dynamic_wi8_afp32
    quantizer = Quantizer(raw, made_by())
    for name in _left_in_float(raw, way):
        quantizer.update_quantization_recipe(
            f"^{re.escape(name)};?$",
            TFLOperationName.ALL_SUPPORTED,
            algorithm_key=AlgorithmName.NO_QUANTIZE,
        )
    for end in (TFLOperationName.INPUT, TFLOperationName.OUTPUT):
        quantizer.update_quantization_recipe(".*", end, algorithm_key=AlgorithmName.NO_QUANTIZE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it keeps all tensors on purpose, and says so
        ranges = quantizer.calibrate(
            {graph.SIGNATURE: [{graph.INPUT: one[None]} for one in _mixed(calibrating)]},
            num_threads=cores.threads(),
        )
        made = quantizer.quantize(ranges or None, enable_progress_report=False).quantized_model
    return None if made is None or not _runs(bytes(made), calibrating[:1]) else bytes(made)


def _mixed(calibrating: np.ndarray) -> np.ndarray:
    """Return `CALIBRATING` pictures, or all where there are fewer, evenly out of those given and in no order."""
    rows = np.linspace(0, len(calibrating) - 1, min(CALIBRATING, len(calibrating))).astype(int)
    return calibrating[np.random.default_rng(0).permutation(rows)]


def _left_in_float(raw: bytes, way: Way) -> Iterator[str]:
    """Yield the names of tensors whose operations stay in float: before the first large weights, and behind the backbone."""
    steps = list(graph.operations(raw))
    large = [n for n, (kind, _, shapes) in enumerate(steps) if _is_large(kind, shapes)]
    first, last = (large[0], large[-1]) if large else (len(steps), -1)
    convolutions = [n for n, (kind, _, _) in enumerate(steps) if kind in _CONVOLUTIONS]
    pooled = [
        n
        for n, (kind, _, _) in enumerate(steps)
        if convolutions and n > convolutions[-1] and kind in _POOLING
    ]
    behind = pooled[0] if pooled else last + 1
    for number, (_, outputs, _) in enumerate(steps):
        if number < first or number >= behind or not (way.activation_bits or number in large):
            yield from outputs


def _is_large(kind: str, shapes: list[tuple[int, ...]]) -> bool:
    is_weighted = kind in _CONVOLUTIONS or kind == "FULLY_CONNECTED"
    return is_weighted and max(map(prod, shapes), default=0) >= LEAST_WEIGHTS


def _runs(raw: bytes, one: np.ndarray) -> bool:
    try:
        answers(raw, one)
    except (RuntimeError, ValueError):  # an operation that has no kernel for these types
        return False
    return True


def answers(raw: bytes, decoded: np.ndarray) -> np.ndarray:
    """Return what a file answers about decoded examples, float32 (n, outputs)."""
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(model_content=raw, num_threads=cores.threads())
    ask = model.get_signature_runner(graph.SIGNATURE)
    told = [ask(**{graph.INPUT: one[None]})[graph.ANSWERS] for one in decoded]
    return np.concatenate(told) if told else np.zeros((0, 0), np.float32)

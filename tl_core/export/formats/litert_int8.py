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

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from tl_core.base import cores, figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.datasets import manifest
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.export.formats import litert_graph as graph
from tl_core.export.formats.litert_half import LEAST_WEIGHTS
from tl_core.modalities import registry as modalities
from tl_core.models.persist import Description
from tl_core.tasks import registry
from tl_core.tasks.comparing import ByExample

MOST_CALIBRATING, MOST_JUDGED = 200, 400
LOSS_ALLOWED = 0.02
"""Points of the headline on validation, 0 to 1; for numbers the share by which the error grows."""

_CONVOLUTIONS = frozenset(("CONV_2D", "DEPTHWISE_CONV_2D"))
_POOLING = frozenset(("MEAN", "AVERAGE_POOL_2D", "REDUCE_MAX"))
"""What makes one number for a channel of a map behind the last convolution."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to quantise; large weights have 8 bits in both, the head stays in float.

    Attributes:
        name: in files.
        about: what is done, as a part of a sentence.
        is_static: whether what flows between operations has 8 bits, too, by ranges that training
            pictures caused; else only large weights have, and ranges are found anew for every picture.
    """

    name: str
    about: str
    is_static: bool


WAYS = (
    Way("int8", Said("weights and what flows between them in 8 bits"), True),
    Way("int8-weights", Said("large weights in 8 bits, all else in float"), False),
)
"""The first is the quickest; where it loses more than is allowed, the better of both is kept.

Activations of 16 bits are not among them: LiteRT 2.3 has no quick operations for these. MobileNetV2
took 1151 ms a picture where 8 bits took 16, and answered no nearer to the float model.
"""


@dataclass(frozen=True, slots=True)
class Examples:
    """A person's pictures, as the network takes them.

    Attributes:
        calibrating: (n, *input shape), of the training part.
        judged: likewise of the validation part.
        truth: what is true of these, as the task's `truth` gives it.
    """

    calibrating: np.ndarray
    judged: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True, slots=True)
class Quantised:
    """A smaller model, and what was lost.

    Attributes:
        raw: the file.
        way: how it was made.
        lost: headline before less after, on validation pictures; None where there are none.
        judged: how many these were.
        tried: what every way lost that was tried, by name.
    """

    raw: bytes
    way: Way
    lost: float | None
    judged: int
    tried: dict[str, float]

    def in_words(self) -> str:
        """Return what was done, and what it lost, as sentences for people."""
        if self.lost is None:
            return Said("Kept in whole numbers: {way}.", way=self.way.about)
        return counted(
            "Kept in whole numbers: {way}. On {count} validation picture the result changes by {share}.",
            "Kept in whole numbers: {way}. On {count} validation pictures the result changes by {share}.",
            self.judged,
            way=self.way.about,
            share=figures.percent(0.0 - self.lost, 1),
        )


def examples(run_dir: Path, described: Description) -> Examples:
    """Return pictures to calibrate and to judge by, evenly out of the run's data set.

    Raises:
        UserError: "format-pictures" when the pictures are no longer here.
    """
    try:
        about = json.loads((run_dir / "run.json").read_text("utf-8"))
        dataset = manifest.load(about["dataset"])
        modality, entry = modalities.of(described), described.entry
        train, val = (np.flatnonzero(dataset.splits == part) for part in (TRAIN, VALIDATION))
        train, val = _evenly(train, MOST_CALIBRATING), _evenly(val, MOST_JUDGED)
        decoded = [modality.decode(dataset.hashes[rows], entry) for rows in (train, val)]
    except (OSError, ValueError, KeyError, UserError) as error:
        raise UserError(
            "format-pictures",
            "Whole numbers need the training pictures to be measured by, and they are no longer here.",
            "Bring the data set back, or take another format.",
        ) from error
    return Examples(decoded[0], decoded[1], registry.of(dataset).truth(dataset, val))


def quantised(raw: bytes, examples: Examples, described: Description) -> Quantised:
    """Return a float file (from `litert_graph.named`) in whole numbers, in the first way that is good enough.

    Where none is, the best one.

    Raises:
        UserError: "format-quantise" where the runtime can run it in none.
    """
    before = _headline(raw, examples, described)
    found: list[Quantised] = []
    tried: dict[str, float] = {}
    for way in WAYS:
        made = _in_whole_numbers(raw, way, examples.calibrating)
        if made is None:
            continue
        after = _headline(made, examples, described)
        if before is None or after is None:
            return Quantised(made, way, None, 0, tried)
        tried[way.name] = lost = _lost(before, after)
        found.append(Quantised(made, way, lost, len(examples.judged), tried))
        if lost <= LOSS_ALLOWED + 1e-9:
            return found[-1]
    if not found:
        raise UserError(
            "format-quantise",
            "This network cannot be brought into whole numbers.",
            "Take the LiteRT file in 16 or 32 bits.",
        )
    return min(found, key=lambda each: tried[each.way.name])


def _in_whole_numbers(raw: bytes, way: Way, calibrating: np.ndarray) -> bytes | None:
    """Return the file quantised in one way, None where its runtime cannot run it so."""
    from ai_edge_quantizer import Quantizer, recipe
    from ai_edge_quantizer.algorithm_manager import AlgorithmName
    from ai_edge_quantizer.qtyping import TFLOperationName

    made_by = recipe.static_wi8_ai8 if way.is_static else recipe.dynamic_wi8_afp32
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
            {graph.SIGNATURE: [{graph.INPUT: one[None]} for one in calibrating]},
            num_threads=cores.threads(),
        )
        made = quantizer.quantize(ranges or None, enable_progress_report=False).quantized_model
    return None if made is None or not _runs(bytes(made), calibrating[:1]) else bytes(made)


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
        if number < first or number >= behind or not (way.is_static or number in large):
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


def _headline(raw: bytes, examples: Examples, described: Description) -> ByExample | None:
    if not len(examples.judged):
        return None
    told = answers(raw, examples.judged)
    task = registry.get(described.task)
    return task.by_example(examples.truth, told, described.classes, described.rules)[0]


def _lost(before: ByExample, after: ByExample | None) -> float:
    """Return by how much a measure became worse: in its own unit for shares, else relative."""
    assert after is not None
    old, new = float(np.nanmean(before.values)), float(np.nanmean(after.values))
    lost = old - new if before.higher_is_better else new - old
    return lost if before.is_share else lost / max(abs(old), 1e-12)


def _evenly(rows: np.ndarray, most: int) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]

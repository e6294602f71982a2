"""What the parts of a training cost: seconds, bytes and parameters, from shapes and operations.

Seconds are for a machine whose speed is known, before the correction that runs teach; see `calibration`.
Numbers only; imports no TensorFlow.

Longer than 400 lines because every part of a price stands beside those that it is added to.
"""

from collections.abc import Callable
from math import ceil
from typing import Literal

import numpy as np

from tl_core.backbones import catalogue, stages
from tl_core.base import accelerator, cores
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding import trunk
from tl_core.encoding.job import Job
from tl_core.methods import registry as methods
from tl_core.models import heads
from tl_core.pricing import method_passes
from tl_core.pricing.calibration import Calibration
from tl_core.tasks import closed_form
from tl_core.tasks import registry as tasks

LITERT_SHARE = {
    "MobileNetV2": 0.75,
    "MobileNetV3": 0.52,
    "ConvNeXt": 0.51,
    "EfficientNet": 0.23,
    "EfficientNetV2": 0.52,
    "DenseNet": 0.80,
    "Inception": 0.85,
    "ResNet": 0.76,
    "VGG": 0.82,
}
"""Of the speed of a matrix product that a converted trunk reaches; measured on two cores."""
USUAL_LITERT_SHARE = 0.6
KERAS_SHARE = 0.42
"""The same for training in Keras, whose small steps reach less; measured at six depths of two networks."""
KERAS_ENCODE_SHARE = 0.17
"""The same for the frozen part in Keras, without conversion."""
KERAS_CALL_S = 0.005
"""What Keras takes for a picture however small the network: on a processor they go through one by one."""
LEAST_S = 0.02
DISK_BYTES_S = 400e6
"""Written, and read where memory does not hold everything; a slow disk's speed."""
COPY_BYTES_S = 3e9
"""Read again from memory."""
STEP_S = 0.0023
STEP_S_PER_HIDDEN_LAYER = 0.001
STEP_S_PER_MEGA_PARAMETER = 0.005
"""What the optimiser takes to go over its weights once."""
PASS_SHARE = 0.3
"""Of that, what one more pass over the weights takes: for their running mean, or the way back to where they began."""
SAVE_S = 0.2
SAVE_S_PER_MEGA_PARAMETER = 0.15
IMPORT_S = 8.0
LOAD_BESIDE_S = 5.0
"""Seconds of encoding that hide the loading of Keras."""
LOAD_S = 0.3
LOAD_S_PER_MEGA_PARAMETER = 0.1
LOAD_S_PER_NODE = 0.005
TRACE_S = 0.5
TRACE_S_PER_STAGE = 0.65
FORWARD_S = 0.1
EVALUATE_S = 0.05
CONVERT_S = 1.5
CONVERT_S_PER_MEGA_PARAMETER = 0.4
CLOSED_FORM_S = 0.15
CLOSED_FORM_PASSES = 160
CLOSED_FORM_SHARE = 0.6
"""Its products are long and thin."""
REFIT_SHARE = 0.42
"""Of what the exact head takes, to solve for it once more at the strength that was chosen."""
KERAS_BYTES = 700 * 1024**2
FLOAT_BYTES = 4
COPIES = {"sgd": 3, "adam": 4, "adamw": 4, "rmsprop": 3}
"""Arrays as large as the trained weights: themselves, gradients, the optimiser's state."""
KEPT_MAPS = {
    "Starter": 10,
    "MobileNet": 7,
    "MobileNetV2": 21,
    "MobileNetV3": 18,
    "EfficientNet": 26,
    "EfficientNetV2": 24,
    "ResNet": 7,
    "ResNetV2": 8,
    "VGG": 3,
    "DenseNet": 22,
    "Inception": 13,
    "Xception": 13,
    "ConvNeXt": 15,
    "NASNet": 62,
}
"""Numbers kept for the backward pass, in maps that leave the stages: what all operations within them put
out, counted over the whole network and, where more, its upper half. Blocks that widen keep most. Measured
(`tests/benchmarks/test_memory.py`), half of them to all are there at once."""
USUAL_KEPT_MAPS = 16
FURTHER_COPIES = 3
"""Of the features of further examples, where the method's own exact head looks at them."""

Encoding = Literal["encode", "encode-keras"]
"""What encodes pictures: the converted frozen part, or the frozen part in Keras."""
ENCODINGS: tuple[Encoding, ...] = ("encode", "encode-keras")


def picture_s(job: Job, known: Calibration, how: Encoding) -> float:
    """Return the seconds that decoding and encoding one picture should take, before correction."""
    return decode_s(job) + frozen_s(job, known, how)


def decode_s(job: Job) -> float:
    """Return the seconds that decoding one example should take with all threads."""
    return job.modality.decode_s / cores.threads()


def is_converted(job: Job) -> bool:
    """Say whether the frozen part is there in the form that this machine runs; a GPU runs none."""
    frozen = job.trunk
    return frozen is not None and not accelerator.gpu() and bool(trunk.converted(frozen, use=False))


def runtime(job: Job) -> Encoding:
    """Return what runs the frozen part whenever a picture is used: the best that there can be here."""
    return "encode" if accelerator.converts() or is_converted(job) else "encode-keras"


def again_s(job: Job, known: Calibration) -> float:
    """Return the seconds of one plain picture, whenever it is used, until the tail can take it."""
    if job.keeps == "rows":
        return 0.0
    decoded = decode_s(job) if job.keeps == "nothing" else 0.0
    return decoded + frozen_s(job, known, runtime(job))


def frozen_s(job: Job, known: Calibration, how: Encoding) -> float:
    """Return the seconds that one picture should take in the frozen part, before correction."""
    family = catalogue.get(job.config.network.backbone).family
    if job.trunk is None:
        return 0.0
    work = job.cut.trunk_mega_flops(job.size) / 1e3 / known.gigaflops
    if how == "encode":
        return work / LITERT_SHARE.get(family, USUAL_LITERT_SHARE)
    return work / KERAS_ENCODE_SHARE + (0.0 if accelerator.gpu() else KERAS_CALL_S)


def encode_work_s(
    job: Job, known: Calibration, how: Encoding, pictures: int, decoded: float
) -> float:
    """Return the seconds until `pictures` have their rows, before correction.

    Args:
        job: what is kept.
        known: speed of the machine.
        how: what encodes.
        pictures: rows to add.
        decoded: pictures among them that have to be decoded.
    """
    each = 0.0 if job.keeps_decoded else frozen_s(job, known, how)
    return decoded * job.modality.decode_s / cores.threads() + pictures * each


def _epoch_s(job: Job, known: Calibration) -> float:
    """Return the seconds that one epoch should take, before correction; none where nothing is trained."""
    if methods.of(job.config).keeps == "start":
        return 0.0
    learnt = int(np.sum(job.dataset.splits == TRAIN))
    judged = len(job.dataset) - learnt
    forward = job.cut.tail_mega_flops(job.size) / 1e3 + 2e-9 * _head_parameters(job)
    backward = 2 * forward - _lowest_gflops(job) - method_passes.waiting_gflops(job)
    work = forward * judged + learnt * (forward + backward)
    fresh = learnt * picture_s(job, known, runtime(job)) if job.fresh_views else 0.0
    fresh += (judged if job.fresh_views else len(job.dataset)) * again_s(job, known)
    steps = ceil(learnt / job.config.steps.batch_size)
    share = methods.of(job.config).work_share(job.config, job.further.keys())
    return share * (work / (known.gigaflops * KERAS_SHARE) + steps * _step_s(job) + fresh)


def _step_s(job: Job) -> float:
    """Return the seconds that one correction takes besides its products."""
    layers = STEP_S_PER_HIDDEN_LAYER * len(job.config.head.hidden_units)
    passes = 1 + PASS_SHARE * _copies_beside(job)
    return STEP_S + layers + passes * STEP_S_PER_MEGA_PARAMETER * trainable_parameters(job) / 1e6


def _copies_beside(job: Job) -> int:
    """Return the arrays as large as the trained weights that some settings add: means, and the beginning."""
    steps = job.config.steps
    return bool(steps.averaging) + bool(
        steps.toward_pretrained and job.config.network.trainable_stages
    )


def _lowest_gflops(job: Job) -> float:
    """Return the operations that a backward pass is spared, 1e9: nobody asks for the gradient of the rows."""
    depth = job.config.network.trainable_stages
    return (
        stages.of(job.config.network.backbone)[-depth].mega_flops_at(job.size) / 1e3
        if depth
        else 0.0
    )


def row_bytes(job: Job) -> int:
    """Return the bytes that are kept of one example: itself decoded, what leaves the frozen part, or none."""
    if job.keeps == "nothing":
        return 0
    if job.keeps_decoded:
        return decoded_bytes(job)
    shape = job.cut.trunk_shape(job.size)
    return FLOAT_BYTES * (shape[-1] if job.pooled else int(np.prod(shape)))


def decoded_bytes(job: Job) -> int:
    """Return the bytes of one decoded example."""
    shape = job.modality.input_shape(job.size)
    return int(np.prod(shape)) * np.dtype(job.modality.kept_type).itemsize


def convert_work_s(job: Job) -> float:
    """Return the seconds that converting the frozen part should take, before correction."""
    parameters = catalogue.get(job.config.network.backbone).parameters
    return CONVERT_S + CONVERT_S_PER_MEGA_PARAMETER * parameters / 1e6


def copies_s(job: Job) -> float:
    """Return the seconds that it takes to look for copies of what judges a run among further examples."""
    if not job.further:
        return 0.0
    looked_at = sum(map(len, job.further.values())) + int(np.sum(job.dataset.splits != TRAIN))
    return job.modality.compare_s * looked_at


def _load_s(job: Job, known: Calibration) -> float:
    nodes = stages.of(job.config.network.backbone)[-1].node_index
    millions = catalogue.get(job.config.network.backbone).parameters / 1e6
    return LOAD_S + LOAD_S_PER_NODE * nodes + LOAD_S_PER_MEGA_PARAMETER * millions


def _evaluate_s(job: Job, known: Calibration) -> float:
    judged = int(np.sum(job.dataset.splits != TRAIN))
    work = judged * job.cut.tail_mega_flops(job.size) / 1e3
    again = judged * again_s(job, known)
    return EVALUATE_S + work / (known.gigaflops * KERAS_SHARE) + again


def _save_s(job: Job, known: Calibration) -> float:
    """Return seconds to write the model; what learnt of the backbone is kept converted, too."""
    millions = _tail_parameters(job) / 1e6
    written_s = SAVE_S + SAVE_S_PER_MEGA_PARAMETER * millions
    if job.config.network.trainable_stages == 0 or not accelerator.converts():
        return written_s
    return written_s + CONVERT_S + CONVERT_S_PER_MEGA_PARAMETER * millions


def _trace_s(job: Job, known: Calibration) -> float:
    if methods.of(job.config).keeps == "start":
        return 0.0
    learning, every = job.config.network.trainable_stages, job.config.rate.thaw_every
    # Whenever a stage joins, the step is traced anew, for as many as learn by then.
    joining = min(learning, (job.config.course.epochs - 1) // every) if every else 0
    traced = range(joining + 1) if every else [learning]
    # What a step computes more than once, for other examples or for terms, is put together as often.
    share = methods.of(job.config).work_share(job.config, job.further.keys())
    return sum(_one_trace_s(learning, max(1.0, share)) for learning in traced)


def _one_trace_s(learning: int, share: float = 1.0) -> float:
    """Return the seconds until a step is put together in which so many stages learn, so many times over."""
    return TRACE_S + share * TRACE_S_PER_STAGE * learning


def _forward_s(job: Job, known: Calibration) -> float:
    """Return seconds for the features of the last map: one pass over everything that is not there already.

    Where batch normalisation is measured anew, one more over the pictures to learn from.
    """
    if methods.of(job.config).exact_head is None:
        return 0.0
    refreshes = job.config.network.batch_norm == "refreshed"
    seen = len(job.dataset) + refreshes * int(np.sum(job.dataset.splits == TRAIN)) + _looked_at(job)
    seen += method_passes.adapting(job)
    if job.config.network.trainable_stages == 0:
        return seen * again_s(job, known)
    again = seen * again_s(job, known)
    tail = job.cut.tail_mega_flops(job.size) / 1e3 * (seen + method_passes.looks_for_block(job))
    learning = job.config.network.trainable_stages
    traced_s = method_passes.traces_for_block(job) * _one_trace_s(learning)
    return FORWARD_S + traced_s + tail / (known.gigaflops * KERAS_SHARE) + again


def _looked_at(job: Job) -> int:
    """Return how many further examples the method's own exact head looks at."""
    looks = methods.of(job.config).looks_at_further
    return sum(map(len, job.further.values())) if looks else 0


def _closed_form_s(job: Job, known: Calibration) -> float:
    """Return seconds for two products with the features in each pass of the optimiser, and for what is decomposed."""
    method = methods.of(job.config)
    if method.exact_head is None:
        return 0.0
    channels = stages.feature_shape(job.config.network.backbone, job.size)[-1]
    looked_at, changes = _looked_at(job), job.config.changes
    # A method with a head of its own learns from no changed copies; see `Solver.solve`.
    seen = 1 + changes.views if changes.augments and method.head_beside is None else 1
    # Beside further examples the head is solved for once more without them; see `Solver.solve`.
    seen += bool(looked_at)
    count = int(np.sum(job.dataset.splits == TRAIN))
    learnt = count * seen + 2 * looked_at
    work = CLOSED_FORM_PASSES * 4e-9 * learnt * channels * max(_outputs(job), 8)
    each_s = CLOSED_FORM_S + work / (known.gigaflops * CLOSED_FORM_SHARE)
    own = methods.settings_of(job.config)
    decomposed = method.decomposes(own, count, looked_at, channels)
    return method.tries(job.config) * method.head_work * each_s + decomposed / known.gigaflops


def _refit_s(job: Job, known: Calibration) -> float:
    """Return seconds to solve for the exact head on validation pictures, too; see `Solver.solve`."""
    config, splits = job.config, job.dataset.splits
    parts = [int(np.sum(splits == part)) for part in (TRAIN, VALIDATION, TEST)]
    starts_from_it = config.course.start == "closed_form" and not config.head.hidden_units
    if not (config.course.refit and starts_from_it and all(parts)):
        return 0.0
    once_s = _closed_form_s(job, known) / methods.of(config).tries(config)
    return REFIT_SHARE * (1 + parts[1] / parts[0]) * once_s


def trainable_parameters(job: Job) -> int:
    """Return how many weights learn: those of the head and of the trained stages."""
    config = job.config
    tail = stages.trainable_parameters(
        config.network.backbone,
        config.network.trainable_stages,
        config.network.batch_norm == "learning",
    )
    return tail + _head_parameters(job)


def _tail_parameters(job: Job) -> int:
    infos = stages.of(job.config.network.backbone)
    tail = infos[len(infos) - job.config.network.trainable_stages :]
    return sum(info.parameters for info in tail) + _head_parameters(job)


def _head_parameters(job: Job) -> int:
    shape = stages.feature_shape(job.config.network.backbone, job.size)
    return heads.parameters(job.config, shape, _outputs(job))


def _outputs(job: Job) -> int:
    return len(tasks.of(job.dataset).outputs(job.dataset))


def memory_bytes(job: Job) -> int:
    """Return the memory that training takes, without the memory-mapped cache."""
    infos = stages.of(job.config.network.backbone)
    tail = infos[len(infos) - job.config.network.trainable_stages :]
    family = catalogue.get(job.config.network.backbone).family
    maps = sum(int(np.prod(info.shape_at(job.size))) for info in tail)
    maps *= KEPT_MAPS.get(family, USUAL_KEPT_MAPS)
    weights = sum(info.parameters for info in tail) + _head_parameters(job)
    share = methods.of(job.config).work_share(job.config, job.further.keys())
    copies = COPIES[job.config.steps.optimizer] + _copies_beside(job)
    trained = weights * copies + round(max(share, 1) * maps * job.config.steps.batch_size)
    frozen = sum(info.parameters for info in infos)
    return KERAS_BYTES + FLOAT_BYTES * frozen + max(FLOAT_BYTES * trained, _closed_form_bytes(job))


def _closed_form_bytes(job: Job) -> int:
    """Return what the best linear head takes, before training begins."""
    if methods.of(job.config).exact_head is None:
        return 0
    channels = stages.feature_shape(job.config.network.backbone, job.size)[-1]
    learnt = int(np.sum(job.dataset.splits == TRAIN))
    held = min(FLOAT_BYTES * len(job.dataset) * channels, closed_form.HELD_BYTES)
    looked_at = _looked_at(job)
    held += FURTHER_COPIES * FLOAT_BYTES * looked_at * channels
    solved = closed_form.fit_bytes(learnt + looked_at, channels, _outputs(job))
    return held + min(solved, closed_form.FIT_BYTES)


WORK: dict[str, Callable[[Job, Calibration], float]] = {
    "import": lambda job, known: IMPORT_S,
    "load": _load_s,
    "forward": _forward_s,
    "closed_form": _closed_form_s,
    "refit": _refit_s,
    "trace": _trace_s,
    "epoch": _epoch_s,
    "evaluate": _evaluate_s,
    "save": _save_s,
}
"""Seconds that each part of a run should take, before correction; encoding and conversion apart."""


OF_HEAD = ("epoch", "trace", "save")
"""Parts that are another thing where a head alone learns: small steps instead of products, nothing to convert."""
OF_METHOD = ("forward", "closed_form", "refit", "epoch", "trace")
"""Parts that methods do in their own way; before one has run, the usual way tells what to expect."""


def quantity(name: str, job: Job) -> str:
    """Return under which name the calibration corrects a part of the work."""
    method = methods.of(job.config)
    is_head = name in OF_HEAD and job.config.network.trainable_stages == 0
    own = f"/{method.name}" if name in OF_METHOD and method is not methods.USUAL else ""
    return name + ("-head" if is_head else "") + own

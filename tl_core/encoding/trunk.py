"""The frozen part of a network in its fastest form: a LiteRT file, run by XNNPACK on all cores.

A trunk is converted once per machine, backbone, cut, picture size and weights, and kept in
GRAFT_HOME/cache/trunks. Only `convert` imports TensorFlow, and only when it is called.

The numbers of a picture depend neither on the pictures beside it nor on the number of threads, so
an interrupted encoding ends in the same bits.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tl_core.backbones import starter
from tl_core.base import cores, files, locks
from tl_core.encoding import cache

if TYPE_CHECKING:
    import keras

FORMAT = 1
"""Part of every key: raise it when conversion gives other numbers."""
BATCH = 8
"""Pictures in one call: enough to keep two cores busy, small enough to stay in their caches."""
BATCH_OF_ONE_CORE = 4
"""The same for one core: with 8 it took a tenth longer."""
SIDE_BY_SIDE_BYTES = 768 * 1024**2
RUNNER_BYTES = 64 * 1024**2
"""What runners may take together, and what one takes beside its copy of the weights."""

JOIN_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Trunk:
    """Names one frozen trunk exactly.

    Attributes:
        backbone: catalogue name.
        cut: index of the node whose tensor crosses the cut.
        size_px: side of the pictures it takes.
        pooled: the map is averaged to one number per channel inside.
        weights: SHA-256 of the weights file, or what else fixes the weights.
    """

    backbone: str
    cut: int
    size_px: int
    pooled: bool
    weights: str

    @property
    def key(self) -> str:
        """Return the name of its files: 32 hexadecimal digits."""
        what = json.dumps([FORMAT, asdict(self)], sort_keys=True)
        return hashlib.sha256(what.encode()).hexdigest()[:32]


def converted(trunk: Trunk, *, use: bool = True) -> Path | None:
    """Return the converted trunk's file if there is one; `use` marks it as used just now.

    Raises:
        UserError: "starter-weights" when the one that comes with Graft is damaged.
    """
    if _is_as_shipped(trunk) and (shipped := starter.checked_pooled_file()):
        return shipped
    path = place(trunk)
    if not path.is_file():
        return None
    if use:
        path.touch()
    return path


def convert(trunk: Trunk, model: "keras.Model") -> Path:
    """Convert `model`, float32 (n, s, s, 3) to its output, and keep it (imports TensorFlow).

    Two processes never convert the same trunk at once: the second waits and finds the file.

    Args:
        trunk: what `model` is.
        model: weights loaded; dropout and batch normalisation run in inference mode.
    """
    path = place(trunk)
    with locks.held(path.with_suffix(".lock")):
        if path.is_file():
            return path
        raw = to_litert(model)
        cache.make_room(len(raw))
        files.write_whole(path, raw)
    return path


@contextmanager
def preparing(trunk: Trunk) -> Iterator[None]:
    """Tell other processes, for the length of the block, that `trunk` is being converted here.

    Unlike the lock of `convert` it is held from before TensorFlow is imported.
    """
    with locks.held(place(trunk).with_suffix(".preparing")):
        yield


def joined(trunk: Trunk, should_stop: Callable[[], bool] = lambda: False) -> Path | None:
    """Wait while another process prepares `trunk`; return the converted file if there is one then.

    Args:
        trunk: what is wanted.
        should_stop: asked several times a second; ends the wait.
    """
    while is_preparing(trunk) and not should_stop():
        time.sleep(JOIN_EVERY_S)
    return converted(trunk)


def is_preparing(trunk: Trunk) -> bool:
    """Say whether another process is converting `trunk` right now."""
    path = place(trunk).with_suffix(".preparing")
    if not path.exists():
        return False
    try:
        with locks.held(path, wait=False):
            return False
    except locks.BusyError:
        return True


def to_litert(model: "keras.Model") -> bytes:
    """Return `model` as a float32 LiteRT file, any batch size (imports TensorFlow).

    The variables are frozen into constants first: a third of the time that the converter takes
    for a Keras model.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    signature = [tf.TensorSpec((None, *model.inputs[0].shape[1:]), tf.float32)]
    function = tf.function(lambda x: model(x, training=False), input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()


class Runner:
    """Runs a LiteRT file with one input and one output, without TensorFlow.

    Args:
        path: the file.
        thread_count: 0 means `cores.threads()`.
    """

    def __init__(self, path: Path, thread_count: int = 0) -> None:
        from ai_edge_litert.interpreter import Interpreter

        thread_count = thread_count or cores.threads()
        self._interpreter = Interpreter(str(path), num_threads=thread_count)
        self._at_once = min(BATCH, BATCH_OF_ONE_CORE * thread_count)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._batch = 0
        self.input_shape = tuple(int(side) for side in self._input["shape_signature"][1:])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Return the shape of one row of the output."""
        if not self._batch:
            self._resize(1)
        return tuple(self._interpreter.get_tensor(self._output).shape[1:])

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Return the network's answer, float32 (n, ...).

        Args:
            batch: float32 (n, *input_shape), already scaled as the backbone expects.
        """
        if len(batch) == 0:
            return np.empty((0, *self.output_shape), np.float32)
        starts = range(0, len(batch), self._at_once)
        return np.concatenate(
            [self._invoke(batch[start : start + self._at_once]) for start in starts]
        )

    def _invoke(self, batch: np.ndarray) -> np.ndarray:
        if len(batch) != self._batch:
            self._resize(len(batch))
        self._interpreter.set_tensor(self._input["index"], batch)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)

    def _resize(self, count: int) -> None:
        self._interpreter.resize_tensor_input(self._input["index"], (count, *self.input_shape))
        self._interpreter.allocate_tensors()
        self._batch = count


class Runners:
    """Runs a LiteRT file on several cores, each with pictures of its own.

    One runner with as many threads waits at the end of every operation for the slowest of them, and
    for long where a core has just been given to somebody else: to a thread that decodes, say.
    Several threads may call at the same time.

    Args:
        path: the file.
        thread_count: 0 means `cores.threads()`.
    """

    def __init__(self, path: Path, thread_count: int = 0) -> None:
        thread_count = thread_count or cores.threads()
        self.side_by_side = runners_within(thread_count, path.stat().st_size)
        self.threads_each = thread_count // self.side_by_side
        self._at_once = min(BATCH, BATCH_OF_ONE_CORE * self.threads_each)
        self._make = partial(Runner, path, self.threads_each)
        self._free = threading.Semaphore(self.side_by_side)
        self._idle: list[Runner] = []

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Return what `Runner.run` does, to the last bit."""
        if len(batch) <= self._at_once or self.side_by_side == 1:
            return self._run(batch)
        starts = range(0, len(batch), self._at_once)
        with ThreadPoolExecutor(self.side_by_side, "encode") as pool:
            parts = pool.map(self._run, (batch[start : start + self._at_once] for start in starts))
            return np.concatenate(list(parts))

    def _run(self, batch: np.ndarray) -> np.ndarray:
        with self._free:
            try:
                runner = self._idle.pop()
            except IndexError:
                runner = self._make()
            try:
                return runner.run(batch)
            finally:
                self._idle.append(runner)


def runners_within(thread_count: int, file_bytes: int) -> int:
    """Return how many runners to have for `thread_count` threads: one a thread, if memory allows.

    Each keeps the weights once more, in an order of its own; all get the same number of threads.

    Args:
        thread_count: of all runners together.
        file_bytes: size of the converted trunk, nearly all of it weights.
    """
    most = max(1, SIDE_BY_SIDE_BYTES // (file_bytes + RUNNER_BYTES))
    return max(n for n in range(1, thread_count + 1) if n <= most and thread_count % n == 0)


def _is_as_shipped(trunk: Trunk) -> bool:
    """Say whether this is the starter at its own size, whose converted form comes with Graft."""
    own = trunk.backbone == "starter" and trunk.pooled and trunk.size_px == starter.DEFAULT_SIZE_PX
    return own and trunk.weights == f"sha256:{starter.SHA256}"


def place(trunk: Trunk) -> Path:
    """Return where its converted file is kept, which need not exist."""
    return cache.trunks_dir() / f"{trunk.key}.tflite"

"""What a teacher makes of examples: its answers and what it saw, worked out once and kept as rows.

Imports no TensorFlow where the teacher has a light form; see `light`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from tl_core.encoding import encode
from tl_core.encoding.encode import Wanted
from tl_core.encoding.features import Part
from tl_core.methods import teacher_rows
from tl_core.methods.method import NOTE, TEACHER_SAYS, TEACHER_SEES
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.training import answering
from tl_core.training.run_context import RunContext

Notes = dict[str, np.ndarray]
READ_AT_ONCE = 32


def notes_of_parts(
    parts: Mapping[str, Part],
    asked: Collection[str],
    outputs: Sequence[str],
    run: RunContext,
) -> Notes:
    """Return the notes that are asked for of all parts, by the names that `methods.method.NOTE` makes.

    Raises:
        StoppedError, UserError: as `notes`.
    """
    every = [digest for part in parts.values() for digest in part.hashes.tolist()]
    if run.job.teacher is None:
        raise ValueError("nobody is there to be asked")
    model = run.job.teacher / "model"
    found = notes(model, every, outputs, on_progress=run.progress, should_stop=run.should_give_up)
    noted: Notes = {}
    begin = 0
    for name, part in parts.items():
        for what in asked:
            noted[NOTE.format(part=name, what=what)] = found[what][begin : begin + len(part)]
        begin += len(part)
    return noted


def notes(
    model: Path,
    hashes: Sequence[str],
    outputs: Sequence[str],
    *,
    on_progress: encode.Progress = lambda done, total, seconds_left: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Notes:
    """Return what a teacher says of plain examples and sees in them, in their order.

    What it said of them before, to whatever run, is not worked out again.

    Args:
        model: folder of the teacher's model.
        hashes: of the examples.
        outputs: names of the answers, each known to the teacher; theirs is the order of what is returned.
        on_progress: called a few times a second.
        should_stop: asked between batches.

    Returns:
        `TEACHER_SAYS`, float32 (n, outputs), and `TEACHER_SEES`, float32 (n, channels).

    Raises:
        StoppedError: as `should_stop` asked for.
        UserError: "model-format" or "weights-missing".
    """
    described = persist.describe(model)
    answers = len(described.classes)
    rows = teacher_rows.table(model)
    wanted = [Wanted(digest) for digest in hashes]
    if encode.missing(rows, wanted):
        modality, see = registry.of(described), _seeing(model)

        def encoder(decoded: np.ndarray) -> np.ndarray:
            # One by one: a row is then the same whatever was asked together with it.
            told = [see(decoded[place : place + 1]) for place in range(len(decoded))]
            return np.concatenate([np.hstack([says, sees]) for says, sees in told]).astype(
                np.float32
            )

        encode.encode(
            rows,
            wanted,
            lambda some, views: modality.decode(some, described.entry),
            encoder,
            at_once=READ_AT_ONCE,
            on_progress=on_progress,
            should_stop=should_stop,
        )
    found = np.asarray(rows.array()[rows.positions([one.key for one in wanted])])
    order = [described.classes.index(name) for name in outputs]
    return {TEACHER_SAYS: found[:, :answers][:, order], TEACHER_SEES: found[:, answers:]}


def _seeing(model: Path) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return what takes opened examples to answers and features; a model of old is rebuilt for them."""
    see = answering.seeing(model)

    def both(opened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        says, sees = see(opened)
        if sees is None:
            whole = persist.with_features(persist.load_model(model))
            says, sees = (np.asarray(told) for told in whole.predict_on_batch(opened))
        return says, sees

    return both

"""One model that answers the frames of a camera: its child, from the first frame to the last.

The child is the one that answers pictures (`training.answering_child`): the same bytes get the same answer. It
opens the frames itself. A frozen part that is not converted yet is converted by a job first, so that
nothing heavy happens in the process that asks, and nothing here waits for what takes its time.
"""

import shutil
import threading
from dataclasses import dataclass
from typing import Literal

from tl_core.base.errors import UserError
from tl_core.jobs import predictor, trial
from tl_core.jobs.predictor import Reply
from tl_core.jobs.trial import Shown
from tl_core.modalities.opening_children import Child, Watch
from tl_core.models import persist
from tl_core.training import answering

FRAME_TIMEOUT_S = 10.0
LIVES = 2
"""A child that dies is started once more; one that dies again before it has answered is given up."""

Stage = Literal["converting", "starting", "ready"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one frame.

    Attributes:
        stage: what the model is at; frames are answered when it is ready.
        reply: to the frame, None as long as it is not.
    """

    stage: Stage
    reply: Reply | None = None


class LiveModel:
    """A model that answers frames one after the other; safe to be asked by many threads.

    Args:
        run_id: a run with a model.

    Raises:
        UserError: "no-model", or "model-format" where its description is damaged.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id, self._folder = run_id, predictor.model_folder(run_id)
        opener = predictor.opener_of(persist.describe(self._folder))
        self._turn, self._state = threading.Lock(), threading.Lock()
        self._watch = Watch()
        self._child = Child(
            opener,
            predictor.options_of(self._folder, 1, is_shown=False),
            self._watch,
            FRAME_TIMEOUT_S,
        )
        self._stage: Stage = "converting"
        self._conversion, self._deaths = "", 0
        self._error: UserError | None = None
        self._is_over = False
        self.version = version_of(run_id)
        if not answering.is_to_be_made_light(self._folder):
            self._start()

    def answer(self, frame: bytes) -> Seen:
        """Return what the model says about a frame; where it is not ready, what it is at.

        Raises:
            UserError: what it cannot be got ready for, or "live-ended" where the child died again.
        """
        if self._stage == "converting":
            self._convert(frame)
        if self._error is not None:
            raise self._error
        if self._stage != "ready":
            return Seen(self._stage)
        with self._turn:
            if self._is_over or self._stage != "ready":  # while it waited for its turn
                return Seen("starting")
            return self._asked(frame)

    def end(self) -> None:
        """End the child once it has answered what it is at; does not wait for that."""
        self._is_over = True
        threading.Thread(target=self._close, name="live-end", daemon=True).start()

    def _convert(self, frame: bytes) -> None:
        """See to the job that converts the frozen part; it does so to answer a picture, this frame."""
        with self._state:
            if self._stage != "converting":
                return
            if not self._conversion:
                shown = [Shown("frame", "camera.jpg", frame)]
                self._conversion = trial.start(self._run_id, shown)
                return
            stands = trial.state(self._run_id, self._conversion)
            if stands.is_working:
                return
            # Of what a camera shows nothing is kept.
            shutil.rmtree(trial.folder_of(self._run_id, self._conversion), ignore_errors=True)
            self._error = stands.error
            if stands.error is None:
                self._start()

    def _start(self) -> None:
        """Load the model in a thread of its own: it takes a second, with Keras many."""
        self._stage = "starting"
        threading.Thread(target=self._get_ready, name="live-start", daemon=True).start()

    def _get_ready(self) -> None:
        with self._turn:
            if self._is_over:
                return
            try:
                self._child.get_ready()
            except (OSError, RuntimeError):
                self._error = predictor.does_not_start()
                return
            self._stage = "ready"

    def _asked(self, frame: bytes) -> Seen:
        self._child.ask(0, frame)
        _, opened = self._child.answer()
        if not self._child.is_ended:
            self._deaths = 0
            return Seen("ready", predictor.reply_of(opened))
        self._deaths += 1
        if self._deaths >= LIVES:
            self._error = UserError(
                "live-ended",
                "The process that answers the camera ended twice without a word.",
                "Close what else takes memory and try again, or take a picture instead.",
            )
            raise self._error
        self._start()
        return Seen("starting")

    def _close(self) -> None:
        with self._turn:
            self._child.close()
        self._watch.end()


def input_size(run_id: str) -> int:
    """Return how large the input of a run's model is: a frame need not be larger.

    Raises:
        UserError: "no-model", or "model-format" where its description is damaged.
    """
    return persist.describe(predictor.model_folder(run_id)).entry.size


def version_of(run_id: str) -> tuple[tuple[str, int], ...]:
    """Return what changes when a model does, as when another head takes its place.

    Raises:
        UserError: "no-model".
    """
    files = sorted(predictor.model_folder(run_id).iterdir())
    return tuple((file.name, file.stat().st_mtime_ns) for file in files)

"""Who looks at which model through a camera: several answers a second while somebody looks, nothing after.

Each model that is looked at has one child (`live_model`), whoever looks. It starts with the first frame and ends
when the last one who looked has left, or was silent for `IDLE_S`.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tl_core.base.errors import UserError
from tl_core.jobs import admission, live_model
from tl_core.jobs.live_model import LiveModel, Seen

IDLE_S = 60.0
GIVES_WAY_S = 5.0
"""A model that nobody has asked for so long makes room for another one where room is short."""
MOST_VIEWERS = 16
"""So many may look at once: each of them waits for those before."""
LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Audience:
    """A model, when each of those who look at it was heard last, and whose frame is on its way."""

    model: LiveModel
    heard: dict[str, float] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def heard_last(self) -> float:
        return max(self.heard.values(), default=0.0)


class Live:
    """The models that are looked at; safe to be asked by many threads.

    Args:
        idle_s: how long one who looks may be silent.
    """

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._lock = threading.RLock()
        self._audiences: dict[str, _Audience] = {}
        self._caretaker: threading.Thread | None = None

    def answer(self, run_id: str, viewer: str, frame: bytes) -> Seen:
        """Return what a model says about a frame, or what it is at while it gets ready.

        Args:
            run_id: a run with a model.
            viewer: who asks; has one frame on its way at a time.
            frame: a picture of unknown content.

        Raises:
            UserError: "no-model"; "live-full" where too many look; "live-busy" where the last frame of this
                viewer is on its way; else as `LiveModel.answer`: the next frame then begins anew.
        """
        audience = self._joined(run_id, viewer)
        with self._one_at_a_time(audience, viewer):
            try:
                return audience.model.answer(frame)
            except UserError:
                self._end(run_id, audience)
                raise

    def leave(self, run_id: str, viewer: str) -> None:
        """Note that somebody looks no more."""
        with self._lock:
            audience = self._audiences.get(run_id)
            if audience is None or viewer not in audience.heard:
                return
            del audience.heard[viewer]
            if not audience.heard:
                self._end(run_id, audience)

    def looked_at(self) -> dict[str, int]:
        """Return how many look at the model of which run."""
        with self._lock:
            return {run_id: len(audience.heard) for run_id, audience in self._audiences.items()}

    def end_all(self) -> None:
        """Send everybody away."""
        with self._lock:
            for run_id, audience in list(self._audiences.items()):
                self._end(run_id, audience)

    def _joined(self, run_id: str, viewer: str) -> _Audience:
        """Return the audience that a viewer is in, or joins."""
        version = live_model.version_of(run_id)
        with self._lock:
            audience = self._audiences.get(run_id)
            if audience is not None and audience.model.version != version:
                self._end(run_id, audience)
                audience = None
            is_new = audience is None or viewer not in audience.heard
            if is_new and sum(self.looked_at().values()) >= MOST_VIEWERS:
                raise _full()
            if audience is None:
                self._make_room()
                audience = self._audiences[run_id] = _Audience(LiveModel(run_id))
                self._take_care()
            audience.heard[viewer] = time.monotonic()
            return audience

    @contextmanager
    def _one_at_a_time(self, audience: _Audience, viewer: str) -> Iterator[None]:
        with self._lock:
            if viewer in audience.waiting:
                raise UserError(
                    "live-busy",
                    "The last picture of this camera is still being answered.",
                    "Send the next one after its answer.",
                )
            audience.waiting.add(viewer)
        try:
            yield
        finally:
            with self._lock:
                audience.waiting.discard(viewer)

    def _make_room(self) -> None:
        """Send away whom nobody has heard of for longest, where one more model would be too many."""
        if len(self._audiences) < admission.at_most(admission.NEEDS["predict"]):
            return
        run_id, oldest = min(self._audiences.items(), key=lambda each: each[1].heard_last())
        if time.monotonic() - oldest.heard_last() < GIVES_WAY_S:
            raise _full()
        self._end(run_id, oldest)

    def _end(self, run_id: str, audience: _Audience) -> None:
        with self._lock:
            if self._audiences.get(run_id) is audience:
                del self._audiences[run_id]
                audience.model.end()

    def _take_care(self) -> None:
        """Have a thread send away who is silent, as long as anybody is there."""
        if self._caretaker is None:
            self._caretaker = threading.Thread(target=self._care, name="live", daemon=True)
            self._caretaker.start()

    def _care(self) -> None:
        while True:
            time.sleep(min(LOOK_EVERY_S, self._idle_s))
            with self._lock:
                until = time.monotonic() - self._idle_s
                silent = [
                    (run_id, viewer)
                    for run_id, audience in self._audiences.items()
                    for viewer, heard in audience.heard.items()
                    if heard < until
                ]
                for run_id, viewer in silent:
                    self.leave(run_id, viewer)
                if not self._audiences:
                    self._caretaker = None
                    return


def _full() -> UserError:
    return UserError(
        "live-full",
        "As many cameras as this machine can bear are being answered.",
        "Try again when somebody else has finished, or take a picture instead.",
    )


LIVE = Live()
"""That of this process: a server has one, whoever looks."""

"""A few children that answer for whoever asks: a queue with an end, and what waits passes the network together.

Every example is opened in a child with limits (`batch_child`). A child takes what waits when it is free, several
examples at once, and never waits for more to come. Of a batch that a child dies over each example is asked
for again alone, so that only the one to blame has no answer.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tl_core.base import cores
from tl_core.base.errors import UserError
from tl_core.base.said import unpacked
from tl_core.jobs import predictor
from tl_core.modalities import registry
from tl_core.modalities.opening_children import Child, Opened, Opener, Watch
from tl_core.models import persist
from tl_core.serving import batches, preparing
from tl_core.serving.batches import Example
from tl_core.training import answering

Gives = Literal["answers", "features"]
PROGRAM = ("-m", "tl_core.serving.batch_child")
BATCH = 4
"""Examples that pass the network together; with more a single one waits longer, and gains nothing on a CPU."""
WAITING = 64
"""Examples that may wait or be answered at the same time."""
TIMEOUT_S = 15.0
"""For one batch, opened and answered; four large photos take two seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One example on its way, and where its answer goes."""

    example: Example
    answer: Future[Opened] = field(default_factory=Future)


class Pool:
    """Children that answer, started at the first question; safe to be asked by many threads.

    Args:
        folder: of the model.
        gives: what is wanted of each example.
        waiting: how many examples may be on their way.
        children: how many; 0 takes one a core, or one alone where the model needs Keras.

    Raises:
        UserError: "model-format" where the model is damaged, or why it cannot be made ready.
    """

    def __init__(
        self, folder: Path, gives: Gives = "answers", waiting: int = WAITING, children: int = 0
    ) -> None:
        described = persist.describe(folder)
        preparing.prepare(folder)
        usual = cores.threads() if answering.is_light(folder) else 1
        self.children = children or usual
        options = predictor.options_of(folder, self.children, is_shown=False) | {"gives": gives}
        own = registry.of(described).opener
        self._opener = Opener(PROGRAM, own.too_slow, own.over_budget, own.crashed)
        self._options = options
        self._most = waiting
        self._changed = threading.Condition()
        self._queue: deque[_Asked] = deque()
        self._on_their_way = self._idle = 0
        self._is_over = False
        self._example_s = 0.0
        self._ready = threading.Event()
        self._watch = Watch()
        self._threads: list[threading.Thread] = []

    @property
    def on_their_way(self) -> int:
        """How many examples wait or are being answered."""
        return self._on_their_way

    @property
    def is_full(self) -> bool:
        """Whether not one more example may come."""
        return self._on_their_way >= self._most

    @property
    def is_ready(self) -> bool:
        """Whether a child has loaded the model."""
        return self._ready.is_set()

    def seconds_left(self) -> int:
        """Return in about how many seconds what is on its way now is answered, at least 1."""
        return max(1, math.ceil(self._on_their_way * self._example_s / self.children))

    def get_ready(self) -> None:
        """Start the children; without this the first example does so. Does not wait for them."""
        with self._changed:
            if not self._threads and not self._is_over:
                self._threads = [
                    threading.Thread(target=self._work, name=f"answer-{number}", daemon=True)
                    for number in range(self.children)
                ]
                for thread in self._threads:
                    thread.start()

    def ask(self, examples: Sequence[Example], *, waits: bool = False) -> list[Future[Opened]]:
        """Queue examples, all of them or none, and return where their answers will be.

        Args:
            examples: no more than may be on their way.
            waits: for room, where too many are on their way.

        Raises:
            UserError: "serving-busy" where too many are on their way, "serving-ended" after `close`.
        """
        self.get_ready()
        asked = [_Asked(example) for example in examples]
        with self._changed:
            while waits and not self._is_over and self._on_their_way + len(asked) > self._most:
                self._changed.wait()
            if self._is_over:
                raise ended()
            if self._on_their_way + len(asked) > self._most:
                raise busy()
            self._on_their_way += len(asked)
            self._queue += asked
            self._changed.notify_all()
        return [one.answer for one in asked]

    def close(self) -> None:
        """Answer what waits, then end the children; safe to be called again."""
        with self._changed:
            if self._is_over:
                return
            self._is_over = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._watch.end()

    def _work(self) -> None:
        """Answer until the pool is closed and nothing waits."""
        child = Child(self._opener, self._options, self._watch, TIMEOUT_S)
        try:
            self._start(child)
            while batch := self._next():
                self._answer(child, batch)
        finally:
            child.close()

    def _start(self, child: Child) -> None:
        try:
            child.get_ready()
            self._ready.set()
        except (OSError, RuntimeError):
            return  # the first batch tries again, and says so to whoever asked

    def _next(self) -> list[_Asked]:
        """Wait for examples and take this child's share of those that wait; none at the end."""
        with self._changed:
            self._idle += 1
            while not self._queue and not self._is_over:
                self._changed.wait()
            share = math.ceil(len(self._queue) / self._idle)
            self._idle -= 1
            return [self._queue.popleft() for _ in range(min(BATCH, share))]

    def _answer(self, child: Child, batch: Sequence[_Asked]) -> None:
        began = time.monotonic()
        try:
            found = self._found(child, [one.example for one in batch])
        except (OSError, RuntimeError):
            child.close()
            self._end(batch, predictor.does_not_start())
            return
        self._ready.set()
        self._example_s += (  # what took long once is forgotten soon
            (time.monotonic() - began) / len(batch) - self._example_s
        ) / 8
        self._end(batch, found)

    def _found(self, child: Child, examples: Sequence[Example]) -> list[Opened]:
        child.asked.clear()
        child.ask(0, batches.joined(examples))
        _, opened = child.answer()
        if not opened.code:
            return [Opened(**unpacked(one)) for one in opened.reply]
        if len(examples) == 1:
            return [opened]
        return [self._found(child, [example])[0] for example in examples]

    def _end(self, batch: Sequence[_Asked], found: list[Opened] | UserError) -> None:
        with self._changed:
            self._on_their_way -= len(batch)
            self._changed.notify_all()
        for place, one in enumerate(batch):
            if not one.answer.set_running_or_notify_cancel():
                continue
            if isinstance(found, UserError):
                one.answer.set_exception(found)
            else:
                one.answer.set_result(found[place])


def busy() -> UserError:
    """Return the error for more than is taken at the same time."""
    return UserError(
        "serving-busy",
        "As many pictures are being answered as this server takes at the same time.",
        "Send it again in a moment.",
    )


def ended() -> UserError:
    """Return the error for a question to a pool that was closed."""
    return UserError(
        "serving-ended", "This model was closed.", "Load it again, or start the server again."
    )


def refusal(opened: Opened) -> UserError:
    """Return why an example has no answer."""
    return UserError(opened.code, opened.reason, opened.hint)


def reply(opened: Opened) -> Any:
    """Return what a child said of one example.

    Raises:
        UserError: why it said nothing.
    """
    if opened.code:
        raise refusal(opened)
    return opened.reply

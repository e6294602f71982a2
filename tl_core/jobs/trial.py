"""Any number of new pictures shown to a model: a child process answers, the page looks in.

Pictures lie in the memory of whoever asks; a thread hands them to the child one by one. The child
opens them under a memory limit and tells each answer as an event in `tried/ID/`, where a page finds
them again. A picture that cannot be opened, or that the child dies or hangs over, costs only itself.
"""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tl_core.base import ids, limits, settings
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError
from tl_core.jobs import admission, predictor
from tl_core.jobs.engines.local import ROOT
from tl_core.jobs.predictor import Prediction
from tl_core.modalities import registry
from tl_core.modalities.opening_children import Opener
from tl_core.models import persist
from tl_core.signals import events
from tl_core.training import answering, results

BATCH = 16
SILENCE_S = 90.0
"""A child that has told nothing for so long hangs; loading Keras may take a third of that."""
LOOK_EVERY_S = 0.2
KEPT_S = 24 * 3600
WORKING = "working"
THIS_PROCESS = secrets.token_hex(8)
"""Stands in a folder while a thread of this process works for it; one of another process is gone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be answered: a key of one's own, the name as a person gave it, and its bytes."""

    key: str
    name: str
    content: bytes | memoryview = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one picture, or why there is none.

    Attributes:
        key: as in `Shown`.
        name: likewise.
        prediction: the answer; None where there is none.
        thumbnail: a small JPEG as base64; empty where the picture could not be opened.
        reason: why there is no answer.
        hint: what to do about it.
    """

    key: str
    name: str
    prediction: Prediction | None = None
    thumbnail: str = ""
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """Where the answering of some pictures stands.

    Attributes:
        asked: names of the pictures by key, in their order.
        told: what came of them by key.
        is_working: whether more answers are to come.
    """

    asked: Mapping[str, str]
    told: Mapping[str, Told]
    is_working: bool


def start(run_id: str, pictures: Sequence[Shown], trial_id: str = "") -> str:
    """Begin to answer pictures, or more of them; return the trial's id at once.

    Args:
        run_id: a run with a model.
        pictures: in the order in which they are to be told.
        trial_id: an earlier trial of this run, which is to go on with these; it must have ended.

    Raises:
        UserError: "no-model", or "model-format" where it is damaged.
    """
    model = ids.run_folder(run_id) / results.MODEL_DIR
    if not (model / persist.DESCRIPTION).is_file():
        raise UserError(
            "no-model", "This run has no model.", hint="Wait until it has finished, or train again."
        )
    _sweep()
    trial_id = trial_id or ids.new()
    folder = _folder(trial_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WORKING).write_text(THIS_PROCESS)
    with events.Writer(folder) as emit:
        emit("asked", pictures=[[picture.key, picture.name] for picture in pictures])
    opener = registry.of(persist.describe(model)).opener
    work = _Work(model, folder, {picture.key: picture for picture in pictures}, opener)
    threading.Thread(target=work.do, name="trial", daemon=True).start()
    return trial_id


def state(trial_id: str) -> Trial:
    """Return where a trial stands; one that is gone has neither pictures nor answers."""
    folder = _folder(trial_id)
    is_working = _is_working(folder)  # before the events, so that no last answer is missed
    asked: dict[str, str] = {}
    told: dict[str, Told] = {}
    offset = 0
    while (read := events.read(folder, offset))[0]:
        new, offset = read
        for event in new:
            match event["event"]:
                case "asked":
                    asked |= dict(event["pictures"])
                case "answered":
                    key = event["key"]
                    found = Prediction(**event["prediction"])
                    told[key] = Told(key, asked.get(key, ""), found, event["thumbnail"])
                case "refused":
                    key = event["key"]
                    why = {"reason": event["message"], "hint": event["hint"]}
                    told[key] = Told(key, asked.get(key, ""), **why)
    return Trial(asked, told, is_working)


def stop(trial_id: str) -> None:
    """End a trial; what was answered so far stays."""
    (_folder(trial_id) / WORKING).unlink(missing_ok=True)


def forget(trial_id: str) -> None:
    """End a trial and remove what it told."""
    stop(trial_id)
    shutil.rmtree(_folder(trial_id), ignore_errors=True)


def _folder(trial_id: str) -> Path:
    return settings.current().home / "tried" / ids.checked(trial_id)


def _is_working(folder: Path) -> bool:
    try:
        return (folder / WORKING).read_text() == THIS_PROCESS
    except OSError:
        return False


def _sweep() -> None:
    """Remove trials that nobody has added to for a day."""
    until = time.time() - KEPT_S
    for folder in (settings.current().home / "tried").glob("*"):
        with suppress(OSError):
            if folder.stat().st_mtime < until and not _is_working(folder):
                shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class _Work:
    """Keeps a child answering until every picture has its answer, or a reason for none."""

    model: Path
    folder: Path
    left: dict[str, Shown]
    opener: Opener = registry.USUAL.opener

    def do(self) -> None:
        try:
            with admission.admitted("trial"):
                self._answer_all()
        except OSError:  # the folder is gone: nobody waits for the rest any more
            pass
        finally:
            with suppress(OSError):
                (self.folder / WORKING).unlink(missing_ok=True)

    def _answer_all(self) -> None:
        while self.left and _is_working(self.folder):
            offset = self._size()
            was_late = self._one_child() == limits.TOO_LATE
            if not self._take_stock(offset, was_late=was_late):
                break

    def _size(self) -> int:
        path = self.folder / events.FILE
        return path.stat().st_size if path.exists() else 0

    def _one_child(self) -> int:
        """Let a child answer what is left until it ends; return its exit code."""
        with (self.folder / "log.txt").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tl_core.jobs.trial", str(self.model), str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=passed_on(os.environ),
            )
        feeder = threading.Thread(target=self._feed, args=(child,), daemon=True)
        feeder.start()
        size, told_at = self._size(), time.monotonic()
        while child.poll() is None:
            time.sleep(LOOK_EVERY_S)
            if self._size() != size:
                size, told_at = self._size(), time.monotonic()
            if time.monotonic() - told_at > SILENCE_S or not _is_working(self.folder):
                child.kill()
        feeder.join()
        return child.returncode

    def _feed(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdin is not None
        with suppress(OSError), child.stdin as pipe:  # a child that died reads no further
            for picture in list(self.left.values()):
                head = {"key": picture.key, "bytes": len(picture.content)}
                pipe.write(json.dumps(head).encode() + b"\n")
                pipe.write(picture.content)

    def _take_stock(self, offset: int, *, was_late: bool) -> bool:
        """Drop what has its answer; return whether another child may do better with the rest."""
        latest: dict[str, Any] = {}
        progressed = False
        while (read := events.read(self.folder, offset))[0]:
            new, offset = read
            for event in new:
                latest = event
                if event["event"] in ("answered", "refused"):
                    progressed |= self.left.pop(event["key"], None) is not None
        if not self.left or not _is_working(self.folder):
            return False
        if latest.get("event") == "opening" and latest.get("key") in self.left:
            # The child died or hung over this one, whose content is unknown.
            why = self.opener.too_slow if was_late else self.opener.crashed
            self._refuse([latest["key"]], why.reason, why.hint)
            return True
        if progressed:
            return True
        self._refuse(
            list(self.left),
            "The picture could not be judged: the process that does it ended without an answer.",
            "Try a smaller picture; if that fails too, look at the server's log.",
        )
        return False

    def _refuse(self, keys: list[str], message: str, hint: str) -> None:
        with events.Writer(self.folder) as emit:
            for key in keys:
                self.left.pop(key, None)
                emit("refused", key=key, message=message, hint=hint)


def child_main(model: Path, folder: Path, given: BinaryIO) -> None:
    """Answer the pictures that come in until there are no more."""
    described = persist.describe(model)
    answer = None
    with events.Writer(folder) as emit:
        while batch := _opened(described, given, emit):
            if answer is None:
                answer = answering.judge_of(model)
            emit("judging")
            found = answer(np.stack([opened for _, opened, _ in batch]))
            for place, (key, _, thumbnail) in enumerate(batch):
                told = predictor.told(described, found, place)
                emit("answered", key=key, prediction=told, thumbnail=thumbnail)


def _opened(described: persist.Description, given: BinaryIO, emit: events.Writer) -> list[Any]:
    """Read and open up to a batch of pictures; those that cannot be opened are told at once."""
    batch: list[Any] = []
    while len(batch) < BATCH and (line := given.readline()):
        head = json.loads(line)
        content = given.read(head["bytes"])
        emit("opening", key=head["key"])
        try:
            shown, opened = answering.seen(described, content)
        except UserError as error:
            emit("refused", key=head["key"], message=error.message, hint=error.hint)
            continue
        small = base64.b64encode(registry.of(described).small(shown)).decode()
        batch.append((head["key"], opened, small))
    return batch


if __name__ == "__main__":
    limits.memory(predictor.MEMORY_BYTES)
    child_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.stdin.buffer)

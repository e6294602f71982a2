"""Work whose subject names what was asked: done once, its answer is there whenever it is asked for again."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.jobs import queue, watch
from tl_core.jobs.followed import Followed
from tl_core.jobs.job import Arguments
from tl_core.store import job_rows
from tl_core.store.rows import UNDONE, JobRow

KEPT = 20
ASKED: tuple[store.JobStatus, ...] = (*UNDONE, "finished", "cancelled", "failed")
"""How what was asked may stand when somebody comes back to it: at work, done, stopped or failed."""


def key_of(*asked: str) -> str:
    """Return the subject that names what is asked."""
    return hashlib.sha256(" ".join(asked).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class AnswerKept(Followed):
    """What pages and commands ask of one kind of such work, by the key that `key_of` gave."""

    def start(self, key: str, dataset_id: str, arguments: Arguments) -> None:
        """Begin unless that is under way or was done.

        Raises:
            UserError: "unknown" data set, "dataset-not-ready".
        """
        row = store.dataset(dataset_id)
        if row.status != "ready":
            raise UserError(
                "dataset-not-ready", "The pictures are not ready yet.", "Wait a moment."
            )
        if self.was_done(key):
            return
        _forget_old(self.folder(key).parent)
        queue.ask(self.kind, key, arguments, owner=row.owner)
        watch.take_up(self.kind)

    def asked_about(self, dataset_id: str) -> list[JobRow]:
        """Return what was asked about a data set and is kept or at work, the latest first."""
        rows = job_rows.jobs(self.kind.name, ASKED)
        return [row for row in rows[::-1] if (row.arguments or {}).get("dataset") == dataset_id]

    def was_done(self, key: str) -> bool:
        """Say whether it came to its end."""
        ending = self.view(key).ending
        return ending is not None and ending["event"] == "finished"

    def shown(self, asked: str, last: str | None) -> str:
        """Return whose answer to show: of what is at work, of what is asked for where that is done, else of the last.

        Args:
            asked: the key of what is asked for now.
            last: of what was asked for last, None where nothing was.
        """
        if last is None or (self.was_done(asked) and not self.is_working(last)):
            return asked
        return last

    def answer(self, key: str) -> dict[str, Any] | None:
        """Return what came of it, None when nothing was asked for, it goes on or was stopped.

        Raises:
            UserError: why it did not succeed.
        """
        if not self.folder(key).exists() or self.is_working(key):
            return None
        ending = self.view(key).ending
        if ending is not None and ending["event"] == "finished":
            return ending["metrics"]
        stands = watch.state(self.kind, key)
        if stands.status == "cancelled":
            return None
        if ending is not None:
            raise UserError(**{part: ending.get(part, "") for part in ("code", "message", "hint")})
        if stands.error is not None:
            raise stands.error
        return None


def _forget_old(parent: Path) -> None:
    """Keep the newest; each is some kilobytes and soon forgotten."""
    if parent.is_dir():
        by_age = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

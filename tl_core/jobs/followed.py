"""What pages and commands ask of any work under way: whether it goes on, how far it is, and to end."""

from dataclasses import dataclass
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.jobs import watch
from tl_core.jobs.job import JobKind
from tl_core.signals import progress
from tl_core.signals.progress import RunView


@dataclass(frozen=True, slots=True)
class Followed:
    """One kind of work, asked about by its subject; a module that stands for the kind passes these on as its own."""

    kind: JobKind

    def folder(self, subject: str) -> Path:
        """Return the folder of the work, which need not exist."""
        return self.kind.folder(subject)

    def is_working(self, subject: str) -> bool:
        """Say whether it goes on, or waits for its turn."""
        return watch.state(self.kind, subject).is_under_way

    def stop(self, subject: str) -> None:
        """Ask it to end; what it kept so far stays."""
        watch.stop(self.kind, subject)

    def view(self, subject: str) -> RunView:
        """Return where it stands."""
        return progress.state(self.folder(subject))

    def failure(self, subject: str) -> UserError | None:
        """Return why it did not succeed, None where it did or was not asked for."""
        return watch.state(self.kind, subject).error

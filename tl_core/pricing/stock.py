"""What the cache holds for a job already, and what it has room for."""

from functools import cached_property
from pathlib import Path

from tl_core.datasets.splits import TRAIN
from tl_core.encoding import cache, decoded, encode
from tl_core.encoding.job import Job
from tl_core.pricing import costs


class Stock:
    """What the cache holds for jobs that differ in nothing but depth; every table is looked at once."""

    def __init__(self) -> None:
        self._rows: dict[Path, tuple[int, int]] = {}
        self._room: dict[tuple[Path, ...], int] = {}
        self._decoded: float | None = None

    @cached_property
    def _held(self) -> list[cache.Entry]:
        return cache.entries()

    def room_bytes(self, *keep: Path) -> int:
        """Return how much can be written at most if all but `keep` had to go."""
        if keep not in self._room:
            self._room[keep] = cache.most_bytes(keep, self._held)
        return self._room[keep]

    def fits(self, job: Job) -> bool:
        """Say whether there is room for what the job keeps, beside what it has kept before."""
        needed = self.missing_bytes(job)
        beside = () if self.starts_anew(job) else (job.rows_dir,)
        return needed == 0 or needed <= self.room_bytes(*beside)

    def starts_anew(self, job: Job) -> bool:
        """Say whether the job's table goes first, as there is only room without what else it holds.

        A table keeps the rows of every data set that was ever encoded so, also of deleted ones.
        """
        missing, known = self._counted(job)
        each = costs.row_bytes(job)
        is_crowded = missing * each > self.room_bytes(job.rows_dir)
        return is_crowded and (missing + known) * each <= self.room_bytes()

    def rows(self, job: Job) -> tuple[int, int]:
        """Return rows to add and rows known."""
        missing, known = self._counted(job)
        return (missing + known, 0) if self.starts_anew(job) else (missing, known)

    def _counted(self, job: Job) -> tuple[int, int]:
        if job.keeps == "nothing":
            return 0, 0
        folder = job.rows_dir
        if folder not in self._rows:
            self._rows[folder] = _rows(job)
        return self._rows[folder]

    def missing_bytes(self, job: Job) -> int:
        """Return what the rows to add take."""
        return self.rows(job)[0] * costs.row_bytes(job)

    def decoded_share(self, job: Job) -> float:
        """Return the share of the data set's examples that are known decoded at the job's size."""
        if self._decoded is None:
            self._decoded = _decoded_share(job)
        return self._decoded


def _rows(job: Job) -> tuple[int, int]:
    """Return rows to encode and rows known."""
    if not (job.rows_dir / "index.bin").exists():
        changed = job.config.changes.views if job.config.changes.augments else 0
        further = sum(map(len, job.further.values())) * (1 + changed)
        return len(job.dataset) + changed * len(job.members(TRAIN)) + further, 0
    wanted = job.wanted()
    missing = len(encode.missing(job.rows(use=False), wanted))
    return missing, len(wanted) - missing


def _decoded_share(job: Job) -> float:
    """Return the share of the data set's examples that are known decoded at the job's size."""
    if not (decoded.folder(job.modality, job.entry) / "index.bin").exists():
        return 0.0
    at_hand = decoded.table(job.modality, job.entry, use=False)
    known = sum(encode.Wanted(str(name)).key in at_hand for name in job.dataset.hashes)
    return known / max(1, len(job.dataset))

"""The pictures of a run as the network takes them: encoded once, or read anew whenever they are used."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tl_core.base import accelerator
from tl_core.base.said import Said, counted
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding import cache, encode, trunk
from tl_core.encoding.encode import Encoder, Reader, Wanted
from tl_core.encoding.features import Part
from tl_core.encoding.job import Job, LightEncoder
from tl_core.encoding.rows import Rows
from tl_core.pricing import costs, job_price
from tl_core.tasks.task import Goal
from tl_core.training import libraries
from tl_core.training.libraries import NetworkOnDemand
from tl_core.training.run_context import RunContext

Parts = dict[int, Part]

ENCODES_IN_KERAS, ENCODES_CONVERTED = "encodes-in-keras", "encodes-converted"
"""Files in a run's folder: what encodes was decided, and one that goes on decides the same."""


@dataclass(slots=True)
class RunPictures:
    """What a run learns from and is judged by, once `encode` is done.

    Attributes:
        run: whose pictures they are.
        goal: what is learnt of them.
        network: loaded only where the frozen part runs in Keras.
        further: what else the method learns from, by role.
        encoded: pictures that were encoded for this run.
        decoded: pictures that were decoded for it; None where none was read for that.
        how: what encoded them.
        ahead: what loaded Keras beside, where anything did.
    """

    run: RunContext
    goal: Goal
    network: NetworkOnDemand
    further: dict[str, Part] = field(default_factory=dict, init=False)
    encoded: int = field(default=0, init=False)
    decoded: int | None = field(default=None, init=False)
    how: costs.Encoding = field(default="encode", init=False)
    ahead: libraries.Ahead | None = field(default=None, init=False)

    @property
    def job(self) -> Job:
        return self.run.job

    def encode(self) -> Parts:
        """Return every part of the data set, encoded as far as the job keeps anything.

        Raises:
            StoppedError: as a person asked for.
        """
        rows = None if self.job.keeps == "nothing" else self._rows()
        wanted = [] if rows is None else self.job.wanted()
        missing = [] if rows is None else encode.missing(rows, wanted)
        # With every row known the frozen part has nothing to do, so nothing is loaded for it.
        encoder = self._encoder() if missing or self.job.passes_again else same
        read = self._add(rows, encoder, missing, known=len(wanted) - len(missing))
        parts = {part: self._part(rows, encoder, read, part) for part in (TRAIN, VALIDATION, TEST)}
        self.further = {
            role: Part(
                self.job.further_features(role, rows, encoder, read),
                examples.answers,
                examples.hashes,
            )
            for role, examples in self.job.further.items()
        }
        return parts

    def _rows(self) -> Rows:
        """Open the table, emptied where only that makes room for this run's rows."""
        if self.run.stock.starts_anew(self.job):
            cache.drop(self.job.rows_dir)
        return self.job.rows()

    def _encoder(self) -> Encoder:
        """Return what turns decoded examples into what the tail takes, the lightest that will do."""
        if self.job.trunk is None:
            return same
        path = self._converted(self.job.trunk)
        if path is not None:
            return LightEncoder(self.job, path)
        network, clock = self.network.loaded(), self.run.clock
        with clock.timing("load"):
            network.frozen()
        if not accelerator.converts() or not self._pays_to_convert():
            self.how = "encode-keras"
            return network.encoder(self.job)
        self.run.require_time("convert")
        self.run.phase("convert", "Preparing the frozen part for speed, once for this machine")
        with clock.timing("convert"):
            return LightEncoder(self.job, network.convert_trunk(self.job))

    def _converted(self, frozen: trunk.Trunk) -> Path | None:
        """Return the converted frozen part if this run is to use it and it is there."""
        if accelerator.gpu() or (self.run.folder / ENCODES_IN_KERAS).exists():
            return None
        if trunk.is_preparing(frozen):
            self.run.phase("convert", "Preparing the frozen part for speed, begun while you chose")
        path = trunk.joined(frozen, self.run.should_give_up)
        if path is not None:
            (self.run.folder / ENCODES_CONVERTED).touch()
        return path

    def _pays_to_convert(self) -> bool:
        """Say whether converting pays, as the plan finds; a run that goes on keeps its first decision."""
        in_keras, converted = (
            self.run.folder / name for name in (ENCODES_IN_KERAS, ENCODES_CONVERTED)
        )
        if converted.exists() or (not in_keras.exists() and job_price.converts(self.job)):
            converted.touch()
            return True
        in_keras.touch()
        self.run.emit("note", text="So few pictures are encoded sooner without preparing anything.")
        return False

    def _add(
        self, rows: Rows | None, encoder: Encoder, missing: list[Wanted], *, known: int
    ) -> Reader:
        """Add the rows that are missing; return what reads pictures that are used later."""
        if rows is None:
            return self.job.reader(self.job.decoder())
        self._tell(len(missing), known)
        frozen = trunk.converted(self.job.trunk) if self.job.trunk else None
        keep = {rows.folder} | ({frozen} if frozen else set())
        needed_bytes = len(missing) * rows.row_bytes
        cache.make_room(needed_bytes, keep=keep)
        plain, read = None, self.job.read
        if not self.job.keeps_decoded and (missing or self.job.fresh_views):
            plain = self.job.decoder(needed_bytes)
            read = self.job.reader(plain)
        # Beside a short encoding it would only slow the closed form down, whose answer comes first.
        if self.run.expected_s.get("encode", 0.0) > costs.LOAD_BESIDE_S:
            self.ahead = libraries.load_ahead()
        with self.run.clock.timing("encode"):
            self.encoded = self.job.encode(
                rows,
                missing,
                plain,
                same if self.job.keeps_decoded else encoder,
                on_progress=self.run.progress,
                should_stop=self.run.should_give_up,
            )
            if plain:
                plain.flush()
                self.decoded = plain.decoded
        return read

    def _tell(self, count: int, known: int) -> None:
        beside = Said(", {count} known", count=known) if known else ""
        if self.job.keeps_decoded:
            text = counted(
                "Reading {count} picture{known}",
                "Reading {count} pictures{known}",
                count,
                known=beside,
            )
        else:
            text = counted(
                "Encoding {count} picture{known}",
                "Encoding {count} pictures{known}",
                count,
                known=beside,
            )
        self.run.phase("encode", text)

    def _part(self, rows: Rows | None, encoder: Encoder, read: Reader, part: int) -> Part:
        members = self.job.members(part)
        features = self.job.features(rows, encoder, part, read)
        return Part(features, self.goal.answers(members), self.job.dataset.hashes[members])


def same(rows: np.ndarray) -> np.ndarray:
    """Return `rows` as they are: what nothing frozen makes of them."""
    return rows

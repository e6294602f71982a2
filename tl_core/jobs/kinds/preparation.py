"""Makes what a training will need, while a person still chooses: a frozen part, decoded pictures.

One at a time and only while nothing trains. What a person started meanwhile joins the conversion that
is under way (`trunk.joined`) or finds it done; pictures that were decoded by then need not be decoded
again. Its subject names what is made.
"""

import shutil
from pathlib import Path
from typing import Any

import psutil

from tl_core import store
from tl_core.base import settings
from tl_core.base.said import Said
from tl_core.datasets import manifest
from tl_core.encoding import trunk
from tl_core.encoding.decoded import Decoder
from tl_core.encoding.trunk import Trunk
from tl_core.jobs import priority
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import FOREVER, Arguments, Context, JobKind, Outcome, inside_graft
from tl_core.modalities import registry
from tl_core.modalities.modality import Entry
from tl_core.store.rows import JobRow

FREE_BYTES = 2 * GIB
"""Working memory that conversion may need; with less it is left to the run."""
READ_AT_ONCE = 64


class PrepareArguments(Arguments):
    """One of the two: a frozen part to convert, or pictures of a data set to decode."""

    trunk: dict[str, Any] | None = None
    pictures: dict[str, Any] | None = None


def folder(key: str) -> Path:
    """Return the folder of one thing to make, which need not exist."""
    return settings.current().home / "ahead" / key


def _prepare(context: Context) -> Outcome:
    asked: PrepareArguments = context.arguments
    if asked.trunk is not None:
        convert(Trunk(**asked.trunk))
    elif asked.pictures is not None:
        read(**asked.pictures)
    shutil.rmtree(context.folder, ignore_errors=True)
    return Outcome()


def convert(frozen: Trunk) -> None:
    """Convert a frozen part; runs that want it wait for it meanwhile (imports TensorFlow).

    At the priority of a run, therefore: else a run would stand behind all that others do.
    """
    with trunk.preparing(frozen):
        from tl_core.training import network

        network.convert_again(frozen)


def read(dataset: str, size_px: int, resize: str) -> None:
    """Decode examples of a data set and keep them so, until something is to be trained.

    Args:
        dataset: its id.
        size_px: size of what the network sees, see `Entry`.
        resize: how an example is brought to it.
    """
    found = manifest.load(dataset)
    reader = Decoder(registry.of(found), Entry(size_px, resize))
    hashes = list(dict.fromkeys(map(str, found.hashes)))
    for start in range(0, len(hashes), READ_AT_ONCE):
        if store.undone_runs():
            break
        reader.read_ahead(hashes[start : start + READ_AT_ONCE])
    reader.flush()


def _converts(job: JobRow) -> bool:
    return bool((job.arguments or {}).get("trunk"))


def _niceness(job: JobRow) -> int:
    """A run that begins meanwhile waits for a frozen part, not for pixels."""
    return priority.PAGES_FIRST if _converts(job) else priority.NOBODY_WAITS


def _has_room(job: JobRow) -> bool:
    return not _converts(job) or psutil.virtual_memory().available >= FREE_BYTES


PREPARE = JobKind(
    name="prepare",
    title=Said("Preparing a training"),
    arguments=PrepareArguments,
    folder=folder,
    run=_prepare,
    needs=Needs(FREE_BYTES, 2, is_exclusive=True),
    explain=inside_graft,
    died=None,
    waits_for={"train": FOREVER, "import": FOREVER},
    is_newest_first=True,
    niceness=_niceness,
    may_begin=_has_room,
)

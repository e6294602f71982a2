"""What pages ask of the packing of a run's model or a project; see `kinds.packing`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.base import ids, speech
from tl_core.export import today
from tl_core.export.formats import registry
from tl_core.jobs import queue, watch
from tl_core.jobs.kinds.packing import PACK, PackArguments, exports, known_of


@dataclass(frozen=True, slots=True)
class Package:
    """A file ready to be handed over.

    Attributes:
        file: where it lies.
        certificate: how closely it agrees with the app; None for a kind that is not checked.
        model: the bare model beside it, for a kind that is more than that.
        left_out: runs of a project whose files are missing or damaged.
        renamed: today's names of classes that had another one in training, by that; in the file.
        is_outdated: whether classes were renamed since it was packed.
    """

    file: Path
    certificate: dict[str, Any] | None
    model: Path | None = None
    left_out: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)
    is_outdated: bool = False


def start(
    identifier: str,
    kind: str,
    language: str = speech.ENGLISH,
    *,
    with_checkpoints: bool = False,
) -> None:
    """Begin to pack, unless that is under way; the texts beside a model are in `language`.

    Args:
        identifier: of a run, or of a project.
        kind: the name of a format.
        language: of the texts.
        with_checkpoints: of a project, whether what its trainings go on from travels along.

    Raises:
        UserError: "format", or "format-package" where something is not installed.
    """
    registry.get(kind).require_packages()
    arguments = PackArguments(language=language, with_checkpoints=with_checkpoints)
    queue.ask(PACK, _subject(identifier, kind), arguments)
    watch.take_up(PACK)


def is_working(identifier: str, kind: str) -> bool:
    """Say whether this is being packed, or waits for its turn."""
    return watch.state(PACK, _subject(identifier, kind)).is_under_way


def is_waiting(identifier: str, kind: str) -> bool:
    """Say whether it waits until another one is packed."""
    return watch.state(PACK, _subject(identifier, kind)).status == "queued"


def seconds_at_work(identifier: str, kind: str) -> float:
    """Return how long ago it was begun."""
    job = watch.state(PACK, _subject(identifier, kind)).job
    return 0.0 if job is None or job.claimed_at is None else time.time() - job.claimed_at


def packed_bytes(identifier: str, kind: str) -> int:
    """Return how much is written of a file that is not ready yet."""
    made = exports(identifier, kind).glob(registry.get(kind).unfinished)
    try:
        return sum(path.stat().st_size for path in made)
    except OSError:  # it has just been put into its place
        return 0


def made(identifier: str, kind: str) -> Package | None:
    """Return what was packed, None if nothing was yet.

    Raises:
        UserError: why packing did not succeed.
    """
    found = watch.state(PACK, _subject(identifier, kind))
    if found.is_under_way:
        return None
    told = known_of(exports(identifier, kind) / f"{kind}.json")
    if told and Path(told.get("file", "")).is_file():
        model = Path(told.get("model", ""))
        return Package(
            Path(told["file"]),
            told.get("certificate"),
            model if model.is_file() else None,
            told.get("left_out", 0),
            renamed := told.get("renamed") or {},
            is_outdated=renamed != _renamed_today(identifier, kind),
        )
    if found.error is not None:
        raise found.error
    return None


def _renamed_today(identifier: str, kind: str) -> dict[str, str]:
    """Return which classes a run's file would name otherwise than the run did."""
    if registry.get(kind).made_of != "run":
        return {}
    return today.changes(store.run(identifier), ids.run_folder(identifier))


def _subject(identifier: str, kind: str) -> str:
    return f"{identifier}-{kind}"

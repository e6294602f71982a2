"""Answers any number of new pictures: its subject is RUN-TRIAL, its folder `tried/TRIAL`.

They come as files in the trial's folder, or as a folder or archives, which are listed or unpacked first.
Every reply is kept as it comes: one that is stopped, or whose process is killed, goes on with what is left.
"""

import time
from pathlib import Path

from tl_core.base import ids, settings
from tl_core.base.said import Said, counted
from tl_core.datasets.manifest import SetAside
from tl_core.intake import archives, listing, uploads
from tl_core.intake.listing import Listing
from tl_core.jobs import predictor, tried
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.predictor import Reply
from tl_core.jobs.tried import Asked
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.signals.meter import PhaseMeter

TEXTS = {"unpack": Said("Unpacking"), "pictures": Said("Answering the pictures")}
FLUSH_EVERY_S = 0.3


class TryArguments(Arguments):
    """Where the pictures come from.

    Attributes:
        source: a folder or an archive, or what `uploads.redeem` returned; empty where they lie in the
            trial's folder already.
        remove_source: whether it is an upload, to be removed once it is taken in.
        by: who asks, so that the trial is found again in another session.
    """

    source: str = ""
    remove_source: bool = False
    by: str = ""


class _StoppedError(Exception):
    """A person asked to stop."""


def folder(subject: str) -> Path:
    """Return the folder of a trial, which need not exist."""
    return settings.current().home / "tried" / ids.checked(subject.partition("-")[2])


def _try(context: Context) -> Outcome:
    model = predictor.model_folder(context.subject.partition("-")[0])
    progress = PhaseMeter(context.emit, TEXTS)
    asked = tried.asked(context.folder) or _taken_in(context, model, progress)
    done = dict(tried.told(context.folder))
    left = [one for one in asked if one.key not in done]
    counts = {"pictures": len(asked), "refused": sum(not one.prediction for one in done.values())}
    flushed_at = 0.0
    with tried.Writer(context.folder) as writer:

        def keep(one: Asked, reply: Reply) -> None:
            nonlocal flushed_at
            writer.add(one.key, reply)
            counts["refused"] += reply.prediction is None
            if time.monotonic() - flushed_at > FLUSH_EVERY_S:
                writer.flush()
                flushed_at = time.monotonic()
                if context.should_stop():
                    raise _StoppedError

        for one in left:
            if not one.path:
                keep(one, Reply(reason=one.reason, hint=one.hint))
        files = [one for one in left if one.path]
        before, count = len(asked) - len(files), 0

        def on_reply(index: int, reply: Reply) -> None:
            nonlocal count
            count += 1
            keep(files[index], reply)
            progress("pictures", before + count, len(asked))

        progress("pictures", before, len(asked))
        paths = [Path(one.path) for one in files]
        try:
            predictor.replies(model, paths, on_reply, is_shown=True)
        except _StoppedError:
            return Outcome("cancelled", {"metrics": {**counts, "answered": before + count}})
    return Outcome(told={"metrics": {**counts, "answered": len(asked)}})


def _taken_in(context: Context, model: Path, progress: PhaseMeter) -> list[Asked]:
    """List what came, unpacking archives; nothing of it is dropped without a word."""
    arguments: TryArguments = context.arguments
    source, modality = Path(arguments.source), registry.of(persist.describe(model))
    limits = settings.current()
    if source.is_dir() and not arguments.remove_source:
        found = listing.of_folder(source, limits, modality=modality)
    else:
        into = context.folder / tried.PICTURES
        into.mkdir(parents=True, exist_ok=True)
        for earlier in into.iterdir():  # of a life that was killed over it
            earlier.unlink()
        parts = uploads.archives_of(source)
        found = archives.unpack(
            [path for path, _ in parts],
            into,
            limits,
            lambda done, total: progress("unpack", done, total),
            [name for _, name in parts],
            modality=modality,
        )
    asked = _asked(found)
    tried.ask(context.folder, asked)
    if arguments.remove_source:
        uploads.remove(source)
    if found.others or found.tables:
        count = len(found.others) + len(found.tables)
        left = counted("One other file was left out.", "{count} other files were left out.", count)
        context.emit("note", text=left)
    return asked


def _asked(found: Listing) -> list[Asked]:
    pictures = [Asked(str(n), name, str(path)) for n, (name, path) in enumerate(found.pictures)]
    return pictures + [
        _refused(len(pictures) + number, entry) for number, entry in enumerate(found.aside)
    ]


def _refused(number: int, entry: SetAside) -> Asked:
    return Asked(str(number), entry.name, "", entry.reason, entry.hint)


TRY = JobKind(
    name="try",
    title=Said("Answering new pictures"),
    arguments=TryArguments,
    folder=folder,
    run=_try,
    needs=Needs(GIB, 2),
    explain=inside_graft,
    died=died(
        "The answering ended without a word; most often the machine ran out of memory.",
        "What was answered stays. Let it go on when nothing else is at work.",
    ),
    restarts=2,
    stop_patience_s=60.0,  # a picture that takes its time to open is waited for
)

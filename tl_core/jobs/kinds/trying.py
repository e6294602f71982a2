"""Answers any number of new pictures: its subject is RUN-TRIAL, its folder `tried/TRIAL`.

They come as files in the trial's folder, or as a folder or archives, which are listed or unpacked first.
Every reply is kept as it comes: one that is stopped, or whose process is killed, goes on with what is left.
"""

import time
from pathlib import Path

from tl_core.base import ids, settings
from tl_core.base.said import Said, counted
from tl_core.datasets.manifest import SetAside
from tl_core.intake import archives, listing, originals, uploads
from tl_core.intake.listing import Listing
from tl_core.jobs import adapting_at_use, answer_list, answer_table, predictor, tried
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.predictor import Reply
from tl_core.jobs.tried import Asked
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.signals.meter import PhaseMeter
from tl_core.tasks import registry as tasks
from tl_core.tasks.task import Rules

TEXTS = {
    "unpack": Said("Unpacking"),
    "adapt": Said("Adapting a copy of the model to the pictures"),
    "pictures": Said("Answering the pictures"),
    "table": Said("Writing the table"),
}
FLUSH_EVERY_S = 0.3


class TryArguments(Arguments):
    """Where the pictures come from.

    Attributes:
        source: a folder or an archive, or what `uploads.redeem` returned; empty where they lie in the
            trial's folder already.
        remove_source: whether it is an upload, to be removed once it is taken in.
        by: who asks, so that the trial is found again in another session.
        adapt: whether a copy of the model adapts to the pictures first.
    """

    source: str = ""
    remove_source: bool = False
    by: str = ""
    adapt: bool = False


class _StoppedError(Exception):
    """A person asked to stop."""


def folder(subject: str) -> Path:
    """Return the folder of a trial, which need not exist."""
    return settings.current().home / "tried" / ids.checked(subject.partition("-")[2])


def _try(context: Context) -> Outcome:
    model = predictor.model_folder(context.subject.partition("-")[0])
    progress = PhaseMeter(context.emit, TEXTS)
    rules = predictor.rules_in(model)
    asked = tried.asked(context.folder) or _taken_in(context, model, progress)
    done = {one.key for one in answer_list.briefs(context.folder)}
    left = [one for one in asked if one.key not in done]
    files = [one for one in left if one.path]
    if context.arguments.adapt:
        progress("adapt", 0, 0)
        every = [Path(one.path) for one in asked if one.path]
        model = adapting_at_use.copy_for(context.folder, model, every)
    count, flushed_at, is_stopped = len(asked) - len(left), 0.0, False
    with tried.Writer(context.folder) as writer:

        def keep(one: Asked, reply: Reply) -> None:
            nonlocal count, flushed_at
            writer.add(one.key, reply, _doubt(reply, rules))
            count += 1
            progress("pictures", count, len(asked))
            if time.monotonic() - flushed_at > FLUSH_EVERY_S:
                writer.flush()
                flushed_at = time.monotonic()
                if context.should_stop():
                    raise _StoppedError

        progress("pictures", count, len(asked))
        try:
            for one in left:
                if not one.path:
                    keep(one, Reply(reason=one.reason, hint=one.hint))
            predictor.replies(
                model,
                [Path(one.path) for one in files],
                lambda index, reply: keep(files[index], reply),
                is_shown=True,
            )
        except _StoppedError:
            is_stopped = True
    progress("table", 0, 0)
    answer_table.write(context.folder, rules)
    refused = answer_list.counts(answer_list.briefs(context.folder)).refused
    told = {"metrics": {"pictures": len(asked), "refused": refused, "answered": count}}
    return Outcome("cancelled" if is_stopped else "finished", told)


def _doubt(reply: Reply, rules: Rules) -> float:
    if reply.prediction is None:
        return 0.0
    return tasks.of_reply(reply.prediction).doubt(reply.prediction, rules)


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
    originals.apart(found)  # the same photos again, where a browser made them smaller
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

"""Explains the answer of a model to one picture: its subject names what was asked, see `answer_kept`.

The picture is one of the store, by its hash, or one of a trial, by its key there.
"""

from pathlib import Path

from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.encoding.encode import StoppedError
from tl_core.jobs import explanations, predictor, tried
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.jobs.kinds import trying
from tl_core.modalities import registry
from tl_core.models import persist
from tl_core.signals.meter import PhaseMeter

FILE = "explanation.json"
TEXTS = {"pictures": Said("Looking at what the model learnt from")}


class ExplainArguments(Arguments):
    """One picture, and what else is to be explained of it.

    Attributes:
        run: whose model answers.
        picture: hash of a stored picture, or key of a picture of the trial.
        trial: the trial that it was given in; empty for a stored one.
        also: further outputs by name.
    """

    run: str
    picture: str
    trial: str = ""
    also: tuple[str, ...] = ()


def folder(key: str) -> Path:
    """Return the folder of an explanation, which need not exist."""
    return settings.current().home / "explanations" / key


def _explain(context: Context) -> Outcome:
    asked: ExplainArguments = context.arguments
    progress = PhaseMeter(context.emit, TEXTS)
    try:
        found = explanations.explain(
            asked.run,
            _file(asked),
            asked.also,
            lambda done, total: progress("pictures", done, total),
            context.should_stop,
        )
    except StoppedError:
        return Outcome("cancelled")
    explanations.keep(found, context.folder / FILE)
    return Outcome(told={"metrics": {"nearest": len(found.nearest)}})


def _file(asked: ExplainArguments) -> Path:
    """Return where the picture lies.

    Raises:
        UserError: "picture-gone".
    """
    if asked.trial:
        given = tried.asked(trying.folder(f"{asked.run}-{asked.trial}"))
        path = next((one.path for one in given if one.key == asked.picture), "")
    else:
        described = persist.describe(predictor.model_folder(asked.run))
        path = str(registry.of(described).stored(asked.picture))
    if not path or not Path(path).is_file():
        raise UserError(
            "picture-gone", "The picture is not here any more.", "Give it again, then ask why."
        )
    return Path(path)


EXPLAIN = JobKind(
    name="explain",
    title=Said("Explaining an answer"),
    arguments=ExplainArguments,
    folder=folder,
    run=_explain,
    needs=Needs(GIB, 1),
    explain=inside_graft,
    died=died(
        "The explaining ended without a word; most often the machine ran out of memory.",
        "Try again when nothing else is at work.",
    ),
    begins_afresh=True,
    stop_patience_s=60.0,  # a picture that takes its time to open is waited for
)

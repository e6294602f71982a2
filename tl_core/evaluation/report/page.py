"""The report as HTML: what was gathered, in a person's language, with everything escaped."""

from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tl_core.base import palette, speech
from tl_core.base.said import Said, counted
from tl_core.evaluation.report import contents, looked_at, none_of_these
from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.answers import registry
from tl_core.evaluation.report.parts import Chart, Result, Say
from tl_core.evaluation.report.subject import Subject

_FOLDER = Path(__file__).parent
ARRIVED = Said("This model came from a file. Its test results stayed where it was trained.")
NO_TEST = Said("There were no test pictures, so there is no honest number.")
HEADINGS = {
    "result": Said("Result"),
    "measures": Said("The numbers"),
    "mistakes": Said("Where it goes wrong"),
    "unknowns": Said("None of these"),
    "data": Said("What it learnt from"),
    "network": Said("What it stands on"),
    "course": Said("How it learnt"),
    "settings": Said("How it was trained"),
    "limits": Said("What this cannot tell"),
    "versions": Said("To make it again"),
}
COLUMNS = (
    Said("Measure"),
    Said("This model, with its 95 % interval"),
    Said("How the interval was made"),
    Said("Guessing"),
    Said("Exact solution"),
)


def render(subject: Subject, language: str = speech.ENGLISH) -> str:
    """Return the report on a run as one HTML page that needs nothing else.

    Args:
        subject: the run with all that is told of it.
        language: what it is written in; English where there is no such translation.
    """
    say = partial(speech.say, language=language)
    album = Album(subject.dataset)
    told = result(subject, album)
    template = _environment(language).get_template("page.html")
    return template.render(
        subject=subject,
        language=language if language in speech.languages() else speech.ENGLISH,
        day=contents.day(subject.asked_at),
        title=Said("Report on {run}", run=subject.run),
        made_by=Said("Made with Graft from the run's own records."),
        no_picture=Said("picture"),
        headings=HEADINGS,
        columns=COLUMNS,
        result=told,
        looked=looked_at.gallery(subject, album) if subject.test else None,
        unknowns=none_of_these.section(subject),
        data=None if subject.has_arrived else contents.data(subject, album),
        network=contents.backbone(subject),
        curves=contents.curves(subject),
        settings=contents.settings(subject),
        limits=[*told.limits, *contents.limits(subject)],
        versions=contents.versions(subject),
        left_out=_left_out(album),
        theme=palette.theme(),
        colours=palette,
        drawn=partial(_drawn, say=say),
    )


def result(subject: Subject, album: Album) -> Result:
    """Return what a run's task tells of its answers, or why there is nothing to tell."""
    if subject.has_arrived:
        return Result(ARRIVED)
    if not subject.test:
        return Result(NO_TEST)
    return registry.of(subject).result(subject, album)


def _left_out(album: Album) -> str:
    if not album.left_out:
        return ""
    return counted(
        "{count} picture was left out to keep the file small.",
        "{count} pictures were left out to keep the file small.",
        album.left_out,
    )


def _drawn(chart: Chart, say: Say) -> Markup:
    return chart.svg(say)


@cache
def _environment(language: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(_spoken, language=language),
    )


def _spoken(value: object, language: str) -> object:
    """Translate what is a text; what is markup already was made of texts that were said."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return speech.say(value, language)

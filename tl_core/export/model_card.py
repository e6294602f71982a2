"""The model card: what a model is, how good it is, and what it must not be used for, as Markdown.

Reference:
    Mitchell et al. 2019, Model Cards for Model Reporting. arXiv:1810.03993.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tl_core.base import release
from tl_core.base.figures import Figure
from tl_core.base.said import Said, counted
from tl_core.export import certificate_text, licences, markdown
from tl_core.modalities import registry as modalities
from tl_core.tasks import registry as tasks

if TYPE_CHECKING:
    from tl_core.evaluation.report.parts import Result, Table
    from tl_core.evaluation.report.subject import Subject as Report
    from tl_core.export.formats.format import Handover

MOST_NAMES = 250
MISUSE = (
    Said(
        "Nothing that decides about people's health, safety, freedom, work or money, unless a person who knows the matter "
        "checks each answer."
    ),
    Said("Telling who somebody is, or watching people who have not agreed to it."),
    Said(
        "Examples of another kind than those that it learnt from. It has to answer with one of its names even "
        "then, if it cannot say “none of these”."
    ),
    Said("Anything, before you have tried it on examples of your own that it has never seen."),
)
UNKNOWN = Said(
    "What it learnt from and how it was judged stayed where it was trained: only the model is known here."
)


def text(made: Handover) -> str:
    """Return the card in the language of what is packed; what people wrote in it is escaped."""
    language, report = made.subject.language, made.report

    def said(*texts: object) -> str:
        return markdown.sentences(texts, language)

    def headed(title: Said, *blocks: str) -> str:
        return "\n\n".join([f"## {markdown.say(title, language)}", *filter(None, blocks)])

    result = None if report is None else _result(report)
    name = made.subject.title if report is None else report.run
    parts = [
        f"# {markdown.say(Said('Model card: {name}', name=name), language)}",
        said(*_about(made)),
        headed(Said("Its answers"), said(*_answers(made))),
        headed(Said("How good it is"), *_measures(result, language)),
        headed(Said("What it learnt from"), *_data(report, language)),
        headed(Said("How it was trained"), *_training(made, language)),
        headed(Said("What these numbers cannot tell"), said(*_limits(report, result))),
        headed(Said("What it must not be used for"), said(*MISUSE)),
        headed(Said("Whether this file answers as Graft did"), said(*_certificate(made))),
        headed(Said("Licences"), licences.text(made.described).strip()),
    ]
    return "\n\n".join(parts) + "\n"


def _about(made: Handover) -> list[Said]:
    report = made.report
    told = [
        Said("Made with Graft {version}, packed on {day}.", version=release.version(), day=_day()),
        Said("Format: {name} – {help}", name=made.format.name, help=Said(made.format.help)),
    ]
    if report is not None:
        day = _day(report.asked_at)
        told.append(
            Said("Trained on {day}, in the project “{name}”.", day=day, name=report.project)
        )
    return told


def _answers(made: Handover) -> list[Said]:
    described = made.described
    task = tasks.get(described.task)
    names = described.classes
    told = [
        Said(
            "It takes {examples} and answers with {sort}.",
            examples=modalities.of(described).examples,
            sort=task.sort,
        ),
        counted(
            "{count} name: {names}",
            "{count} names: {names}",
            len(names),
            names=", ".join(names[:MOST_NAMES]),
        ),
    ]
    told += [
        Said(
            "Renamed after the training: “{old}” is “{new}” now. What follows below has the name of then.",
            old=old,
            new=new,
        )
        for old, new in made.subject.renamed.items()
    ]
    if len(names) > MOST_NAMES:
        told.append(Said("{shown} of {all} are shown.", shown=MOST_NAMES, all=len(names)))
    return told


def _result(report: Report) -> Result:
    from tl_core.evaluation.report import page
    from tl_core.evaluation.report.album import Album

    return page.result(report, Album(report.dataset, room_bytes=0))


def _measures(result: Result | None, language: str) -> list[str]:
    if result is None:
        return [markdown.say(UNKNOWN, language)]
    blocks = [markdown.sentences((result.headline, result.comparison), language)]
    if result.measures:
        head = (
            Said("Measure"),
            Said("This model, with its 95 % interval"),
            Said("How the interval was made"),
            Said("Guessing"),
        )
        rows = [(one.name, one.value, one.method, one.guess) for one in result.measures]
        blocks.append(markdown.table(head, rows, language))
    return blocks


def _data(report: Report | None, language: str) -> list[str]:
    from tl_core.evaluation.report import contents

    if report is None or report.has_arrived:
        return [markdown.say(UNKNOWN, language)]
    return [
        markdown.sentences(contents.about_data(report), language),
        _tabled(contents.counts_by_part(report), language),
    ]


def _training(made: Handover, language: str) -> list[str]:
    from tl_core.backbones import catalogue
    from tl_core.evaluation.report import contents

    if made.report is None:
        card = made.described.stands_on
        record = catalogue.of_card(card) if card else catalogue.get(made.described.backbone)
        stands = Said(
            "The model stands on {name}. Paper: {paper}", name=record.title, paper=record.paper
        )
        return [markdown.sentences([stands], language)]
    blocks = [markdown.sentences(contents.backbone(made.report), language)]
    settings = contents.settings(made.report)
    if len(settings) > 1:  # the first holds what differs from the usual, the last holds all
        blocks.append(markdown.say(settings[0].title, language))
        blocks.append(_tabled(settings[0], language))
    if settings:
        blocks.append(markdown.say(Said("All settings stand in config.json."), language))
    return blocks


def _tabled(table: Table, language: str) -> str:
    told = markdown.table(table.head, table.rows, language)
    return f"{told}\n\n{markdown.say(table.note, language)}" if table.note else told


def _limits(report: Report | None, result: Result | None) -> Sequence[str]:
    from tl_core.evaluation.report import contents

    if report is None or result is None:
        return [UNKNOWN]
    return [*result.limits, *contents.limits(report)]


def _certificate(made: Handover) -> list[str]:
    certificate = made.certificate
    if certificate is None:
        return [Said("This file was not held against the app's answers.")]
    if certificate.not_run:
        told = (certificate_text.verdict(certificate), certificate.not_run)
        return [*told, certificate_text.UNCHECKED]
    if certificate.tolerance is None:
        note = [certificate.note] if certificate.note else []
        return [certificate_text.verdict(certificate), *note, Said("More in certificate.txt.")]
    if certificate.passed:
        return [
            counted(
                "Yes. It gave the same answer to {count} picture that Graft had judged, and to files of unusual kinds; the "
                "largest difference lies below {most}. More in certificate.txt.",
                "Yes. It gave the same answers to {count} pictures that Graft had judged, and to files of unusual kinds; the "
                "largest difference lies below {most}. More in certificate.txt.",
                certificate.pictures,
                most=Figure(certificate_text.bound(certificate.largest_difference or 0.0)),
            )
        ]
    return [Said("No, or it could not be checked: see certificate.txt. Do not rely on this file.")]


def _day(seconds: float | None = None) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))

"""Where a model's knowledge comes from, and under which licence: a text for every download."""

import textwrap

from tl_core.backbones import catalogue
from tl_core.backbones.card import Card, Lesson
from tl_core.backbones.record import Backbone
from tl_core.models.persist import RANDOM, Description

LONGEST = 400
"""Signs of what a person wrote that are repeated."""
_ADDRESSES = {
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "MIT": "https://opensource.org/license/mit",
    "BSD-3-Clause": "https://opensource.org/license/bsd-3-clause",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}

_IMAGENET = (
    "The weights were learnt from ImageNet (Deng et al. 2009), whose pictures are made available"
    " for non-commercial research. The licence above is that of the weights."
)


_YOURS = (
    "comes from your own pictures: whoever owns them decides",
    "how the model may be used.",
    "",
)


def _without_pretrained(record: Backbone) -> list[str]:
    return [
        f"This model has the shape of {record.title} and began with random weights: nothing of a",
        "pretrained network is in it.",
        "",
        f"Paper:    {record.paper}",
        "",
        f"What was learnt {_YOURS[0]}",
        *_YOURS[1:],
    ]


def text(described: Description) -> str:
    """Return the notes for a model of this description."""
    record, card = catalogue.get(described.backbone), described.stands_on
    began_with = card.began_with if card else described.backbone_weights
    if began_with == RANDOM:
        return "\n".join([*_without_pretrained(record), *_chain(card)])
    licence = record.weights_license
    source = record.source or "they come with Graft"
    lines = [
        f"This model stands on {record.title}, a pretrained network.",
        "",
        f"Paper:    {record.paper}",
        f"Weights:  {source}",
        f"Licence:  {licence}  {_ADDRESSES.get(licence, '')}".rstrip(),
        "",
    ]
    lines += [
        *textwrap.wrap(record.notice or _IMAGENET, 88),
        "",
        f"What was learnt on top of it {_YOURS[0]}",
        *_YOURS[1:],
        *_chain(card),
    ]
    return "\n".join(lines)


def _chain(card: Card | None) -> list[str]:
    """Return by which trainings the weights that a model began with came about, the first one first."""
    if card is None:
        return []
    steps = [
        line
        for number, lesson in enumerate(card.lessons, 1)
        for line in textwrap.wrap(
            f"{number}. {_lesson(lesson)}", 88, initial_indent="  ", subsequent_indent="     "
        )
    ]
    return [
        *textwrap.wrap(
            f"Before this training those weights were another model, “{card.title}”. It learnt, in this order:",
            88,
        ),
        *steps,
        *textwrap.wrap(
            "Whoever owns the pictures of those trainings has a say in how this model may be used, too.",
            88,
        ),
        f"Weights of “{card.title}”: SHA-256 {card.weights_sha256}",
        "",
    ]


def _lesson(lesson: Lesson) -> str:
    """Return one training in a sentence; what people wrote is made plain, so that no line ends early."""
    named = ", ".join(_plain(name) for name in lesson.answers)
    more = lesson.answers_count - len(lesson.answers)
    told = [
        f"“{_plain(lesson.data)}”" if lesson.data else "a data set that did not travel along",
        f"({lesson.examples} examples)" if lesson.examples else "",
        f"to tell {named}{f' and {more} more' if more > 0 else ''}"
        if named
        else f"to give {lesson.answers_count} answers",
    ]
    result = f"; {_plain(lesson.result)}" if lesson.result else ""
    return " ".join(part for part in told if part) + result + "."


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST]

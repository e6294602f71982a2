"""A backbone that was a model of this home: what it learnt, what it is called, and the button that removes it."""

import streamlit as st

from pages.parts.shared import errors, next_training, notices, numbers
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.backbones import catalogue
from tl_core.backbones.card import LONGEST_TITLE, Card, Lesson
from tl_core.home import own_backbones
from tl_core.pricing import first_backbone

NAMES_SHOWN = 5


def facts(card: Card) -> list[tuple[str, str]]:
    """Return where it comes from, a title and a text in Markdown for each fact."""
    lessons = "  \n".join(f"{number}. {_lesson(one)}" for number, one in enumerate(card.lessons, 1))
    shape = catalogue.get(card.architecture)
    return [
        (t("What taught it"), lessons),
        (t("Shape"), literal(shape.title)),
        (t("Made"), literal(numbers.moment(card.made_at))),
        (t("On the command line"), f"`--set backbone={card.name}`"),
    ]


def rename(card: Card) -> None:
    """Draw a field with what it is called and a button that keeps it."""
    with st.form(f"rename-{card.name}", border=False):
        wanted = st.text_input(
            t("Name"),
            card.title,
            max_chars=LONGEST_TITLE,
            help=t("Letters, digits, spaces and , ' ( ) -"),
        )
        if st.form_submit_button(t("Rename"), icon=":material/edit:"):
            with errors.shown():
                renamed = own_backbones.rename(card.name, wanted)
                notices.tell(t("Renamed to “{name}”.", name=renamed.title))
                st.rerun(scope="app")


def remove(card: Card) -> None:
    """Draw the button that removes it, unless a run stands on it."""
    if st.button(t("Remove"), key=f"remove-{card.name}", icon=":material/delete:"):
        with errors.shown():
            own_backbones.remove(card.name)
            if next_training.settings().network.backbone == card.name:
                next_training.choose_backbone(first_backbone.QUICK)
            notices.tell(
                t("{name} was removed.", name=card.title),
                undo=notices.Removed(card.name, card.title),
            )
            st.rerun(scope="app")


def _lesson(lesson: Lesson) -> str:
    named = ", ".join(shortened(name, 24) for name in lesson.answers[:NAMES_SHOWN])
    more = lesson.answers_count - min(len(lesson.answers), NAMES_SHOWN)
    told = tn("{names} and {count} more", "{names} and {count} more", more, names=named)
    facts = [shortened(lesson.data, 40) if lesson.data else t("A data set that stayed elsewhere")]
    facts.append(told if more > 0 else named)
    if lesson.examples:
        facts.append(tn("{count} example", "{count} examples", lesson.examples))
    facts.append(tn("{count} stage learnt", "{count} stages learnt", lesson.stages))
    if lesson.result:
        facts.append(lesson.result)
    return " · ".join(literal(fact) for fact in facts if fact)

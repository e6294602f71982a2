"""“What do you want to learn?”: the ways to read what came, asked before or changed afterwards."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import errors, gallery, numbers, state
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import distinct_literal, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.said import Said
from tl_core.datasets.edits import NAME_LIMIT
from tl_core.home import housekeeping, roles
from tl_core.intake import making, material
from tl_core.intake.material import Asked
from tl_core.intake.reading import Choice, Out, Reading
from tl_core.jobs import answering, imports

TITLE_LENGTH = 200
MOST_LISTED = 12
CLASSES_SHOWN = 12


def ask(row: store.DatasetRow, asked: Asked) -> None:
    """Ask, before the import goes on; nothing is taken before the answer."""
    needs_no_class = (row.request or {}).get("serves", {}).get("role") == roles.WITHOUT_CLASSES
    if needs_no_class:
        st.header(t("Pictures without a class"))
        st.markdown(t("What these pictures are brought for needs no class, so any name will do."))
    else:
        st.header(t("What do you want to learn?"))
        st.markdown(_why(asked))
    choice = _choose(asked, f"ask-{row.id}", t("unsorted") if needs_no_class else "")
    with st.container(horizontal=True):
        is_chosen = st.button(
            t("Take them") if needs_no_class else t("Learn this"),
            type="primary",
            key="answer-import",
            disabled="" in choice.columns,
        )
        is_unwanted = st.button(
            t("Cancel the import"), type="tertiary", key="cancel-import", icon=":material/close:"
        )
    if is_chosen:
        with errors.shown():
            answering.answer(row.id, choice)
            st.rerun()
    if is_unwanted:
        imports.stop_intake(row.id)
        housekeeping.remove("dataset", row.id)
        state.choose_dataset(None)
        state.ask_for_new_data()
        st.rerun()


def _why(asked: Asked) -> str:
    """Say why a person is asked, and offer no other way where there is none."""
    if len(asked.readings) > 1:
        return t(
            "It is not certain from what came. Look at the proposal, or choose another way to read it."
        )
    if any(reading.needs_name for reading in asked.readings):
        return t(
            "Nothing says what these pictures show. Name them, and others can be added afterwards."
        )
    return t(
        "It is not certain from what came. Look whether the pictures below stand where they belong."
    )


def taken(row: store.DatasetRow) -> None:
    """Say how a data set was read, and offer the other ways."""
    asked = answering.asked_of(row)
    if asked is None or asked.taken is None:
        return
    reading = next((each for each in asked.readings if each.key == asked.taken.key), None)
    if reading is None:
        return
    others = len(asked.readings) - 1
    can_change = material.stands(asked.material_id) and (others > 0 or len(reading.offered) > 1)
    is_own = material.told(row.id) is not None  # an edited version may hold something else by now
    label = t("What is learnt") if is_own else t("Read at the import as")
    with st.container(border=True, key="graft-reading"):
        st.markdown(f"{literal(label)}: **{literal(_title(reading, asked.taken))}**")
        if is_own:
            st.caption(literal(t(reading.facts)))
        if not can_change:
            return
        label = tn(
            "Learn something else ({count} other way)",
            "Learn something else ({count} other ways)",
            others,
        )
        if not others:
            label = t("Choose the columns")
        with st.expander(label, icon=":material/swap_horiz:"):
            _change(row, asked)


def name_loose(row: store.DatasetRow) -> None:
    """Let a person name pictures that were set aside only because nothing says what they show."""
    asked = answering.asked_of(row)
    loose = making.loose_names(row.id) if asked is not None else set()
    if asked is None or not loose or not (row.counts or {}).get("classes"):
        return
    found = material.examples(asked.material_id, sorted(loose))
    if not found:
        return
    with st.container(border=True, key="graft-loose"):
        st.markdown(
            "**"
            + literal(
                tn(
                    "{count} picture has no class. What is on it?",
                    "{count} pictures have no class. What is on these?",
                    len(found),
                )
            )
            + "**"
        )
        shown = list(found.items())[:CLASSES_SHOWN]
        gallery.draw(gallery.Shown(digest, name, name.rpartition("/")[2]) for name, digest in shown)
        if len(found) > len(shown):
            st.caption(t("{shown} of {count} shown", shown=len(shown), count=len(found)))
        with st.form(f"loose-{row.id}", border=False):
            name = st.selectbox(
                t("Their class"),
                list((row.counts or {}).get("classes") or {}),
                index=None,
                accept_new_options=True,
                placeholder=t("Choose a class, or write a new one"),
                key=f"loose-name-{row.id}",
            )
            if st.form_submit_button(t("Add them"), icon=":material/add:") and name:
                with errors.shown():
                    state.choose_dataset(answering.name_loose(row.id, name))
                    st.rerun()


def _change(row: store.DatasetRow, asked: Asked) -> None:
    choice = _choose(asked, f"change-{row.id}")
    st.caption(
        t(
            "The pictures are read again as they came, as a new version. This one stays as it is; "
            "what was changed by hand since the import stays with it."
        )
    )
    is_same = choice.model_dump(exclude_defaults=True) == (
        asked.taken.model_dump(exclude_defaults=True) if asked.taken else None
    )
    if st.button(
        t("Learn this instead"),
        key="change-reading",
        disabled=is_same or "" in choice.columns,
    ):
        with errors.shown():
            state.choose_dataset(answering.answer(row.id, choice))
            st.rerun()


# The choice


def _choose(asked: Asked, key: str, unnamed: str = "") -> Choice:
    """Draw the readings, the chosen one with what it comes to, and return the choice.

    Args:
        asked: the readings.
        key: of the widgets.
        unnamed: the name of the one class where nothing tells it, until a person writes another.
    """
    by_key = {reading.key: reading for reading in asked.readings[:MOST_LISTED]}
    taken = asked.taken.key if asked.taken else ""
    titles = distinct_literal({each.key: t(each.title) for each in by_key.values()}, TITLE_LENGTH)
    facts = [literal(t(reading.facts)) for reading in by_key.values()]
    chosen = next(iter(by_key))
    if len(by_key) > 1:
        chosen = st.radio(
            t("Ways to read what came"),
            list(by_key),
            index=list(by_key).index(taken) if taken in by_key else 0,
            format_func=titles.__getitem__,
            captions=facts if len(set(facts)) > 1 else None,
            label_visibility="collapsed",
            key=key,
        )
    else:
        st.markdown(f"**{titles[chosen]}**")
    reading = by_key[chosen]
    with st.container(border=True):
        choice = _details(reading, asked, f"{key}-{chosen}", unnamed)
        _preview(reading, asked)
    return choice


def _details(reading: Reading, asked: Asked, key: str, unnamed: str) -> Choice:
    """Draw what may be chosen within a reading: its columns, or the name of the one class."""
    columns: tuple[str, ...] = ()
    name = ""
    if len(reading.offered) > 1:
        earlier = asked.taken if asked.taken and asked.taken.key == reading.key else None
        default = (earlier.columns if earlier else ()) or reading.answers
        words = registry.get(reading.task).choosing()
        picked = st.multiselect(
            words.title,
            reading.offered,
            default=[column for column in reading.offered if column in default],
            help=words.help,
            key=f"columns-{key}",
        )
        usual = reading.answers
        columns = () if tuple(picked) == usual else tuple(picked)
        if not picked:
            st.caption(t("Choose at least one column."))
            columns = ("",)
    if reading.source == "one_class":
        name = st.text_input(
            t("What is on these?"),
            value=next(iter(reading.classes), unnamed),
            max_chars=NAME_LIMIT,
            placeholder=t("for example: my cat"),
            help=t(
                "It becomes the name of their class. Pictures of other things can be added afterwards."
            ),
            key=f"class-{key}",
        ).strip()
        if name == next(iter(reading.classes), None):
            name = ""
    return Choice(key=reading.key, columns=columns, class_name=name)


def _preview(reading: Reading, asked: Asked) -> None:
    """Show what a reading comes to: what speaks for it, its classes with a few pictures, what stays out."""
    for sentence in (Said("{facts}.", facts=reading.facts), *reading.evidence):
        st.markdown(f":small[{literal(t(sentence))}]")
    names = [name for kept in reading.examples.values() for name in kept]
    found = material.examples(asked.material_id, names)
    if reading.source == "one_class":
        gallery.draw(gallery.Shown(found[name], name) for name in names if name in found)
    elif found and registry.get(reading.task).example_caption(reading, "") is not None:
        gallery.draw(
            gallery.Shown(found[name], name, caption or "")
            for value, kept in reading.examples.items()
            for caption in (registry.get(reading.task).example_caption(reading, value),)
            for name in kept
            if name in found
        )
    elif found:
        for edge, (label, kept) in enumerate(reading.examples.items()):
            _row(reading, label, [found[name] for name in kept if name in found], edge)
    else:
        _counts(reading)
    more = len(reading.classes) - len(reading.examples)
    if more > 0 and found:
        st.caption(tn("and {count} more class", "and {count} more classes", more))
    _parts(reading)
    for out in reading.out:
        st.caption(literal(_out(out)))


def _row(reading: Reading, label: str, hashes: Sequence[str], edge: int) -> None:
    words = f"**{literal(shortened(label))}** · {numbers.count(reading.classes.get(label, 0))}"
    left, right = st.columns([1, 3], vertical_alignment="center")
    left.markdown(words)
    with right:
        gallery.draw(gallery.Shown(digest, label, edge=edge) for digest in hashes)


def _counts(reading: Reading) -> None:
    shown = list(reading.classes.items())[:CLASSES_SHOWN]
    if not shown:
        return
    st.dataframe(
        {
            t("Class"): [name for name, _ in shown],
            t("Pictures"): [count for _, count in shown],
        },
        hide_index=True,
        width="content",
    )
    if len(reading.classes) > len(shown):
        st.caption(t("{shown} of {count} shown", shown=len(shown), count=len(reading.classes)))


def _parts(reading: Reading) -> None:
    if not reading.parts:
        return
    words = {"train": t("training"), "val": t("validation"), "test": t("test")}
    told = ", ".join(
        f"{numbers.count(count)} {words[part]}" for part, count in reading.parts.items()
    )
    st.caption(t("Divided as it came: {parts}. What is missing is cut from training.", parts=told))


def _title(reading: Reading, choice: Choice) -> str:
    if choice.class_name:
        return t("One class: {name}", name=choice.class_name)
    if choice.columns:
        return t("From the columns {columns}", columns=", ".join(choice.columns))
    return t(reading.title)


def _out(out: Out) -> str:
    match out.kind:
        case "unlabelled":
            return tn(
                "{count} picture in “{name}” has no class and stays out of the training.",
                "{count} pictures in “{name}” have no class and stay out of the training.",
                out.count,
                name=out.name,
            )
        case "loose":
            return tn(
                "{count} picture lies loose; it can be named afterwards.",
                "{count} pictures lie loose; they can be named afterwards.",
                out.count,
            )
    return tn(
        "{count} picture has no line in the table; it can be named afterwards.",
        "{count} pictures have no line in the table; they can be named afterwards.",
        out.count,
    )

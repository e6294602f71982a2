"""The gallery to work in: choose pictures, move them or leave them out; rename, merge, delete classes."""

import numpy as np
import streamlit as st

from pages.parts.data import picking, version_history
from pages.parts.shared import gallery, numbers, widget_values
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.edits import (
    NAME_LIMIT,
    DeleteClass,
    Exclude,
    Merge,
    NewClass,
    Relabel,
    Rename,
)
from tl_core.datasets.manifest import Dataset
from tl_core.tasks import registry

ALL, NEW = -1, -2


@st.fragment
def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw the pictures of a data set with all that can be done to them.

    A fragment: a click answers without drawing the rest of the page.
    """
    # Filters outlive an edit, as long as classes keep their numbers.
    key = f"gallery-{row.root_id}-{len(dataset.classes)}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen_class, part = _filters(dataset, key)
        if registry.of(dataset).names_classes:
            _class_menu(row, dataset, chosen_class)
    fits = np.ones(len(dataset), bool)
    if chosen_class != ALL:
        fits &= registry.of(dataset).shown_under(dataset, chosen_class)
    if part != ALL:
        fits &= dataset.splits == part
    rows = np.flatnonzero(fits)
    if not len(rows):
        st.caption(t("No pictures here."))
        return
    selection = f"gallery-{row.id}"
    chosen = picking.pages(dataset, gallery.interleaved(rows, dataset.labels), selection)
    # Below the pictures, and held at the lower edge of the window: nothing moves under the pointer.
    _action_bar(row, dataset, sorted(chosen), selection)


def _filters(dataset: Dataset, key: str) -> tuple[int, int]:
    chosen = ALL
    if registry.of(dataset).names_classes:
        is_one = registry.of(dataset).one_class_each
        everything = t("All classes") if is_one else t("All labels")
        titles = distinct({ALL: everything, **dict(enumerate(dataset.classes))})
        chosen = st.selectbox(
            t("Class") if is_one else t("Label"),
            list(titles),
            format_func=titles.__getitem__,
            key=f"{key}-class",
            width=280,
        )
    parts = {ALL: t("all"), 0: t("training"), 1: t("validation"), 2: t("test")}
    part = st.segmented_control(
        t("Part"),
        list(parts),
        default=ALL,
        required=True,
        format_func=parts.__getitem__,
        key=f"{key}-part",
    )
    return chosen, ALL if part is None else part


def _action_bar(row: store.DatasetRow, dataset: Dataset, chosen: list[int], key: str) -> None:
    """Draw what can be done with the chosen pictures."""
    if not chosen:
        return
    with st.container(
        border=True, horizontal=True, vertical_alignment="bottom", key="graft-action-bar"
    ):
        count = numbers.count(len(chosen))
        words = tn("{number} picture chosen", "{number} pictures chosen", len(chosen), number=count)
        st.markdown(f"**{words}**", width="content")
        task = registry.of(dataset)
        if task.names_classes and task.one_class_each:
            _move(row, dataset, chosen, key)
        elif task.names_classes:
            _label(row, dataset, chosen, key)
        if st.button(t("Leave out"), key=f"{key}-exclude", icon=":material/remove_selection:"):
            version_history.make(row, Exclude(rows=tuple(chosen)))
        st.button(
            t("Choose none"),
            key=f"{key}-none",
            type="tertiary",
            on_click=widget_values.choose_rows,
            args=(key, ()),
        )


def _move(row: store.DatasetRow, dataset: Dataset, chosen: list[int], key: str) -> None:
    """Draw where the chosen pictures may go: to a class there is, or to a new one."""
    titles = distinct({**dict(enumerate(dataset.classes)), NEW: t("A new class")})
    target = st.selectbox(
        t("Move to"),
        list(titles),
        index=None,
        placeholder=t("Choose a class"),
        format_func=titles.__getitem__,
        key=f"{key}-target",
        width=220,
        help=t("Gives the chosen pictures another label. You can undo this."),
    )
    name = ""
    if target == NEW:
        name = st.text_input(
            t("Its name"),
            max_chars=NAME_LIMIT,
            key=f"{key}-name",
            width=220,
            help=t("What the pictures of the new class show. No other class may have this name."),
        )
    clicked = st.button(
        t("Move"),
        key=f"{key}-move",
        icon=":material/drive_file_move:",
        disabled=target is None,
    )
    if not clicked or target is None:
        return
    if target == NEW:
        version_history.make(row, NewClass(rows=tuple(chosen), name=name))
    else:
        labels = (target,) * len(chosen)
        version_history.make(row, Relabel(rows=tuple(chosen), labels=labels))


def _label(row: store.DatasetRow, dataset: Dataset, chosen: list[int], key: str) -> None:
    """Draw which label the chosen pictures are given beside their own, or lose."""
    titles = distinct(dict(enumerate(dataset.classes)))
    label = st.selectbox(
        t("Label"),
        list(titles),
        index=None,
        placeholder=t("Choose a label"),
        format_func=titles.__getitem__,
        key=f"{key}-label",
        width=220,
        help=t("A picture may have several labels. You can undo this."),
    )
    for words, takes, icon in (
        (t("Give"), False, ":material/new_label:"),
        (t("Take away"), True, ":material/label_off:"),
    ):
        if st.button(words, key=f"{key}-label-{takes}", icon=icon, disabled=label is None):
            labels = (label or 0,) * len(chosen)
            edit = Relabel(rows=tuple(chosen), labels=labels, takes_away=takes)
            version_history.make(row, edit)


def _class_menu(row: store.DatasetRow, dataset: Dataset, shown: int) -> None:
    """Draw the menu in which a class is renamed, merged into another or left out."""
    is_one = registry.of(dataset).one_class_each
    title = t("Change classes") if is_one else t("Change labels")
    with st.popover(title, icon=":material/edit:", key=f"class-menu-{row.id}"):
        titles = distinct(dict(enumerate(dataset.classes)))
        label = st.selectbox(
            t("Which class") if is_one else t("Which label"),
            list(titles),
            index=max(0, shown),
            format_func=titles.__getitem__,
            key=f"class-menu-{row.id}-{shown}",
        )
        with st.form(f"class-name-{row.id}-{label}", border=False):
            name = st.text_input(t("Its name"), value=dataset.classes[label], max_chars=NAME_LIMIT)
            if st.form_submit_button(t("Rename"), icon=":material/edit:"):
                version_history.make(row, Rename(label=label, name=name))
        others = [other for other in titles if other != label]
        if not others:
            return
        with st.form(f"class-merge-{row.id}-{label}", border=False):
            into = st.selectbox(
                t("Merge it into"),
                others,
                format_func=titles.__getitem__,
                help=t("Its pictures become pictures of that class, and its name goes.")
                if is_one
                else t("Its pictures get that label instead, and its name goes."),
            )
            if st.form_submit_button(t("Merge"), icon=":material/merge:"):
                version_history.make(row, Merge(labels=(label,), into=into))
        delete_class(row, dataset, label, f"class-menu-{row.id}")


def delete_class(row: store.DatasetRow, dataset: Dataset, label: int, key: str) -> None:
    """Draw the button that leaves a class out with its pictures; it asks once."""
    task = registry.of(dataset)
    count = int(np.count_nonzero(task.goes_with(dataset, label)))
    name = literal(shortened(dataset.classes[label]))
    if task.one_class_each:
        question = tn(
            "Yes, delete “{name}” with its {count} picture",
            "Yes, delete “{name}” with its {count} pictures",
            count,
            name=name,
        )
        words = t("Delete this class")
        about = t("Leaves out the class with all its pictures. You can undo this.")
    else:
        question = tn(
            "Yes, delete “{name}” and the {count} picture that shows nothing else",
            "Yes, delete “{name}” and the {count} pictures that show nothing else",
            count,
            name=name,
        )
        if not count:
            question = t("Yes, delete “{name}”; all pictures stay", name=name)
        words = t("Delete this label")
        about = t("Pictures that show something else keep their other labels. You can undo this.")
    sure = st.checkbox(question, key=f"{key}-sure-{label}")
    if st.button(
        words,
        key=f"{key}-delete-{label}",
        icon=":material/delete:",
        disabled=not sure,
        help=about,
    ):
        version_history.make(row, DeleteClass(label=label))

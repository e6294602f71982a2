"""What else there is to learn from: which other data sets serve this one, and as what; and which run may teach it."""

import streamlit as st

from pages.parts.shared import (
    class_names,
    datasets,
    errors,
    run_names,
    scrolling,
    state,
    widget_values,
)
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets.manifest import Dataset
from tl_core.home import roles
from tl_core.methods.method import Role
from tl_core.tasks import registry


def title(role: Role) -> str:
    """Return what a role is called."""
    return {
        "source": t("Labelled pictures from elsewhere"),
        "unlabelled": t("Pictures from where it will be used"),
        "teacher": t("A finished run that may teach"),
    }[role]


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw a choice for every role that something has a use for, and the matching of classes."""
    possible = roles.possible(dataset)
    if not possible:
        return
    st.header(
        t("What else to learn from"),
        help=t(
            "Some ways of training learn from more than one data set. What you name here is what they begin with on Train and in the Transfer lab, in every version of this data set; there you can still choose otherwise. Nothing here changes these pictures."
        ),
    )
    st.caption(
        t(
            "Optional. Other data sets of this project can help this one, and so can a model that you have already: say here which, once."
        )
    )
    named = roles.of(row)
    for role in possible:
        with errors.shown():
            _choice(row, role, named.get(role, ""))
            if chosen := named.get(role):
                _consequences(row, dataset, role, chosen)


def serves(row: store.DatasetRow) -> bool:
    """Say which data sets this one was named for, with the way to each; return whether it needs classes."""
    found = roles.served(row)
    for served, role in found:
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"serves-{served.id}-{role}"
        ):
            st.markdown(f":material/link: {_served_as(role, served)}", width="content")
            name = literal(shortened(served.name))
            if st.button(
                t("Open “{name}”", name=name),
                key=f"open-served-{served.id}-{role}",
                type="tertiary",
                icon=":material/arrow_forward:",
            ):
                state.choose_dataset(served.id)
                st.rerun()
    return not any(role == roles.WITHOUT_CLASSES for _, role in found)


def asked_for(served_id: str, role: Role) -> str:
    """Return the sentence over the intake that says what new pictures are brought for."""
    name = literal(shortened(store.dataset(served_id).name))
    if role == "source":
        return t(
            "These become labelled pictures that “{name}” learns from as well: sort them into folders, called as its classes are where they mean the same.",
            name=name,
        )
    return t(
        "These become pictures from where “{name}” will be used. They need no class; if some have one, called as there, they tell whether adapting helped.",
        name=name,
    )


def _served_as(role: Role, served: store.DatasetRow) -> str:
    name = literal(shortened(served.name))
    if role == "source":
        return t("“{name}” learns from these pictures as well.", name=name)
    return t("“{name}” is to be used on pictures like these.", name=name)


def _choice(row: store.DatasetRow, role: Role, named: str) -> None:
    """Draw the choice for one role and the way to bring pictures for it; keep what is chosen."""
    offered = roles.offered(row, role)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"role-{role}"):
        chosen = named
        if offered:
            titles = distinct({each: _title(role, each) for each in offered}, length=140)
            # What is named anew, here or elsewhere, is what the widget shows.
            key = f"role-{role}-{row.id}-{named}"
            if named in offered and not widget_values.is_held(key):
                widget_values.set_value(key, named)
            chosen = st.selectbox(
                title(role),
                offered,
                index=None,  # what begins empty can be emptied again
                placeholder=t("None"),
                format_func=titles.__getitem__,
                help=_help(role),
                key=key,
                width=720 if role == "teacher" else 480,
            )
        else:
            none_yet = t("{input}: there is none in this project yet.", input=title(role))
            st.caption(none_yet, help=_help(role), width="content")
        if role != "teacher" and st.button(
            t("Add pictures for this"),
            key=f"add-for-{role}",
            icon=":material/add:",
            type="tertiary",
        ):
            state.ask_for_new_data(serves=(row.id, role))
            scrolling.scroll_to("graft-header")
            st.rerun()
    if (chosen or "") != named:
        roles.give(row, role, chosen or "")
        st.rerun()


def _consequences(row: store.DatasetRow, dataset: Dataset, role: Role, chosen: str) -> None:
    """Draw which classes are taken for which, and why what was chosen is of no use yet, where it is of none."""
    renamed: dict[str, str] = {}
    if role == "source" and registry.of(dataset).one_class_each:
        renamed = class_names.settle(row, dataset.classes, chosen, "data")
    said = tuple(sorted(renamed.items()))
    if (flaw := _flaw(row.id, role, chosen, said, dataset)) is not None:
        st.warning(f"{literal(t(flaw.message))} {literal(t(flaw.hint))}", icon=":material/warning:")


@st.cache_data(max_entries=64, show_spinner=False)
def _flaw(
    dataset_id: str, role: Role, chosen: str, said: tuple[tuple[str, str], ...], _dataset: Dataset
) -> UserError | None:
    return roles.flaw(_dataset, role, chosen)


def _title(role: Role, identifier: str) -> str:
    if role == "teacher":
        return run_names.title(store.run(identifier))
    return datasets.title(store.dataset(identifier))


def _help(role: Role) -> str:
    return {
        "source": t(
            "Of at least one of your classes; photos beside drawings, another camera, another shop. Learning from them as well helps where you have few pictures. Only what looks like yours counts for much."
        ),
        "unlabelled": t(
            "As they look where the model is to work: another camera, another light, drawings instead of photos. Nobody has to label them; about five labelled ones of every class tell whether adapting to them helps."
        ),
        "teacher": t(
            "A finished run for the same classes, with a larger backbone. A smaller network learns to answer as it does."
        ),
    }[role]

"""Pictures that came without a class: classes proposed for them, and the model that may answer them."""

import streamlit as st

from pages.parts.data import proposed_classes
from pages.parts.shared import errors, gallery, numbers, page_files, widget_values
from pages.parts.shared.gallery import Shown
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.intake import unlabelled
from tl_core.intake.unlabelled import Unlabelled
from tl_core.tasks import registry

SHOWN = 24


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw the pictures of a data set that have no class, if there are any."""
    kept = unlabelled.NOTHING
    with errors.shown():
        kept = _kept(row.id)
    if not len(kept):
        return
    with st.container(key=proposed_classes.PLACE):
        st.header(t("Pictures without a class"))
    st.markdown(
        tn(
            "{count} picture came without a class. Nothing is learnt from it until it has one; your model "
            "answers it under “Try it”.",
            "{count} pictures came without a class. Nothing is learnt from them until they have one; your model "
            "answers them under “Try it”.",
            len(kept),
        )
    )
    if not registry.of(dataset).one_class_each:
        st.caption(
            t(
                "Classes are proposed only where each picture has one class. For numbers and several labels, "
                "train a model and let it answer these."
            )
        )
        _pictures(row.id, kept)
    elif not proposed_classes.draw(row, dataset):
        _pictures(row.id, kept)
    family = [version.id for version in store.versions(row.root_id)]
    if any(run.status == "finished" for each in family for run in store.runs(dataset_id=each)):
        st.page_link(page_files.TRY_IT, label=t("Answer them"), icon=":material/quiz:")


@st.fragment
def _pictures(dataset_id: str, kept: Unlabelled) -> None:
    """Draw the pictures, more of them at a click."""
    key = f"unlabelled-shown-{dataset_id}"
    count = int(widget_values.value_of(key, SHOWN))
    pairs = list(zip(kept.hashes.tolist(), kept.names.tolist(), strict=True))[:count]
    gallery.draw(Shown(digest, alt=name, caption=name.rpartition("/")[2]) for digest, name in pairs)
    if len(pairs) < len(kept):
        told = t(
            "{shown} of {all} shown",
            shown=numbers.count(len(pairs)),
            all=numbers.count(len(kept)),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(told, width="content")
            if st.button(t("Show more"), key=f"{key}-more", type="tertiary"):
                widget_values.set_value(key, 4 * count)
                st.rerun(scope="fragment")


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(dataset_id: str) -> Unlabelled:
    return unlabelled.load(dataset_id)

"""“That is wrong”: a person says what a picture shows, and the data learn from it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.parts.shared import at_work, datasets, errors, notices, page_files, state, tokens
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import ids
from tl_core.jobs import corrections, imports
from tl_core.jobs.corrections import Corrections, Placed
from tl_core.jobs.tried import Told
from tl_core.signals import progress

REFRESH_S = 0.7


def draw(run: store.RunRow, trial_id: str, told: Told) -> None:
    """Draw where a person puts one answer right, or what was said of it."""
    base = _base(run)
    if base is None or told.prediction is None:
        return
    known, panels = corrections.known(run.id, trial_id), registry.of_answer(told.prediction)
    key = f"try-right-{trial_id}-{told.key}"
    if told.key in known.noted:
        truth = literal(shortened(panels.known_in_short(known.noted[told.key])))
        st.markdown(f":material/edit: {t('Noted: it is {truth}.', truth=f'**{truth}**')}")
        if st.button(
            t("Take that back"), key=f"{key}-back", icon=":material/undo:", type="tertiary"
        ):
            corrections.forget(run.id, trial_id, told.key)
            st.rerun()
        return
    added = {**known.earlier, **known.added}
    if told.key in added:
        truth = literal(shortened(panels.known_in_short(added[told.key])))
        st.markdown(
            f":material/check: {t('Added to your data: it is {truth}.', truth=f'**{truth}**')}"
        )
        return
    with st.popover(t("That is wrong"), icon=":material/edit:", key=key):
        answer = panels.ask_answer(told.prediction, datasets.loaded(base.id), key)
        if st.button(t("Note it"), key=f"{key}-note", disabled=answer is None) and answer:
            with errors.shown():
                corrections.note(run.id, trial_id, told.key, answer, base.id)
                st.rerun()


def column(run: store.RunRow, trial_id: str, told: Sequence[Told]) -> dict[str, list[object]]:
    """Return what was put right as a column of a table, nothing where none of these was."""
    known = corrections.known(run.id, trial_id)
    answers = {**known.earlier, **known.added, **known.noted}
    if not any(one.key in answers for one in told):
        return {}
    panels = registry.of_run(run)
    return {
        t("Put right"): [
            panels.known_in_short(answers[one.key]) if one.key in answers else "" for one in told
        ]
    }


def bar(run: store.RunRow, trial_id: str) -> None:
    """Draw what becomes of the answers that were put right: added to the data, undone, trained on."""
    known = corrections.known(run.id, trial_id)
    if known.dataset:
        row = store.dataset(known.dataset)
        st.fragment(_added, run_every=REFRESH_S if row.status == "importing" else None)(
            run, trial_id, row.status == "importing"
        )
    base = _base(run)
    if not known.noted or base is None:
        return
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key="graft-action-bar"
    ):
        words = tn("{count} answer put right", "{count} answers put right", len(known.noted))
        st.markdown(f"**{words}**", width="content")
        if st.button(
            t("Add to my data"),
            key="try-add",
            icon=":material/add_photo_alternate:",
            disabled=_is_adding(known),
            help=t(
                "Makes a new version of your data with these pictures in the part for training. You can undo this."
            ),
        ):
            with errors.shown():
                corrections.add(run.id, trial_id, base.id, by=tokens.visitor())
                st.rerun(scope="app")


def _is_adding(known: Corrections) -> bool:
    return bool(known.dataset) and store.dataset(known.dataset).status == "importing"


def _base(run: store.RunRow) -> store.DatasetRow | None:
    """Return the data set to add to: the version that is in use, None where none can be added to."""
    learnt_from, chosen = store.dataset(run.dataset_id), state.dataset()
    row = learnt_from
    if chosen is not None and chosen.root_id == learnt_from.root_id:
        row = chosen
    is_same_task = registry.of_counts(row.counts) is registry.of_run(run)
    is_there = row.status == "ready" and bool(row.counts) and row.deleted_at is None
    return row if is_there and is_same_task and len(datasets.loaded(row.id)) else None


def _stop_adding(dataset_id: str) -> None:
    imports.stop_intake(dataset_id)
    st.rerun(scope="app")


def _added(run: store.RunRow, trial_id: str, was_working: bool) -> None:
    known = corrections.known(run.id, trial_id)
    row = store.dataset(known.dataset) if known.dataset else None
    if row is None:
        return
    if row.status == "importing":
        view, stop = progress.state(ids.dataset_folder(row.id)), partial(_stop_adding, row.id)
        at_work.draw(view, stop, "try-add-stop")
        return
    if row.status != "ready":
        told = row.error or {}
        errors.explain(told.get("code", "bug"), told.get("message", ""), told.get("hint", ""))
        if st.button(t("Back to what was noted"), key="try-add-again", icon=":material/undo:"):
            corrections.take_back(run.id, trial_id)
            st.rerun(scope="app")
        return
    if was_working:
        _work_with(run, row.id)
        notices.note_known(row.root_id, row.version)
        st.rerun(scope="app")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/check: {_where(corrections.placed(row))} {t('That is version {number}.', number=row.version)}",
            width="stretch",
        )
        if st.button(t("Undo"), key="try-add-undo", icon=":material/undo:"):
            before = corrections.take_back(run.id, trial_id)
            if before:
                _work_with(run, before)
            st.rerun(scope="app")
        if st.button(t("Train again"), key="try-train", icon=":material/model_training:"):
            _work_with(run, row.id)
            st.switch_page(page_files.TRAIN)


def _work_with(run: store.RunRow, dataset_id: str) -> None:
    """Choose a version of the data, and stay with the run that is tried."""
    state.choose_dataset(dataset_id)
    state.choose_run(run.id)


def _where(placed: Placed) -> str:
    """Say what became of the pictures, and why any of them is not learnt from."""
    told = []
    if placed.learnt_from:
        told.append(
            tn(
                "{count} picture was added to the part for training.",
                "{count} pictures were added to the part for training.",
                placed.learnt_from,
            )
        )
    if placed.judged_by:
        told.append(
            tn(
                "{count} picture joined a copy of it in the validation or test part, so it is not learnt from.",
                "{count} pictures joined copies of them in the validation or test part, so they are not learnt from.",
                placed.judged_by,
            )
        )
    if placed.changed:
        told.append(
            tn(
                "{count} picture was in your data already: it stays where it is, with the new answer.",
                "{count} pictures were in your data already: they stay where they are, with the new answers.",
                placed.changed,
            )
        )
    return " ".join(told)

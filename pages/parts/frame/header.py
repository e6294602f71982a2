"""The slim header of every page: where you are, what is training, which step is next."""

import time
from pathlib import Path

import streamlit as st

from pages.parts.frame import journey, project_menu
from pages.parts.shared import (
    page_files,
    read_aloud,
    run_names,
    run_state,
    state,
)
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base import ids
from tl_core.signals import progress
from tl_core.signals.progress import RunView

REFRESH_S = 2.0
NAME_LENGTH = 24


def draw(page: st.Page) -> None:
    """Draw project, data set, current run and the row of steps above a page."""
    project = state.project()
    if project is not None:
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key="graft-header"
        ):
            project_menu.draw(project)
            _dataset_link()
            _run_link()
    if state.dataset() is not None:
        _journey()


def _dataset_link() -> None:
    dataset = state.dataset()
    if dataset is None:
        return
    is_importing = dataset.status == "importing"
    st.fragment(_dataset_state, run_every=REFRESH_S if is_importing else None)(is_importing)


def _dataset_state(was_importing: bool) -> None:
    dataset = state.dataset()
    if dataset is None:
        return
    if was_importing and dataset.status != "importing":
        st.rerun(scope="app")
    label = literal(shortened(dataset.name, NAME_LENGTH))
    if dataset.version > 1:
        label += f" · {t('version {number}', number=dataset.version)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
        if was_importing:
            ring(progress.state(ids.dataset_folder(dataset.id)).fraction)
        st.page_link(
            page_files.DATA,
            label=label,
            icon=":material/photo_library:",
            help=t("The data set in use"),
        )


def _run_link() -> None:
    run = state.run()
    if run is None:
        return
    is_active = run.status in store.UNDONE
    st.fragment(_run_state, run_every=REFRESH_S if is_active else None)(is_active)


def _run_state(was_active: bool) -> None:
    run = state.run()
    if run is None:
        return
    if was_active and run.is_done:
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
        if run.status in store.UNDONE:
            share = share_done(progress.state(Path(ids.run_folder(run.id))), time.time())
            ring(share)
        label = f"{literal(shortened(run.name, NAME_LENGTH))} · {run_state.word(run)}"
        st.page_link(
            run_state.page_of(run),
            label=label,
            icon=run_state.ICONS[run.status],
            help=t("The current run: {about}", about=literal(run_names.about(run))),
        )
        # Last, as even what nobody sees takes a place in the row.
        read_aloud.say(f"{run.name}: {run_state.word(run)}", "run")


def share_done(view: RunView, now: float) -> float:
    """Return how much of a run is done at `now` (seconds), 0 to 1, weighed by what the plan expected.

    Encoding can be most of a run, or next to nothing; a run without a plan counts its epochs.
    """
    of_epochs = view.epoch / view.planned_epochs if view.planned_epochs else 0.0
    expected = sum(view.said_s.values())
    if not expected:
        return min(1.0, of_epochs)
    before = sum(view.said_s.get(phase, 0.0) for phase in view.spent_s if phase != view.phase)
    share = of_epochs if view.phase == "fit" else view.fraction_at(now)
    return min(1.0, (before + share * view.said_s.get(view.phase, 0.0)) / expected)


def ring(share: float) -> None:
    """Draw a small ring that is filled to `share`."""
    whole = round(share * 100)
    alt = escape(t("{percent} % done", percent=whole))
    st.html(
        f'<span class="graft-ring" role="img" aria-label="{alt}" style="--share:{whole}"></span>'
    )


def _journey() -> None:
    with st.container(horizontal=True, gap="xsmall", key="graft-journey"):
        for number, step in enumerate(journey.steps(), start=1):
            st.page_link(
                step.page,
                label=step.title,
                icon=":material/check_circle:" if step.is_done else f":material/counter_{number}:",
            )

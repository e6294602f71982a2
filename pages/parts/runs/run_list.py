"""The runs of a project, newest first: look at one, start again with its settings, put it away."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import (
    endings,
    manage_menu,
    negative_transfer,
    next_training,
    page_files,
    run_names,
    run_state,
    scores,
    scrolling,
    state,
)
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.jobs import run_actions
from tl_core.methods import registry

SHOWN = 20
REFRESH_S = 2.0


def draw(project_id: str, open_run_id: str) -> None:
    """Draw every run of the project as a row; `open_run_id` is shown above, "" where none is."""
    runs = store.runs(project_id)
    _watch(project_id, _standing(runs))
    st.header(t("All runs"))
    pages = -(-len(runs) // SHOWN)
    page = st.pagination(pages, key="runs-page") if pages > 1 else 1
    for run in runs[(page - 1) * SHOWN : page * SHOWN]:
        _row(run, is_open=run.id == open_run_id)


@st.fragment(run_every=REFRESH_S)
def _watch(project_id: str, drawn: tuple[object, ...]) -> None:
    """Draw the page anew when a run came, went or stands elsewhere than it was drawn."""
    if _standing(store.runs(project_id)) != drawn:
        st.rerun(scope="app")


def _standing(runs: Sequence[store.RunRow]) -> tuple[object, ...]:
    """Return what the list says of runs that may change while somebody looks at it."""
    return tuple((run.id, run.name, run.status, run.metrics is not None) for run in runs)


def _row(run: store.RunRow, *, is_open: bool) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"run-row-{run.id}"
    ):
        st.markdown(
            f"{run_state.ICONS[run.status]} **{literal(shortened(run.name))}**  \n:small[{_about(run)}]",
            width="stretch",
        )
        if is_open:
            st.badge(t("shown above"), color="gray")
        elif st.button(
            t("Show"), key=f"show-{run.id}", type="tertiary", icon=":material/visibility:"
        ):
            state.choose_run(run.id)
            scrolling.scroll_to("shown-run")
            st.rerun()
        if st.button(
            t("Same settings"),
            key=f"again-{run.id}",
            type="tertiary",
            icon=":material/replay:",
            help=t("Opens Train with the settings of this run, to start again with them."),
        ):
            next_training.go_back_to(registry.as_far_as_known(run_actions.settings_of(run.id)))
            next_training.take_inputs(run.inputs or {})
            state.choose_run(run.id)
            st.switch_page(page_files.TRAIN)
        manage_menu.draw("run", run.id, run.name)


def _about(run: store.RunRow) -> str:
    facts = [run_state.word(run)]
    if ahead := run_actions.queue_position(run):
        facts.append(tn("{count} run comes first", "{count} runs come first", ahead))
    facts.append(literal(run_names.about(run)))
    told = (scores.short(run), negative_transfer.in_short(run), endings.short(run))
    facts += [fact for fact in told if fact]
    return " · ".join(facts)

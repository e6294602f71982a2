"""Runs side by side: a table to choose from, what differs, the curves, and whether one is better."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.runs import better_or_worse, compared_pictures, curves_side_by_side
from pages.parts.shared import csv_download, run_method, run_names, run_state, scores, tables
from pages.parts.shared.tasks import judged_answers
from pages.parts.shared.text import distinct, literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import SETTINGS
from tl_core.evaluation import comparison
from tl_core.evaluation.comparison import Comparison, TestAnswers
from tl_core.methods import registry as methods

MOST = 6
FEW_RUNS = 8
"""So many runs are found without a search."""
TABLE_PX = 320


def draw(project_id: str) -> None:
    """Draw the comparison of a project's runs, nothing where fewer than two have a result."""
    runs = [run for run in store.runs(project_id) if _has_result(run)]
    if len(runs) < 2:
        return
    st.header(t("Compare runs"))
    st.markdown(t("Tick two to six runs to see whether one is really better, and where."))
    chosen = _chosen(runs)
    if len(chosen) < 2:
        return
    titles = distinct({run.id: run.name for run in chosen})
    base_id = st.selectbox(
        t("Hold the others against"),
        [run.id for run in chosen],
        index=len(chosen) - 1,
        format_func=titles.__getitem__,
        key="compare-base",
        help=t("Each of the other runs is compared with this one, picture by picture."),
    )
    base = next(run for run in chosen if run.id == base_id)
    others = [run for run in chosen if run.id != base_id]
    for other in others:
        _pair(base, other, titles, len(others))
    _settings(chosen, titles)
    curves_side_by_side.draw(
        {titles[run.id]: run_state.progress_of(run.id) for run in reversed(chosen)}
    )


def _has_result(run: store.RunRow) -> bool:
    metrics = run.metrics or {}
    return metrics.get("test_accuracy") is not None and not metrics.get("arrived")


def _chosen(runs: Sequence[store.RunRow]) -> list[store.RunRow]:
    """Draw the table of runs; return those that are chosen in it."""
    asked = ""
    if len(runs) > FEW_RUNS:
        asked = st.text_input(
            t("Find runs"),
            key="compare-search",
            placeholder=t("Part of a name, a data set or a network"),
        )
    found = list(runs)
    if asked:
        found = [run for run in runs if asked.casefold() in run_names.title(run).casefold()]
        st.caption(t("Shown: {shown} of {all}.", shown=len(found), all=len(runs)))
    if not found:
        return []
    table = _table(found)
    state = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        height=tables.height_px(len(found), TABLE_PX),
        key=f"compare-runs-{asked}",
        column_config={t("Run"): st.column_config.Column(pinned=True)},
        placeholder=tables.NOTHING,
    )
    csv_download.draw(t("Download this table"), table, "runs.csv", key="csv-compare")
    picked = [found[row] for row in state["selection"]["rows"] if row < len(found)]
    if len(picked) == 1:
        st.caption(t("Tick another run in the table."))
    if len(picked) > MOST:
        st.caption(
            tn(
                "At most {most} runs are compared at once; {count} more is left out.",
                "At most {most} runs are compared at once; {count} more are left out.",
                len(picked) - MOST,
                most=MOST,
            )
        )
    return picked[:MOST]


def _table(runs: Sequence[store.RunRow]) -> dict[str, list[object]]:
    return {
        t("Run"): [run.name for run in runs],
        t("Result"): [scores.short(run) for run in runs],
        t("Log loss"): [
            _number((run.metrics or {}).get("test", {}).get("log_loss")) for run in runs
        ],
        t("Data"): [run_names.data(run) for run in runs],
        t("Network"): [run_names.backbone(run) for run in runs],
        t("Learns"): [" · ".join(run_names.depth(run)) for run in runs],
        t("Method"): [t(methods.title_of(run.config)) for run in runs],
        t("Handed over"): [_handed_over(run) for run in runs],
        t("Seconds"): [_seconds(run.id, run.finished_at) for run in runs],
        t("Date"): [run_names.when(run) for run in runs],
    }


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 3)


def _handed_over(run: store.RunRow) -> str:
    words = {"exact_head": t("exact solution"), "trained": t("trained network")}
    return words.get(str((run.metrics or {}).get("handed_over")), "")


@st.cache_data(max_entries=1000, show_spinner=False)
def _seconds(run_id: str, finished_at: float | None) -> int | None:
    """Return how long a run that has ended worked; its events are read once."""
    worked = run_state.progress_of(run_id).worked_s
    return round(worked) if worked else None


def _pair(
    base: store.RunRow, other: store.RunRow, titles: Mapping[str, str], comparisons: int
) -> None:
    """Draw whether `other` is better than `base`, and on which pictures they differ."""
    names = titles[base.id], titles[other.id]
    st.subheader(
        t("{second} against {first}", first=literal(names[0]), second=literal(names[1])),
        anchor=False,
    )
    try:
        written = tuple(judged_answers.written_ns(run.id) for run in (base, other))
        first = _answers(base.id, base.dataset_id, written[0])
        second = _answers(other.id, other.dataset_id, written[1])
        found = _compared(base.id, other.id, written, comparisons, first, second)
    except UserError as error:
        st.info(f"{t(error.message)} {t(error.hint)}", icon=":material/info:")
        return
    better_or_worse.draw(found, *names)
    compared_pictures.draw(
        found, first, second, names, key=f"{base.id}-{other.id}", dataset_id=base.dataset_id
    )


@st.cache_resource(max_entries=12, show_spinner=False)
def _answers(run_id: str, dataset_id: str, changed: int) -> TestAnswers:
    return comparison.answers_of(ids.run_folder(run_id), dataset_id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _compared(
    first_id: str,
    second_id: str,
    changed: tuple[int, ...],
    comparisons: int,
    _first: TestAnswers,
    _second: TestAnswers,
) -> Comparison:
    return comparison.compare(_first, _second, comparisons)


def _settings(runs: Sequence[store.RunRow], titles: Mapping[str, str]) -> None:
    """Draw the settings that are not the same in all of the runs."""
    differing = run_method.differing(runs)
    st.markdown(f"**{t('What differs in their settings')}**")
    if not differing:
        st.caption(t("Nothing: they differ by their pictures or by chance alone."))
        return
    rows = {t("Setting"): [t(SETTINGS[name].field.title or name) for name in differing]}
    columns = {
        titles[run.id]: [run_method.written(run, name) for name in differing] for run in runs
    }
    st.dataframe(rows | columns, hide_index=True)

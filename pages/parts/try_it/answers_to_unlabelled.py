"""Pictures that came without a class, answered by the model of a run."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import csv_download, errors, numbers
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.export import answers
from tl_core.intake import unlabelled
from tl_core.intake.unlabelled import Unlabelled
from tl_core.jobs import unlabelled_answers
from tl_core.jobs.predictor import Prediction

REFRESH_S = 0.7
ROW_PX, TABLE_PX = 64, 560
PAGE = 50


def draw(run: store.RunRow) -> None:
    """Draw what the model of a run says about these pictures, or the button that asks it."""
    dataset_id, kept = "", unlabelled.NOTHING
    with errors.shown():
        dataset_id, kept = unlabelled_answers.waiting(run)
    if not len(kept):
        return
    st.header(t("To be answered"))
    st.markdown(
        tn(
            "{count} picture of your data came without a class.",
            "{count} pictures of your data came without a class.",
            len(kept),
        )
    )
    working = unlabelled_answers.is_working(run.id, dataset_id)
    st.fragment(_answers, run_every=REFRESH_S if working else None)(
        run, dataset_id, kept, was_working=working
    )


def _answers(run: store.RunRow, dataset_id: str, kept: Unlabelled, *, was_working: bool) -> None:
    if unlabelled_answers.is_working(run.id, dataset_id):
        _progress(run.id, dataset_id)
        return
    if was_working:
        st.rerun(scope="app")
    found = None
    with errors.shown():
        found = unlabelled_answers.found(run.id, dataset_id)
    if found is not None:
        _table(run, kept, *found)
        return
    ask = tn("Answer this {count} picture", "Answer these {count} pictures", len(kept))
    if st.button(ask, key="answer-unlabelled", icon=":material/quiz:"):
        unlabelled_answers.start(run.id, dataset_id)
        st.rerun(scope="app")


def _progress(run_id: str, dataset_id: str) -> None:
    view = unlabelled_answers.view(run_id, dataset_id)
    words = literal(t(view.text) if view.text else t("Getting ready"))
    if view.total:
        words += " · " + t(
            "{done} of {all}", done=numbers.count(view.done), all=numbers.count(view.total)
        )
    st.progress(view.fraction, text=words)
    if st.button(t("Stop"), key="stop-answers", icon=":material/stop:"):
        unlabelled_answers.stop(run_id, dataset_id)


def _table(
    run: store.RunRow, kept: Unlabelled, names: Sequence[str], told: Sequence[Prediction]
) -> None:
    """Draw answers beside their pictures, the least sure first, and the table of all to take away."""
    if not told:
        return
    places, page = unlabelled_answers.least_sure_first(run.id, told), 1
    count = -(-len(places) // PAGE)
    if count > 1:
        page = st.pagination(count, key=f"unlabelled-page-{run.id}-{count}")
        first = (page - 1) * PAGE
        st.caption(
            t(
                "{shown} of {all} shown, the least sure first.",
                shown=numbers.between(
                    numbers.count(first + 1), numbers.count(min(first + PAGE, len(told)))
                ),
                all=numbers.count(len(told)),
            )
        )
    places = places[(page - 1) * PAGE : page * PAGE]
    hash_of = dict(zip(kept.names.tolist(), kept.hashes.tolist(), strict=True))
    columns, look = registry.of_answer(told[0]).columns([told[place] for place in places])
    shown: dict[str, list[object]] = {
        t("Picture"): [
            f"/graft/thumbnail/{hash_of[name]}" if (name := names[place]) in hash_of else None
            for place in places
        ],
        t("File"): [names[place] for place in places],
        **columns,
    }
    st.dataframe(
        shown,
        column_config={t("Picture"): st.column_config.ImageColumn(width="small"), **look},
        hide_index=True,
        row_height=ROW_PX,
        height=min(TABLE_PX, ROW_PX * len(places) + 38),
        key="unlabelled-answers",
    )
    csv_download.draw(
        t("Download the answers"),
        lambda: answers.columns(names, told),
        f"answers {run.name}.csv",
        key="csv-unlabelled",
    )

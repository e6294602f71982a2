"""The alarm on a run: what came from elsewhere made the model worse than no transfer."""

import streamlit as st

from pages.parts.shared.tasks import judged_answers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base import ids
from tl_core.evaluation import negative_transfer


def draw(run: store.RunRow) -> None:
    """Warn where the run is worse, beyond doubt, than a head that learnt from its own pictures alone."""
    told = _of(run)
    if told is not None:
        st.warning(literal(t(told)), icon=":material/trending_down:")


def in_short(run: store.RunRow) -> str:
    """Return the alarm in two words, for lists; "" where there is none."""
    return "" if _of(run) is None else t("negative transfer")


def _of(run: store.RunRow) -> str | None:
    if not run.inputs or not run.metrics:  # learnt from nothing else, or has no result
        return None
    return _alarm(run.id, run.dataset_id, judged_answers.written_ns(run.id))


@st.cache_data(max_entries=1000, show_spinner=False)
def _alarm(run_id: str, dataset_id: str, changed: int) -> str | None:
    return negative_transfer.alarm_of(ids.run_folder(run_id), dataset_id)

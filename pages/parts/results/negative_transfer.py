"""The alarm on a result: what came from elsewhere made the model worse than no transfer."""

import streamlit as st

from pages.parts.shared.tasks import judged_answers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base import ids
from tl_core.evaluation import negative_transfer


def draw(run: store.RunRow) -> None:
    """Warn where the run is worse, beyond doubt, than a head that learnt from its own pictures alone."""
    told = _alarm(run.id, run.dataset_id, judged_answers.written_ns(run.id))
    if told is not None:
        st.warning(literal(t(told)), icon=":material/trending_down:")


@st.cache_data(max_entries=64, show_spinner=False)
def _alarm(run_id: str, dataset_id: str, changed: int) -> str | None:
    found = negative_transfer.of_run(ids.run_folder(run_id), dataset_id)
    return None if found is None else negative_transfer.alarm(found)

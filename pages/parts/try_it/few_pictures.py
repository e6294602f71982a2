"""Pictures that this page holds itself, such as a photo of the camera: answered at once, a card for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.shared import errors, state
from pages.parts.shared.tasks import registry
from pages.parts.shared.words import t
from pages.parts.try_it import answer_card, correcting, promised_answers
from tl_core import store
from tl_core.jobs import trial
from tl_core.jobs.trial import Shown, Trial

REFRESH_S = 0.7


def draw(
    run: store.RunRow, pictures: Sequence[Shown], truths: Mapping[str, Any] | None = None
) -> None:
    """Have pictures answered in a process beside this one, and draw the answers so far.

    Args:
        run: whose model answers.
        pictures: a few.
        truths: what pictures are known to show, by key, as the panels of the task take it.
    """
    if not pictures:
        return
    trial_id = state.trial_of(run.id)
    known = _state(run, trial_id)
    missing = [picture for picture in pictures if picture.key not in known.asked]
    if missing and not known.is_working:
        trial_id = trial.start(run.id, missing, trial_id)
        state.note_trial(run.id, trial_id)
        known = _state(run, trial_id)
    every_s = REFRESH_S if known.is_working else None
    asked = promised_answers.ask(run, registry.of_run(run))
    st.fragment(_cards, run_every=every_s)(
        run, trial_id, pictures, truths or {}, known.is_working, asked
    )


def _state(run: store.RunRow, trial_id: str) -> Trial:
    return trial.state(run.id, trial_id) if trial_id else Trial({}, {}, is_working=False)


def _cards(
    run: store.RunRow,
    trial_id: str,
    pictures: Sequence[Shown],
    truths: Mapping[str, Any],
    was_working: bool,
    asked: promised_answers.Asked,
) -> None:
    known = _state(run, trial_id)
    if was_working and not known.is_working:
        st.rerun(scope="app")
    with errors.shown():
        if known.error is not None:
            raise known.error
    for picture in pictures:
        told = known.told.get(picture.key)
        if told is not None:
            with errors.shown():
                answer_card.draw(run, trial_id, told, truths.get(picture.key), asked)
        elif known.is_working:
            st.progress(0.0, text=t("It is looking at the picture"))
    if trial_id:
        with errors.shown():
            correcting.bar(run, trial_id)

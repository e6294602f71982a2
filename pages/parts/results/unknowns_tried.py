"""How a model does on what it was never taught: one priced click, then a table that stays."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from pages.parts.shared import at_work, datasets, errors, numbers
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.jobs import unknowns_tester
from tl_core.measures.unknowns import CAREFUL

REFRESH_S = 1.0


def draw(run: store.RunRow, careful: float | None) -> None:
    """Draw what was found, or offer to find out.

    Args:
        run: that has a model.
        careful: which share of known pictures the model refuses; None where it cannot tell unknowns.
    """
    if unknowns_tester.is_working(run.id):
        st.fragment(_working, run_every=REFRESH_S)(run.id)
        return
    found = unknowns_tester.found(run.id)
    if found is None or careful is None:
        _offer(run, makes=careful is None)
        return
    _table(found, careful)


def _offer(run: store.RunRow, *, makes: bool) -> None:
    try:
        seconds = _seconds(run.dataset_id, unknowns_tester.settings(run).model_dump_json())
    except UserError:  # a backbone, a method or pictures that are not here any more
        return
    if (fault := unknowns_tester.failure(run.id)) is not None:
        st.warning(literal(f"{t(fault.message)} {t(fault.hint)}"), icon=":material/warning:")
    time = numbers.about(seconds)
    label = (
        t("Let it tell what it was never taught: {time}", time=time)
        if makes
        else t("Try it on what it was never taught: {time}", time=time)
    )
    if st.button(
        label,
        key=f"try-unknowns-{run.id}",
        icon=":material/help_center:",
        help=t(
            "It is shown what it was never taught: each kind of picture in turn, as if that had been left out, and "
            "sample pictures of something else. The model itself stays as it is."
        ),
    ):
        with errors.shown():
            unknowns_tester.start(run.id)
            st.rerun()


def _working(run_id: str) -> None:
    if not unknowns_tester.is_working(run_id):
        st.rerun(scope="app")
    view, stop = unknowns_tester.view(run_id), partial(unknowns_tester.stop, run_id)
    at_work.draw(view, stop, f"stop-unknowns-{run_id}")


def _table(found: Mapping[str, Any], careful: float) -> None:
    samples = found["samples"]
    rows = [(f"{t('Class')} “{shortened(one['name'])}”", one) for one in found["left_out"]]
    rows += [(t(samples["name"]), samples)] if samples else []
    if not rows:
        st.caption(t("There is nothing here that it could be tried on."))
        return
    st.subheader(t("Tried on what it was never taught"))
    st.markdown(
        f"{_what_was_shown(classes=bool(found['left_out']))} {_told_apart()}",
        help=t(
            "The area under the ROC curve: how often a picture of none of the classes looks stranger than a test picture. "
            "For each class the detector is fitted anew, and a last layer is solved for, without it. Where stages of the "
            "backbone were trained they have seen that class, and only its test pictures are asked about."
        ),
    )
    st.dataframe(
        {
            t("Shown"): [name for name, _ in rows],
            t("Told apart"): [
                numbers.percent_within(one["area"], one["low"], one["high"]) for _, one in rows
            ],
            t("Refused"): [_refused(one, careful) for _, one in rows],
            t("Pictures"): [numbers.count(one["strangers"]) for _, one in rows],
        },
        hide_index=True,
    )
    st.caption(
        t(
            "Refused: how many of these get “none of these” where {share} of known pictures may be refused. 95 % intervals.",
            share=numbers.percent(careful),
        )
    )


def _what_was_shown(*, classes: bool) -> str:
    if classes:
        return t(
            "Each class in this table was left out, as if it had never been taught; then its pictures were shown."
        )
    return t("Sample pictures of something else were shown.")


def _told_apart() -> str:
    return t(
        "How well they are told from test pictures of what it knows: 100 % is always, 50 % is by chance."
    )


def _refused(one: Mapping[str, Any], careful: float) -> str:
    at = next(
        (each for each in one["refused"] if each["careful"] == careful),
        next(each for each in one["refused"] if each["careful"] == CAREFUL),
    )
    return numbers.percent_within(at["share"], at["low"], at["high"])


@st.cache_data(max_entries=32, show_spinner=False, ttl=600)
def _seconds(dataset_id: str, settings: str) -> float:
    config = TrainConfig.model_validate_json(settings)
    return unknowns_tester.price_s(datasets.loaded(dataset_id), config)

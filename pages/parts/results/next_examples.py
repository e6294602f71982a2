"""What to collect next: the curve by amount, the gain of each class, and advice with its evidence."""

import streamlit as st

from pages.parts.results import amount_chart, class_gains, collecting_advice
from pages.parts.shared import at_work, datasets, errors, numbers
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, parse
from tl_core.evaluation.collecting import Collected
from tl_core.jobs import curve_drawer
from tl_core.jobs.curve_drawer import CurveAsked

REFRESH_S = 1.0


def draw(run: store.RunRow) -> None:
    """Draw what more pictures would bring, or the offer to find out, and what to do next."""
    try:
        asked = _priced(run.dataset_id, parse(run.config).model_dump_json())
    except UserError as error:  # settings or a backbone of another version
        asked = error
    st.header(t("What to collect next"))
    working = isinstance(asked, CurveAsked) and curve_drawer.is_working(asked.key)
    st.fragment(_panel, run_every=REFRESH_S if working else None)(run, asked, working)


@st.cache_data(max_entries=32, show_spinner=False, ttl=600)
def _priced(dataset_id: str, settings: str) -> CurveAsked | UserError:
    """Return a curve with its price, or why there can be none."""
    try:
        return curve_drawer.priced(
            datasets.loaded(dataset_id), TrainConfig.model_validate_json(settings)
        )
    except UserError as error:
        return error


def _panel(run: store.RunRow, asked: CurveAsked | UserError, was_working: bool) -> None:
    if isinstance(asked, UserError):
        st.caption(literal(f"{t(asked.message)} {t(asked.hint)}"))
        collecting_advice.draw(run, None)
        return
    if curve_drawer.is_working(asked.key):
        at_work.draw(
            curve_drawer.view(asked.key), lambda: curve_drawer.stop(asked.key), "stop-curve"
        )
        return
    if was_working:
        st.rerun(scope="app")
    found = None
    with errors.shown():
        found = curve_drawer.found(asked.key)
    if found is None:
        _offer(asked)
    else:
        _curve(run, found)
    collecting_advice.draw(run, found)


def _offer(asked: CurveAsked) -> None:
    if st.button(
        t("Draw the learning curve: {time}", time=numbers.about(asked.seconds)),
        key="draw-curve",
        icon=":material/show_chart:",
        help=t(
            "Learns from a tenth of your pictures, then from ever more of them, and tells what twice as many would bring "
            "and which of them help most."
        ),
    ):
        with errors.shown():
            curve_drawer.start(asked)
            st.rerun(scope="app")


def _curve(run: store.RunRow, found: Collected) -> None:
    panels = registry.of_run(run)
    amount_chart.draw(run, found, are_shares=panels.curve_is_share)
    st.caption(_about(run, found))
    if found.folds:
        st.caption(
            t(
                "The test part is small. Cross-validated on all pictures, the exact solution reaches {mean} ± {spread}.",
                **panels.fold_scores(found.folds),
            )
        )
    class_gains.draw(run, found)


def _about(run: store.RunRow, found: Collected) -> str:
    """Say of what the curve is, and what was left out."""
    told = tn(
        "Each point is the exact solution on the frozen network, judged on {count} test picture; drawn several times, "
        "the bars show the lowest and the highest.",
        "Each point is the exact solution on the frozen network, judged on {count} test pictures; drawn several times, "
        "the bars show the lowest and the highest.",
        found.judged,
    )
    if run.inputs:
        told += " " + t("What this run learnt from beside your pictures takes no part in it.")
    if run.setting("trainable_stages"):
        told += " " + t(
            "This run trained more of the network, so its own result may lie above the curve."
        )
    if found.used < found.learnt:
        told += " " + tn(
            "To save time, the largest share is {used} of {count} picture.",
            "To save time, the largest share is {used} of {count} pictures.",
            found.learnt,
            used=numbers.count(found.used),
        )
    return told

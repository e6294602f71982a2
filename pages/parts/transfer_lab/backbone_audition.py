"""Which backbone suits these pictures: chosen, priced, followed while it works, and what came of it."""

import streamlit as st

from pages.parts.shared import at_work, errors, numbers
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import fetch_backbones, ranking, under_the_hood
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import auditioner
from tl_core.jobs.auditioner import Asked

REFRESH_S = 1.0
REMEMBERED_S = 20


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw the audition of backbones."""
    st.header(
        t("Which backbone suits your pictures?"),
        help=t(
            "Each network describes a sample of your pictures. How well a simple head reads your classes from that description tells, in seconds, which network to train. Use it before the first long training."
        ),
    )
    with errors.shown():
        here = auditioner.at_hand(dataset.modality)
        key, before = auditioner.latest(row.id) or (None, here)
        chosen = st.multiselect(
            t("Backbones to compare"),
            here,
            default=[name for name in before if name in here] or here,
            format_func=lambda name: catalogue.get(name).title,
            key=f"audition-of-{row.id}-{len(here)}",
            help=t("All whose weights are on this computer. Fewer take less time."),
        )
        if chosen:
            asked = _priced(row.id, tuple(chosen), dataset)
            last = auditioner.shown(asked.key, key)
            working = auditioner.is_working(last)
            st.fragment(_panel, run_every=REFRESH_S if working else None)(asked, last, working)
        else:
            st.caption(t("Choose at least one."))
        fetch_backbones.draw(auditioner.to_fetch(dataset.modality), alone=len(here) < 2)


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _priced(dataset_id: str, names: tuple[str, ...], _dataset: Dataset) -> Asked:
    return auditioner.of_backbones(_dataset, names)


def _panel(asked: Asked, last: str, was_working: bool) -> None:
    if auditioner.is_working(last):
        at_work.draw(auditioner.view(last), lambda: auditioner.stop(last), "stop-audition")
        if (found := auditioner.so_far(last)) is not None:
            ranking.draw(found, key=f"so-far-{last}", is_whole=False)
        return
    if was_working:
        st.rerun(scope="app")
    if (failed := auditioner.failure(last)) is not None:
        errors.explain(failed.code, failed.message, failed.hint)
    found = auditioner.so_far(last) if failed is None else None
    if found is not None:
        ranking.draw(found, key=f"found-{last}", is_whole=auditioner.was_done(last))
        ranking.use(found)
        under_the_hood.draw(found)
    if asked.key != last or not auditioner.was_done(last):
        _offer(asked)


def _offer(asked: Asked) -> None:
    if st.button(
        t("Compare backbones: {time}", time=numbers.about(asked.total_s)),
        key="start-audition",
        icon=":material/leaderboard:",
        help=t(
            "In the background. What is worked out for it is kept, and a training uses it again."
        ),
    ):
        with errors.shown():
            auditioner.start(asked)
            st.rerun(scope="app")
    each = " · ".join(
        f"{catalogue.get(name).title} {numbers.duration(seconds)}"
        for name, seconds in zip(asked.backbones, asked.seconds, strict=True)
    )
    pictures = tn("{count} picture", "{count} pictures", asked.pictures)
    st.caption(t("On {pictures}, none of the test part: {each}.", pictures=pictures, each=each))

"""Trying two depths for half a minute: a button with its price, progress, and what each brought."""

import streamlit as st

from pages.parts.shared import at_work, depth_words, errors, next_training, numbers
from pages.parts.shared.words import t, tn
from pages.parts.train import price, recommendations
from tl_core import store
from tl_core.backbones import stages
from tl_core.config import TrainConfig, changed
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import beginning, depth_comparer
from tl_core.jobs.depth_comparer import Comparison, Try
from tl_core.pricing import advice

REFRESH_S = 1.0


def draw(row: store.DatasetRow, dataset: Dataset, config: TrainConfig) -> None:
    """Draw the try where it can tell anything: not in a lesson, and only with enough pictures."""
    can_tell = advice.is_given(dataset, config) and depth_comparer.is_possible(dataset)
    if not can_tell or beginning.is_lesson(row) or price.lacks_weights(config):
        return
    depths = depth_comparer.depths(
        price.recommended(dataset, config),
        config.network.trainable_stages,
        len(stages.of(config.network.backbone)),
    )
    configs = [
        recommendations.suited(dataset, config.but(trainable_stages=depth)) for depth in depths
    ]
    asked = _priced(dataset.id, configs, dataset)
    # What was tried stays in sight when another depth is chosen since.
    last = next_training.last_try(row.id, config.network.backbone) or asked.key
    working = depth_comparer.is_working(last)
    st.fragment(_panel, run_every=REFRESH_S if working else None)(asked, depths, last, working)


@st.cache_data(ttl=price.REMEMBERED_S, max_entries=64, show_spinner=False)
def _priced(dataset_id: str, configs: list[TrainConfig], _dataset: Dataset) -> Comparison:
    return depth_comparer.priced(_dataset, configs)


def _panel(asked: Comparison, depths: tuple[int, ...], last: str, was_working: bool) -> None:
    if depth_comparer.is_working(last):
        at_work.draw(
            depth_comparer.view(last), lambda: depth_comparer.stop(last), "stop-try-depths"
        )
        return
    if was_working:
        st.rerun(scope="app")
    found = None
    with errors.shown():
        found = depth_comparer.found(last)
    if found is not None:
        _results(found, len(stages.of(asked.configs[0].network.backbone)))
    # Also after one that failed: it may succeed the next time.
    if found is None or {each.stages for each in found} != set(depths):
        _offer(asked, depths)


def _offer(asked: Comparison, depths: tuple[int, ...]) -> None:
    backbone = asked.configs[0].network.backbone
    total = len(stages.of(backbone))
    named = t(" and ").join(depth_words.named(depth, total) for depth in depths)
    if st.button(
        t("Try {depths}: {time}", depths=named, time=numbers.about(asked.seconds)),
        key="try-depths",
        icon=":material/science:",
        help=t(
            "Trains briefly on a third of your pictures and compares with the exact solution on the validation part. "
            "Use it when you wonder whether training more of the network pays."
        ),
    ):
        with errors.shown():
            depth_comparer.start(asked)
            next_training.keep_try(asked.dataset_id, backbone, asked.key)
            st.rerun(scope="app")


def _results(found: tuple[Try, ...], total: int) -> None:
    """Draw what each depth brought, and a way to take it."""
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            told = t(
                "Tried {depth}: {points} of accuracy against the exact solution, in 8 of 10 cases.",
                depth=depth_words.named(each.stages, total),
                points=t(advice.between(each.low, each.high)),
            )
            st.markdown(told, width="stretch")
            _take(each.stages)
    first = found[0]
    learnt = tn("{count} picture", "{count} pictures", first.pictures)
    judged = tn("{count} validation picture", "{count} validation pictures", first.judged)
    st.caption(
        t(
            "Learnt briefly from {learnt}, judged on {judged}. A whole training that does not beat the exact solution hands that over instead.",
            learnt=learnt,
            judged=judged,
        )
    )


def _take(depth: int) -> None:
    now = next_training.settings()
    if now.network.trainable_stages == depth:
        st.markdown(f":material/check: {t('Chosen')}", width="content")
    elif st.button(t("Choose"), key=f"take-depth-{depth}"):
        next_training.replace(changed(now, trainable_stages=depth))
        st.rerun(scope="app")

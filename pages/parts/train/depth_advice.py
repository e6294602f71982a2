"""What each freeze depth brought on data like this, in words beside its price."""

import streamlit as st

from pages.parts.shared import depth_words
from pages.parts.shared.words import t
from tl_core import store
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import beginning
from tl_core.pricing import advice
from tl_core.pricing.advice import Advice, Recommendation
from tl_core.pricing.plan import Plan

REMEMBERED_S = 20


def of_depths(dataset: Dataset, config: TrainConfig) -> tuple[Advice, ...]:
    """Return what each freeze depth would bring, remembered for some seconds; nothing where nobody can say."""
    if not _is_asked(dataset, config):
        return ()
    return _of_depths(dataset.id, config.network.backbone, config, dataset)


def recommended(dataset: Dataset, config: TrainConfig, priced: Plan) -> Recommendation | None:
    """Return the freeze depth that earns its time; None where nothing is known."""
    seconds = [price.total_s for price in priced.prices]
    return advice.recommended_depth(of_depths(dataset, config), seconds)


def in_short(dataset: Dataset, config: TrainConfig) -> str:
    """Return what the chosen depth brings in few words, or nothing where no gain can be told."""
    advised = of_depths(dataset, config)
    return t(advised[config.network.trainable_stages].in_short) if advised else ""


def in_words(dataset: Dataset, config: TrainConfig) -> list[str]:
    """Return what each depth brings in few words; empty where no gain can be told."""
    return [t(each.in_short) for each in of_depths(dataset, config)]


def column(dataset: Dataset, config: TrainConfig, depths: int) -> list[str]:
    """Return the same for a table of so many depths; empty only where gains mean nothing."""
    if not _is_asked(dataset, config):
        return []
    return in_words(dataset, config) or [t("nothing known yet")] * depths


def draw(dataset: Dataset, config: TrainConfig, priced: Plan) -> None:
    """Draw what the chosen depth brings, how sure that is, and which depth earns its time."""
    advised = of_depths(dataset, config)
    if advised:
        chosen = config.network.trainable_stages
        st.caption(_sentence(chosen, len(advised) - 1, advised[chosen]))
        found = recommended(dataset, config, priced)
        if found is not None and found.trainable_stages != chosen:
            st.caption(t(found.why))
    elif _is_asked(dataset, config):
        st.caption(t("What this depth brings in accuracy: nothing known yet."))


def _sentence(chosen: int, total: int, advised: Advice) -> str:
    return t(
        "Training {depth}: {points} of accuracy against the exact solution, in 8 of 10 cases, as {source} tell.",
        depth=depth_words.named(chosen, total),
        points=t(advised.in_short),
        source=t(advised.from_what),
    )


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _of_depths(
    dataset_id: str, backbone: str, _config: TrainConfig, _dataset: Dataset
) -> tuple[Advice, ...]:
    return advice.of_depths(_dataset, _config, store.dataset(dataset_id).root_id)


def _is_asked(dataset: Dataset, config: TrainConfig) -> bool:
    """Say whether gains mean anything here: not in a lesson, nor where numbers are learnt."""
    is_given = advice.is_given(dataset, config)
    return is_given and not beginning.is_lesson(store.dataset(dataset.id))

"""Where to begin to train: how well the features at each depth of one backbone suit these pictures."""

import streamlit as st

from pages.parts.shared import at_work, depth_words, errors, next_training, numbers, page_files
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import ranking
from tl_core import store
from tl_core.backbones import catalogue, stages
from tl_core.config import TrainConfig, changed
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation.audition import Audition, Heard, Place
from tl_core.jobs import auditioner
from tl_core.jobs.auditioner import Asked
from tl_core.pricing import advice

REFRESH_S = 1.0
REMEMBERED_S = 20


def draw(row: store.DatasetRow, dataset: Dataset) -> None:
    """Draw the audition of depths."""
    st.header(
        t("Where to begin to train"),
        help=t(
            "The first stages of a network see edges and textures, the last ones what it was taught. Where your classes are read best from an earlier stage, the later ones have to learn anew."
        ),
    )
    with errors.shown():
        here = auditioner.at_hand(dataset.modality)
        own = next_training.settings().network.backbone
        name = st.selectbox(
            t("Backbone"),
            here,
            index=here.index(own) if own in here else 0,
            format_func=lambda name: catalogue.get(name).title,
            key=f"depths-of-{own}",
        )
        asked = _priced(row.id, name, dataset)
        working = auditioner.is_working(asked.key)
        panel = st.fragment(_panel, run_every=REFRESH_S if working else None)
        panel(row, dataset, asked, working)


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _priced(dataset_id: str, name: str, _dataset: Dataset) -> Asked:
    return auditioner.of_depths(_dataset, name)


def _panel(row: store.DatasetRow, dataset: Dataset, asked: Asked, was_working: bool) -> None:
    if auditioner.is_working(asked.key):
        at_work.draw(auditioner.view(asked.key), lambda: auditioner.stop(asked.key), "stop-depths")
        return
    if was_working:
        st.rerun(scope="app")
    if (failed := auditioner.failure(asked.key)) is not None:
        errors.explain(failed.code, failed.message, failed.hint)
    elif (found := auditioner.so_far(asked.key)) is not None:
        _results(row, dataset, asked.backbones[0], found, asked.key)
    if auditioner.was_done(asked.key):
        return
    count = tn("{count} depth", "{count} depths", len(asked.depths))
    if st.button(
        t("Compare {depths}: {time}", depths=count, time=numbers.about(asked.total_s)),
        key="start-depths",
        icon=":material/layers:",
    ):
        with errors.shown():
            auditioner.start(asked)
            st.rerun(scope="app")


def _results(
    row: store.DatasetRow, dataset: Dataset, backbone: str, found: Audition, key: str
) -> None:
    total = len(stages.of(backbone))

    def named(heard: Heard) -> str:
        return depth_words.named(int(heard.name), total)

    st.markdown(_advice(found, total))
    ranking.draw(
        found,
        key=f"depths-{key}",
        is_whole=auditioner.was_done(key),
        named=named,
        told=_in_words(found, named(found.places[0].heard)),
        places=_by_depth(found),
    )
    depth = auditioner.begins_at(found)
    _table(row, dataset, backbone, found)
    if st.button(
        t("Train {depth}", depth=depth_words.named(depth, total)),
        key="use-depth",
        icon=":material/check:",
    ):
        if next_training.settings().network.backbone != backbone:
            next_training.choose_backbone(backbone)
        next_training.replace(changed(next_training.settings(), trainable_stages=depth))
        st.switch_page(page_files.TRAIN)


def _advice(found: Audition, total: int) -> str:
    depth = auditioner.begins_at(found)
    if depth == 0:
        return t(
            "What the whole network sees suits your pictures as well as any of its earlier stages: nothing has to be learnt anew. Begin with the new head alone; let stages learn to go beyond."
        )
    return t(
        "Your pictures are told apart better before the last stages than after them. Begin to train there: let {depth} learn.",
        depth=depth_words.named(depth, total),
    )


def _in_words(found: Audition, best: str) -> str:
    """Return how well the best depth is read, and how many others may be as good."""
    first, others = found.places[0], len(found.tied) - 1
    told = t(
        "Your classes are read best where **{depth}** would learn: {score}.",
        depth=best,
        score=ranking.within(found, first),
    )
    if not others:
        return told
    apart = tn(
        "{count} other depth cannot be told apart from that by these pictures.",
        "{count} other depths cannot be told apart from that by these pictures.",
        others,
    )
    return f"{told} {apart}"


def _by_depth(found: Audition) -> list[Place]:
    return sorted(found.places, key=lambda place: int(place.heard.name))


def _table(row: store.DatasetRow, dataset: Dataset, backbone: str, found: Audition) -> None:
    """Draw beside each depth what trainings on other data sets let expect of it."""
    config = TrainConfig().but(backbone=backbone)
    advised = advice.of_depths(dataset, config, row.root_id)
    total = len(stages.of(backbone))
    places = _by_depth(found)
    table: dict[str, list[object]] = {
        t("What would learn"): [
            depth_words.named(int(place.heard.name), total) for place in places
        ],
        t("Read from below it"): [ranking.within(found, place) for place in places],
    }
    if advised:
        table[t("Training it brings")] = [
            t(advised[int(place.heard.name)].in_short) for place in places
        ]
    st.dataframe(table, hide_index=True)
    if advised:
        st.caption(
            t(
                "Training it brings: points of accuracy against the exact solution, in 8 of 10 cases, as {source} tell.",
                source=t(advised[0].from_what),
            )
        )

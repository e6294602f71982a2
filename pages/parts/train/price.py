"""What a training will take, and on what device, said before Start."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from pages.parts.shared import next_training, numbers, tables
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from pages.parts.train import depth_advice
from tl_core.backbones import weights
from tl_core.base import accelerator, machine
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.encoding import job
from tl_core.jobs import ahead, spare
from tl_core.methods import registry
from tl_core.modalities import registry as modalities
from tl_core.modalities.phrases import Phrases
from tl_core.pricing import plan, requirements
from tl_core.pricing.job_price import Price
from tl_core.pricing.plan import Plan

REMEMBERED_S = 20


def draw(dataset: Dataset, config: TrainConfig, inputs: Mapping[str, str] | None = None) -> None:
    """Draw the device that will train and what this training takes."""
    with st.container(border=True, key="price"):
        _device()
        if lacks_weights(config):
            return
        priced = planned(dataset, config, inputs)
        said = modalities.of(dataset).phrases
        _sentence(priced.chosen, config, said)
        depth_advice.draw(dataset, config, priced)
        _preparing(dataset, config, priced.chosen)
        is_one_step = plan.is_one_step(job.resolve(dataset, config))
        if is_one_step and not registry.of(config).is_solved:
            st.caption(
                t(
                    "A batch of {count} holds all pictures to learn from, so each epoch makes a single correction. Choose a smaller batch for more of them.",
                    count=numbers.count(config.steps.batch_size),
                )
            )
        if len(priced.prices) == 1:  # the method leaves no choice
            return
        with st.expander(t("What other freeze depths would take")):
            _table(priced, said, depth_advice.column(dataset, config, len(priced.prices)))


def lacks_weights(config: TrainConfig) -> bool:
    """Say whether the method stands on pretrained weights that are not on this machine."""
    return registry.of(config).is_pretrained and not weights.present(config.network.backbone)


def in_short(
    dataset: Dataset, config: TrainConfig, inputs: Mapping[str, str] | None = None
) -> None:
    """Draw in one line what a training of these settings takes."""
    if lacks_weights(config):
        st.markdown(t("The weights are not here yet."), width="stretch")
        return
    chosen = planned(dataset, config, inputs).chosen
    words = t(
        "**{time}** · {epochs} · {memory} of memory",
        time=numbers.duration(chosen.total_s),
        epochs=_course(config),
        memory=numbers.size(chosen.memory_bytes),
    )
    brings = depth_advice.in_short(dataset, config)
    st.markdown(f"{words} · {brings}" if brings else words, width="stretch")


def _course(config: TrainConfig) -> str:
    if registry.of(config).is_solved:
        return t("solved at once, no epochs")
    epochs = registry.settled(config).course.epochs
    return tn("{count} epoch", "{count} epochs", epochs)


def recommended(dataset: Dataset, config: TrainConfig) -> int | None:
    """Return the freeze depth that earns its time; None where nothing is known."""
    if lacks_weights(config):
        return None
    found = depth_advice.recommended(dataset, config, planned(dataset, config))
    return None if found is None else found.trainable_stages


def planned(dataset: Dataset, config: TrainConfig, inputs: Mapping[str, str] | None = None) -> Plan:
    """Return the prices of a training that begins now, remembered for some seconds."""
    own = next_training.touched() if next_training.recommended() else None
    made = _plan(dataset.id, config, dict(inputs or {}), own, dataset)
    return made.with_libraries() if spare.waits() else made


def alone(dataset: Dataset, config: TrainConfig) -> Price:
    """Return the price of a training at its own freeze depth, beside no further input; remembered likewise."""
    price = _one(dataset.id, config, dataset)
    return replace(price, import_s=0.0) if spare.waits() else price


def warn(dataset: Dataset) -> None:
    """Say what will make the training poor though not impossible, such as a class of one picture."""
    for problem in manifest.problems(dataset):
        if not problem.blocks:
            st.warning(
                f"**{literal(t(problem.message))}** {literal(t(problem.hint))}",
                icon=":material/warning:",
            )


def obstacle(dataset: Dataset, has_weights: bool, config: TrainConfig | None = None) -> str:
    """Return why training cannot start, or nothing."""
    for problem in manifest.problems(dataset):
        if problem.blocks:
            return f"{t(problem.message)} {t(problem.hint)}"
    if not has_weights:
        return t(
            "The weights of this backbone are not here yet. Choose one of the three ways above."
        )
    return _too_large(dataset.id, config, dataset) if config else ""


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _too_large(dataset_id: str, config: TrainConfig, _dataset: Dataset) -> str:
    """Return why this computer has no room for a training, or nothing."""
    try:
        requirements.require_memory(job.resolve(_dataset, registry.settled(config)))
    except UserError as error:
        return f"{t(error.message)} {t(error.hint)}"
    return ""


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _plan(
    dataset_id: str,
    config: TrainConfig,
    inputs: dict[str, str],
    touched: frozenset[str] | None,
    _dataset: Dataset,
) -> Plan:
    return plan.plan(_dataset, config, inputs=inputs, touched=touched)


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _one(dataset_id: str, config: TrainConfig, _dataset: Dataset) -> Price:
    return plan.one(_dataset, config)


def _device() -> None:
    device = machine.device()
    if device.kind == "gpu":
        st.markdown(
            f":material/memory: {t('Trains on the graphics card:')} **{literal(device.name)}**"
        )
        return
    st.markdown(
        f":material/memory: {t('Trains on the processor of this computer:')} **{literal(device.name)}**",
        help=t(
            "No graphics card that TensorFlow can use was found. Small backbones with most stages frozen train well without."
        ),
    )


def _sentence(price: Price, config: TrainConfig, said: Phrases) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric(
            t("Takes"),
            numbers.about(price.total_s),
            width="content",
            help=t("From the click to the result on this computer, all epochs."),
        )
        if not registry.of(config).is_solved:
            st.metric(t("Each epoch"), numbers.about(price.epoch_s), width="content")
        st.metric(
            t("Memory"),
            numbers.size(price.memory_bytes),
            width="content",
            help=t("Working memory while it trains."),
        )
        st.metric(
            t("Kept on disk"),
            numbers.size(price.cache_bytes),
            width="content",
            help=_what_is_kept(price, said),
        )
    if price.keeps == "nothing":
        st.caption(
            t(
                "Nothing is kept: the pictures do not fit into the {room} that the cache may take. Each is read anew whenever it is used, which takes longer. To change that, raise the cache's size on the Settings page or choose smaller pictures.",
                room=numbers.size(price.room_bytes),
            )
        )
    elif price.why == "quicker":
        st.caption(
            t(
                "Cut so low, the network passes on more numbers than a picture has. So pictures are kept, and pass through the frozen part again in every epoch: that is quicker."
            )
        )
    elif price.why == "no-room":
        st.caption(
            t(
                "Cut so low, the network passes on more numbers than fit into the {room} that the cache may take. So pictures are kept, and pass through the frozen part again in every epoch.",
                room=numbers.size(price.room_bytes),
            )
        )
    elif price.why == "whole":
        st.caption(t(said.whole_network))
        if price.starts_s > price.epoch_s:
            st.caption(
                t(
                    "Before the first epoch the network is put together: {time}, for any number of epochs.",
                    time=numbers.about(price.starts_s),
                )
            )
    elif price.pictures:
        st.caption(_passing(price, config, said))
    elif price.cached:
        st.caption(t(said.all_known))


def _passing(price: Price, config: TrainConfig, said: Phrases) -> str:
    """Say how many examples pass through the frozen part, and what is counted among them."""
    examples = numbers.count(price.pictures)
    if price.convert_s:
        told = said.prepared_first(
            price.pictures,
            prepared=numbers.duration(price.convert_s),
            examples=examples,
            encoded=numbers.duration(price.encode_s),
        )
    else:
        time = numbers.duration(price.encode_s)
        told = said.passing(price.pictures, examples=examples, time=time)
    if not (config.changes.augments and config.changes.views):
        return t(told)
    return f"{t(told)} {t('Changed copies are counted among them.')}"


def _what_is_kept(price: Price, said: Phrases) -> str:
    if price.keeps == "nothing":
        return t(said.kept_nothing)
    if price.keeps == "pixels" or price.why == "whole":
        return t(said.kept_examples)
    return t(said.kept_rows)


def _preparing(dataset: Dataset, config: TrainConfig, price: Price) -> None:
    """Let what the training will need be made while a person still chooses, and say so."""
    said = modalities.of(dataset).phrases
    told = {
        "converting": t(
            "The frozen part is being prepared for speed in the background. You can start at any time."
        ),
        "reading": t(said.being_read),
    }
    if price.pictures:  # where all are known, nothing is encoded
        told["not-needed"] = t(said.too_few)
    status = ahead.prepare(dataset, config)
    # Where nothing is ever converted, it is not for being few.
    if status in told and (status != "not-needed" or accelerator.converts()):
        st.caption(told[status])


def _table(priced: Plan, said: Phrases, brings: list[str]) -> None:
    rows = priced.prices
    columns = (
        (
            t("Stages to train"),
            [row.trainable_stages for row in rows],
            t("Counted from the output; 0 trains the new head alone."),
        ),
        (
            t("Takes"),
            [numbers.about(row.total_s) for row in rows],
            t("From the click to the result on this computer, all epochs."),
        ),
        (
            t("Brings"),
            brings,
            t(
                "Points of accuracy against the exact solution, in 8 of 10 cases, as trainings of other data tell."
            ),
        ),
        (
            t("To encode"),
            [numbers.count(row.pictures) for row in rows],
            t(said.to_encode),
        ),
        (
            t("Prepare"),
            [_lasts(row.convert_s) for row in rows],
            t("Preparing the frozen part for speed, once for this computer."),
        ),
        (
            t("Encode"),
            [_lasts(row.encode_s) for row in rows],
            t(said.all_once),
        ),
        (
            t("Each epoch"),
            [numbers.duration(row.epoch_s) for row in rows],
            t(said.one_epoch),
        ),
        (
            t("Weights that learn"),
            [numbers.rough(row.trainable_parameters) for row in rows],
            t("Numbers in the network that training changes."),
        ),
        (
            t("Memory"),
            [numbers.size(row.memory_bytes) for row in rows],
            t("Working memory while it trains."),
        ),
        (
            t("Kept on disk"),
            [_kept(row, said) for row in rows],
            t(said.kept_either),
        ),
    )
    st.dataframe(
        {title: values for title, values, _ in columns if values},
        column_config={title: st.column_config.Column(help=about) for title, _, about in columns},
        hide_index=True,
        height=tables.height_px(len(rows), 420),
    )


def _lasts(seconds: float) -> str:
    return numbers.duration(seconds) if seconds else "–"


def _kept(price: Price, said: Phrases) -> str:
    if price.keeps == "nothing":
        return t("nothing")
    taken = numbers.size(price.cache_bytes)
    return t(said.with_size, size=taken) if price.keeps == "pixels" else taken

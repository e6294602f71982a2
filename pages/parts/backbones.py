"""Backbones as cards: what each is good for, how large, how accurate, how quick, whether it is here."""

import streamlit as st

from pages.parts import numbers, state
from pages.parts.text import literal
from pages.parts.words import t
from tl_core.config import TrainConfig
from tl_core.errors import UserError
from tl_core.models import catalogue, stages, weights
from tl_core.models.catalogue import Backbone
from tl_core.said import Said

FEATURED = (
    "starter",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "efficientnet_v2_b0",
    "resnet50",
    "convnext_tiny",
)
SPEEDS = (
    (150, Said("very quick")),
    (1000, Said("quick")),
    (3000, Said("medium")),
    (10_000, Said("slow")),
)


def choose(config: TrainConfig) -> str:
    """Draw the backbones and return the name of the chosen one."""
    featured = [catalogue.get(name) for name in FEATURED if name in catalogue.BACKBONES]
    chosen = catalogue.get(config.backbone)
    if chosen not in featured:
        featured.append(chosen)
    _cards(featured, config, "featured")
    others = [record for record in catalogue.BACKBONES.values() if record not in featured]
    with st.expander(t("More backbones")):
        _cards(others, config, "others")
    return config.backbone


def _cards(records: list[Backbone], config: TrainConfig, key: str) -> None:
    with st.grid(min_column_width=260, row_height="content", key=f"backbones-{key}"):
        for record in records:
            _card(record, is_chosen=record.name == config.backbone, config=config)


def _card(record: Backbone, *, is_chosen: bool, config: TrainConfig) -> None:
    key = f"backbone-chosen-{record.name}" if is_chosen else f"backbone-{record.name}"
    with st.container(border=True, key=key, height="stretch"):
        st.markdown(f"**{record.title}**")
        st.markdown(t(record.sentence))
        st.caption(_facts(record))
        _details(record)
        if is_chosen:
            st.markdown(f":material/check_circle: **{t('Chosen')}**")
        elif st.button(t("Choose"), key=f"choose-{record.name}"):
            state.replace_config(
                config.model_copy(update={"backbone": record.name, "trainable_stages": 0})
            )
            st.rerun()


def _details(record: Backbone) -> None:
    """Draw where a backbone comes from, for those who want to know."""
    with st.popover(t("Details"), type="tertiary", key=f"details-{record.name}"):
        facts = [
            (t("Sees pictures of"), f"{record.default_size_px} × {record.default_size_px} px"),
            (t("Described in"), literal(record.paper)),
            (t("Licence of the weights"), literal(record.weights_license)),
        ]
        if record.top1_accuracy is not None:
            told = t(
                "{share} of the pictures of ImageNet named right at the first guess ({source})",
                share=numbers.percent(record.top1_accuracy),
                source=literal(record.accuracy_source),
            )
            facts.append((t("Accuracy"), told))
        st.markdown("\n\n".join(f"**{name}**  \n{told}" for name, told in facts))


def _facts(record: Backbone) -> str:
    """Return size, speed, accuracy and whether the weights are here, in one line."""
    total = sum(stage.parameters for stage in stages.of(record.name))
    facts = [t("{number} weights", number=numbers.rough(total)), t(speed(record))]
    if record.top1_accuracy is not None:
        facts.append(t("{share} on ImageNet", share=numbers.percent(record.top1_accuracy)))
    if not weights.present(record.name):
        facts.append(t("{size} to download first", size=numbers.size(record.download_bytes)))
    return " · ".join(facts)


def speed(record: Backbone) -> str:
    """Return in a word how quick a backbone is, from the work that one picture takes."""
    work = sum(stage.mega_flops for stage in stages.of(record.name))
    return next((word for limit, word in SPEEDS if work < limit), Said("very slow"))


def is_here(name: str) -> bool:
    """Say whether a training on this backbone can start: its weights are on this machine."""
    return weights.present(name)


def bring_weights(name: str) -> bool:
    """Say whether the weights of `name` are here; if not, draw the three ways to get them."""
    if weights.present(name):
        return True
    record = catalogue.get(name)
    with st.container(border=True, key="weights-missing"):
        st.markdown(
            f":material/cloud_download: **{t('{title} needs its pretrained weights, which are not on this computer.', title=record.title)}**"
        )
        starter, download, file = st.columns(3, gap="medium")
        with starter:
            st.markdown(t("Use the starter, which came with Graft."))
            if st.button(t("Use the starter"), key="weights-starter"):
                state.replace_config(
                    state.train_config().model_copy(
                        update={"backbone": "starter", "trainable_stages": 0}
                    )
                )
                st.rerun()
        with download:
            st.markdown(
                t(
                    "Download {size} from Google's storage, once.",
                    size=numbers.size(record.download_bytes),
                )
            )
            if st.button(t("Download"), key="weights-download", icon=":material/download:"):
                _download(record)
        with file:
            st.markdown(
                t("Give the file {file}, from another computer.", file=f"`{record.weights_file}`")
            )
            given = st.file_uploader(
                t("Weight file"), type=["h5"], key="weights-file", label_visibility="collapsed"
            )
            if given is not None:
                _adopt(record, given.getvalue())
    return False


def _download(record: Backbone) -> None:
    bar = st.progress(0.0, text=t("Connecting"))

    def told(done: int, total: int) -> None:
        text = t("{done} of {total}", done=numbers.size(done), total=numbers.size(total))
        bar.progress(min(1.0, done / total) if total else 0.0, text=text)

    weights.download(record.name, told)
    st.rerun()


def _adopt(record: Backbone, content: bytes) -> None:
    import tempfile
    from pathlib import Path

    if not content:
        raise UserError("weights-damaged", t("The file is empty."), t("Choose another file."))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / record.weights_file
        path.write_bytes(content)
        weights.adopt(record.name, path)
    st.rerun()

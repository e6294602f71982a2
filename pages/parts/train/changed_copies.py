"""Changed copies of training pictures: the choices, and what they do to a person's own pictures."""

import base64
import io

import numpy as np
import streamlit as st
from PIL import Image

from pages.parts.shared import gallery, next_training
from pages.parts.shared.text import escape
from pages.parts.shared.words import t
from pages.parts.train import setting_widgets
from tl_core.config import Resize, TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.modalities.picture import augment, pictures, resize

PICTURES = 3
COPIES = 3
SIDE_PX = 112


@st.fragment
def choose(dataset: Dataset, config: TrainConfig, task: str) -> TrainConfig:
    """Draw the choices beside a preview that follows them; return the settings.

    A fragment: the preview is drawn first, then the page, whose price depends on the choices.
    """
    chosen = _choices_and_preview(dataset, config, task)
    if chosen != config:
        next_training.keep(chosen)
        st.rerun(scope="app")
    return chosen


def _choices_and_preview(dataset: Dataset, config: TrainConfig, task: str) -> TrainConfig:
    st.markdown(
        t(
            "The model can also learn from changed copies of your training pictures, as if you had taken more. "
            "Switch on what could happen in real life. Validation and test pictures are never changed."
        )
    )
    choices, preview = st.columns([3, 2], gap="large")
    with choices:
        config = setting_widgets.for_depth("more", config, task, group="changes")
    with preview:
        _preview(dataset, config)
    return config


def _preview(dataset: Dataset, config: TrainConfig) -> None:
    """Draw some training pictures, each with the copies that training would be given."""
    rows = "".join(_row(dataset, index, config) for index in _some(dataset))
    st.html(f'<div class="graft-copies" role="list">{rows}</div>')
    if config.changes.augments:
        st.caption(t("On the left your picture, then the copies that it would learn from."))
    else:
        st.caption(t("Nothing is changed yet. Move a slider to see what it does to your pictures."))


def _some(dataset: Dataset) -> list[int]:
    """Return a few training pictures, of different classes where there are several."""
    learnt_from = np.flatnonzero(dataset.splits == TRAIN).tolist()
    return gallery.interleaved(learnt_from, dataset.labels)[:PICTURES]


def _row(dataset: Dataset, index: int, config: TrainConfig) -> str:
    digest = str(dataset.hashes[index])
    name = str(dataset.names[index]).rsplit("/", 1)[-1]
    picture = _small(digest, config.network.resize)
    if picture is None:
        return ""
    shown = [_image(picture, t("Your picture {name}", name=name))]
    if config.changes.augments:
        shown += [
            _image(
                augment.change(picture, config, digest, view),
                t("Changed copy {number} of {name}", number=view, name=name),
            )
            for view in range(1, COPIES + 1)
        ]
    return f'<div role="listitem">{"".join(shown)}</div>'


@st.cache_data(max_entries=200, show_spinner=False)
def _small(digest: str, mode: Resize) -> np.ndarray | None:
    """Return one of our own small pictures as the network would see it, only smaller."""
    path = pictures.thumbnail_path(digest)
    if not path.is_file():
        return None
    with Image.open(path) as picture:
        return resize.resize(np.asarray(picture.convert("RGB")), SIDE_PX, mode)


def _image(pixels: np.ndarray, alt: str) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}" width="{SIDE_PX}" height="{SIDE_PX}">'

"""The network as a row of blocks: what is frozen, what learns, and how much that is."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components import v2 as components

from pages.parts.shared import numbers
from pages.parts.shared.words import t, tn
from tl_core.backbones import catalogue, stages
from tl_core.config import TrainConfig
from tl_core.methods import registry
from tl_core.models import heads
from tl_core.training import rates

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"
LOWEST = 26
OUTPUTS = 2
"""Of a head, where only two pictures are held against each other."""

_component = components.component(
    "graft.network",
    html=(FOLDER / "network.html").read_text("utf-8"),
    css=(FOLDER / "network.css").read_text("utf-8"),
    js=(FOLDER / "network.js").read_text("utf-8"),
)


def freeze_depth(
    config: TrainConfig,
    classes: int,
    key: str,
    recommended: int | None = None,
    brings: Sequence[str] = (),
) -> int:
    """Draw the network of `config` and return how many of its stages are to learn.

    Args:
        config: the settings; its depth is where the line is drawn first.
        classes: outputs of the new head.
        key: another one draws the picture anew.
        recommended: the depth to be marked, None for none.
        brings: the points of accuracy that each depth brings, in words; empty where nobody knows.
    """
    parts = stages.of(config.network.backbone)
    trained = min(config.network.trainable_stages, len(parts))
    # Another backbone is another picture: its slider starts anew.
    full_key = f"{key}-{config.network.backbone}"
    result = _component(
        key=full_key,
        data={
            "key": full_key,
            "trained": trained,
            "recommended": recommended,
            "brings": list(brings),
            "words": _words() | _recommendation(recommended, len(parts)),
        }
        | _drawn(config, classes),
        default={"trained": trained},
        on_trained_change=lambda: None,
    )
    return max(0, min(int(result.trained if result.trained is not None else trained), len(parts)))


def whole(config: TrainConfig) -> None:
    """Say in place of the picture that everything learns, or nothing, as the method has it."""
    if not registry.settled(config).network.trainable_stages:
        st.markdown(
            t(
                "{method}: the whole network stays frozen; only the new head is solved for.",
                method=t(registry.of(config).title),
            )
        )
        return
    total = sum(
        part.trainable_parameters + part.norm_parameters
        for part in stages.of(config.network.backbone)
    )
    st.markdown(
        t(
            "{method}: the whole network learns, {number} weights and the new head.",
            method=t(registry.of(config).title),
            number=numbers.rough(total),
        )
    )


def shows_other(before: TrainConfig, after: TrainConfig) -> bool:
    """Say whether settings make another picture, however many stages of it learn."""
    return _drawn(before, OUTPUTS) != _drawn(after, OUTPUTS)


def _drawn(config: TrainConfig, classes: int) -> dict[str, Any]:
    """Return what the picture shows of the network and its head."""
    parts = stages.of(config.network.backbone)
    last_map = stages.feature_shape(config.network.backbone, _size_px(config))
    return {
        "head": heads.parameters(config, last_map, classes),
        "stages": [
            _block(stage, config) | _pace(config, len(parts) - 1 - position)
            for position, stage in enumerate(parts)
        ],
        "headRate": config.rate.learning_rate,
        "thaws": config.rate.thaw_every,
    }


def _pace(config: TrainConfig, below_top: int) -> dict[str, float]:
    """Return how fast a stage learns, and from which epoch on, should it learn at all."""
    return {
        "rate": config.rate.learning_rate * rates.stage_rate(config, below_top),
        "joins": rates.first_epoch(config, below_top),
    }


def _size_px(config: TrainConfig) -> int:
    return config.network.image_size_px or catalogue.get(config.network.backbone).default_size_px


def _block(stage: stages.StageInfo, config: TrainConfig) -> dict[str, object]:
    """Return a block whose height tells the map's side and whose width tells its depth."""
    side = stage.output_shape[0]
    return {
        "title": t(stage.title),
        "parameters": stage.parameters,
        "trainable": stage.trainable_parameters
        + (config.network.batch_norm == "learning") * stage.norm_parameters,
        "height": round(max(LOWEST, 100 * math.log2(side + 1) / math.log2(150))),
        "width": round(math.log2(stage.channels + 8), 2),
    }


def _recommendation(recommended: int | None, total: int) -> dict[str, str]:
    """Return the words about the recommended depth: on it, and on any other one."""
    if recommended is None:
        return {}
    if recommended == 0:
        depth = t("train the new head alone")
    elif recommended == total:
        depth = t("train everything")
    else:
        depth = tn("train the last stage", "train the last {count} stages", recommended)
    return {
        "mark": t("recommended"),
        "is_recommended": t("This is what is recommended for these pictures."),
        "is_other": t("Recommended for these pictures: {depth}.", depth=depth),
    }


def _words() -> dict[str, str]:
    return {
        "title": t("Stages to train"),
        "head": t("head"),
        "head_only": t(
            "Only the new head learns; the whole network stays frozen. Fastest, and safest with few pictures."
        ),
        "some": t(
            "The last {count} of {all} stages learn too, from “{from}” on. Better when your pictures look unusual."
        ),
        "everything": t("Everything learns. Slowest; it takes many pictures."),
        "one_rate": t("It learns at a rate of {top}, the new head at {head}."),
        "rates": t(
            "The top stage learns at a rate of {top}, the lowest at {low}, the new head at {head}."
        ),
        "joins": t("The new head learns alone first; all of them learn from epoch {last} on."),
        "rate_of": t("{title}: {weights} weights, rate {rate}"),
        "joins_at": t("from epoch {epoch} on"),
        "brings": t("It brings {points} of accuracy against the exact solution, in 8 of 10 cases."),
        "weights": t("{learning} of {total} weights learn ({share}\u202f%)."),
    }

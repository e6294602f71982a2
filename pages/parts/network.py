"""The network as a row of blocks: what is frozen, what learns, and how much that is."""

import math
from pathlib import Path

from streamlit.components import v2 as components

from pages.parts.words import t
from tl_core.config import TrainConfig
from tl_core.models import catalogue, heads, stages

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "components"
LOWEST = 26

_component = components.component(
    "graft.network",
    html=(FOLDER / "network.html").read_text("utf-8"),
    css=(FOLDER / "network.css").read_text("utf-8"),
    js=(FOLDER / "network.js").read_text("utf-8"),
)


def freeze_depth(config: TrainConfig, classes: int, key: str) -> int:
    """Draw the network of `config` and return how many of its stages are to learn."""
    parts = stages.of(config.backbone)
    trained = min(config.trainable_stages, len(parts))
    # Another backbone is another picture: its slider starts anew.
    full_key = f"{key}-{config.backbone}"
    result = _component(
        key=full_key,
        data={
            "key": full_key,
            "trained": trained,
            "head": heads.parameters(
                config, stages.feature_shape(config.backbone, _size_px(config)), classes
            ),
            "stages": [_block(stage) for stage in parts],
            "words": _words(),
        },
        default={"trained": trained},
        on_trained_change=lambda: None,
    )
    return max(0, min(int(result.trained if result.trained is not None else trained), len(parts)))


def _size_px(config: TrainConfig) -> int:
    return config.image_size_px or catalogue.get(config.backbone).default_size_px


def _block(stage: stages.StageInfo) -> dict[str, object]:
    """Return a block whose height tells the map's side and whose width tells its depth."""
    side = stage.output_shape[0]
    return {
        "title": stage.title,
        "parameters": stage.parameters,
        "trainable": stage.trainable_parameters,
        "height": round(max(LOWEST, 100 * math.log2(side + 1) / math.log2(150))),
        "width": round(math.log2(stage.channels + 8), 2),
    }


def _words() -> dict[str, str]:
    return {
        "title": t("Stages to train"),
        "head": t("new"),
        "head_only": t(
            "Only the new end learns; the whole network stays frozen. Fastest, and best with few pictures."
        ),
        "some": t(
            "The last {count} of {all} stages learn too, from “{from}” on. Better when your pictures look unusual."
        ),
        "everything": t("Everything learns. Slowest; it takes many pictures."),
        "weights": t("{learning} of {total} weights learn ({share}\u202f%)."),
    }

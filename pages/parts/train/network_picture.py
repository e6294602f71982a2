"""The network as a row of blocks: what is frozen, what learns, and how much that is."""

import math
from pathlib import Path

from streamlit.components import v2 as components

from pages.parts.shared.words import t
from tl_core.backbones import catalogue, stages
from tl_core.config import TrainConfig
from tl_core.models import heads
from tl_core.training import rates

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"
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
            "stages": [
                _block(stage, config) | _pace(config, len(parts) - 1 - position)
                for position, stage in enumerate(parts)
            ],
            "headRate": config.learning_rate,
            "thaws": config.thaw_every,
            "words": _words(),
        },
        default={"trained": trained},
        on_trained_change=lambda: None,
    )
    return max(0, min(int(result.trained if result.trained is not None else trained), len(parts)))


def shows_other(before: TrainConfig, after: TrainConfig) -> bool:
    """Say whether settings differ in something that the picture shows and the widgets below set."""
    told = (
        *("learning_rate", "tail_rate", "stage_decay", "thaw_every", "train_batch_norm"),
        *("pooling", "hidden_units", "image_size_px"),
    )
    return any(getattr(before, name) != getattr(after, name) for name in told)


def _pace(config: TrainConfig, below_top: int) -> dict[str, float]:
    """Return how fast a stage learns, and from which epoch on, should it learn at all."""
    return {
        "rate": config.learning_rate * rates.stage_rate(config, below_top),
        "joins": rates.first_epoch(config, below_top),
    }


def _size_px(config: TrainConfig) -> int:
    return config.image_size_px or catalogue.get(config.backbone).default_size_px


def _block(stage: stages.StageInfo, config: TrainConfig) -> dict[str, object]:
    """Return a block whose height tells the map's side and whose width tells its depth."""
    side = stage.output_shape[0]
    return {
        "title": t(stage.title),
        "parameters": stage.parameters,
        "trainable": stage.trainable_parameters + config.train_batch_norm * stage.norm_parameters,
        "height": round(max(LOWEST, 100 * math.log2(side + 1) / math.log2(150))),
        "width": round(math.log2(stage.channels + 8), 2),
    }


def _words() -> dict[str, str]:
    return {
        "title": t("Stages to train"),
        "head": t("head"),
        "head_only": t(
            "Only the new head learns; the whole network stays frozen. Fastest, and best with few pictures."
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
        "weights": t("{learning} of {total} weights learn ({share}\u202f%)."),
    }

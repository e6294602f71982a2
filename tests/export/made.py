"""A small trained model on disk, made without a data set."""

import json
from pathlib import Path

import numpy as np

from tl_core.backbones import stages, weights
from tl_core.config import TrainConfig
from tl_core.models import persist

BACKBONE = "mobilenet_025"
CLASSES = ("CON", "<b>x", "ü/z")


def whole_model(folder: Path, config: TrainConfig | None = None) -> persist.Description:
    """Write a model all of whose stages learnt, so that no pretrained weights are needed."""
    from tl_core.backbones import build, cut
    from tl_core.models import heads

    total = len(stages.of(BACKBONE))
    config = config or TrainConfig(backbone=BACKBONE, trainable_stages=total, resize="pad")
    base = build.backbone(BACKBONE, 32, None)
    generator = np.random.default_rng(1)
    for variable in base.variables:
        noise = generator.normal(0, 0.1, variable.shape)
        variable.assign(np.asarray(variable) + np.abs(noise))
    _, tail = cut.split(base, stages.cut_for(BACKBONE, config.network.trainable_stages))
    head = heads.head(config, base.output_shape[1:], len(CLASSES))
    return persist.save_model(
        folder, config=config, size_px=32, classes=CLASSES, tail=tail, head=head
    )


def described_only(folder: Path, classes: tuple[str, ...], outputs: int) -> Path:
    """Write a model folder whose weights are a bare head, without Keras."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    head = {
        "head/logits/kernel": np.zeros((1280, outputs), np.float32),
        "head/logits/bias": np.zeros(outputs, np.float32),
    }
    save_file(head, folder / persist.TAIL)
    description = {
        "backbone": "starter",
        "backbone_weights": weights.fingerprint("starter"),
        "trainable_stages": 0,
        "size_px": 64,
        "resize": "squash",
        "classes": classes,
        "head": {"pooling": "average", "hidden_units": [], "dropout": 0, "l2": 0},
        "tail_sha256": weights.file_hash(folder / persist.TAIL),
    }
    (folder / persist.DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
    return folder

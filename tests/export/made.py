"""A small trained model on disk, made without a data set."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tl_core.backbones import stages, weights
from tl_core.config import TrainConfig
from tl_core.modalities.picture import awkward
from tl_core.models import persist

BACKBONE = "mobilenet_025"
CLASSES = ("CON", "<b>x", "ü/z")
SIXTEEN_BITS = (200, 300, 4000, 5000, 60000)


def strangers(folder: Path) -> list[Path]:
    """Write what strangers brought: files that programs open differently."""
    folder.mkdir()
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[..., 1] = 200
    pixels[15:45, 20:60, 3] = 255
    sticker, plain = Image.fromarray(pixels), Image.fromarray(pixels[..., :3])
    exif = Image.Exif()
    exif[awkward.ORIENTATION] = 6
    sticker.save(folder / "sticker.png")
    sticker.save(folder / "sticker.webp", lossless=True)
    sticker.convert("LA").save(folder / "grey_alpha.png")
    plain.convert("P").save(folder / "palette.png", transparency=0)
    Image.fromarray(np.full((60, 80), 32768, np.uint16)).save(folder / "grey16.png")
    Image.fromarray(np.full((60, 80), 0.5, np.float32)).save(folder / "float.tiff")
    plain.convert("CMYK").save(folder / "cmyk.jpg")
    plain.save(folder / "turned.jpg", exif=exif)
    for value in SIXTEEN_BITS:
        Image.fromarray(np.full((40, 40), value, np.uint16)).save(folder / f"g{value}.png")
    return sorted(folder.iterdir())


_WHOLE: dict[str, bytes] = {}


def whole_model(folder: Path, config: TrainConfig | None = None) -> persist.Description:
    """Write a model all of whose stages learnt, so that no pretrained weights are needed.

    The usual one is built only once.
    """
    if config is not None:
        return _built(folder, config)
    if not _WHOLE:
        described = _built(folder, None)
        files = (persist.TAIL, persist.DESCRIPTION)
        _WHOLE.update({name: (folder / name).read_bytes() for name in files})
        return described
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _WHOLE.items():
        (folder / name).write_bytes(content)
    return persist.describe(folder)


def _built(folder: Path, config: TrainConfig | None) -> persist.Description:
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


def described_only(
    folder: Path,
    classes: tuple[str, ...],
    outputs: int,
    backbone: str = "starter",
    size_px: int = 64,
) -> Path:
    """Write a model folder whose weights are a bare head, without Keras."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    channels = stages.of(backbone)[-1].shape_at(size_px)[-1]
    head = {
        "head/logits/kernel": np.zeros((channels, outputs), np.float32),
        "head/logits/bias": np.zeros(outputs, np.float32),
    }
    save_file(head, folder / persist.TAIL)
    description = {
        "backbone": backbone,
        "backbone_weights": weights.fingerprint(backbone),
        "trainable_stages": 0,
        "size_px": size_px,
        "resize": "squash",
        "classes": classes,
        "head": {"pooling": "average", "hidden_units": [], "dropout": 0, "l2": 0},
        "tail_sha256": weights.file_hash(folder / persist.TAIL),
    }
    (folder / persist.DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
    return folder

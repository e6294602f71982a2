"""Changed copies of a training picture: flipped, turned, zoomed, cropped, shifted, in other light and colours.

One implementation, on uint8 pixels, for encoding and for the preview. A copy depends on the
settings, the seed, the picture and the number of the view alone, so it can be made again exactly.
Imports no TensorFlow.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from tl_core.config import TrainConfig

TO_YIQ = np.array(
    [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]],
)
"""Red, green and blue to lightness and two colour differences, in which hue is an angle."""


def change(picture: np.ndarray, config: TrainConfig, picture_hash: str, view: int) -> np.ndarray:
    """Return changed copy number `view` of one square picture.

    Args:
        picture: uint8 (s, s, 3).
        config: which changes, how strong, and the seed.
        picture_hash: hexadecimal; two pictures are never changed alike.
        view: 0 returns the picture itself.
    """
    if view == 0 or not config.changes.augments:
        return picture
    random = np.random.default_rng([config.course.seed, view, int(picture_hash, 16)])
    # Both are drawn whether or not they are used: switching one on leaves the other alike.
    matrix, colour = _matrix(config, random, picture.shape[0]), random.uniform(-1, 1, 4)
    if config.changes.moves:
        picture = _moved(picture, matrix)
    return _recoloured(picture, config, colour) if config.changes.recolours else picture


def change_all(
    pictures: np.ndarray, config: TrainConfig, hashes: list[str], views: list[int], threads: int
) -> np.ndarray:
    """Return `change` of every picture, uint8 (n, s, s, 3), on several threads."""
    if not config.changes.augments or not any(views):
        return pictures

    def changed(row: tuple[np.ndarray, str, int]) -> np.ndarray:
        picture, picture_hash, view = row
        return change(picture, config, picture_hash, view)

    rows = zip(pictures, hashes, views, strict=True)
    if threads == 1:
        return np.stack([changed(row) for row in rows])
    with ThreadPoolExecutor(threads) as pool:
        return np.stack(list(pool.map(changed, rows)))


def _matrix(config: TrainConfig, random: np.random.Generator, side: int) -> np.ndarray:
    """Return the 3×3 map from a pixel of the copy to a place in the picture.

    Every draw is made whether or not it is used, so that switching one change on leaves the others alike.
    """
    mirrored, angle, closeness = random.random() < 0.5, random.uniform(-1, 1), random.uniform(-1, 1)
    sides, corner = random.uniform(0, 1, 2), random.uniform(0, 1, 2)
    aside = config.changes.shift * side * random.uniform(-1, 1, 2)
    centre = side / 2
    width, height = 1 - config.changes.crop * sides
    left, top = (1 - width) * corner[0] * side, (1 - height) * corner[1] * side
    crop = np.array([[width, 0, left], [0, height, top], [0, 0, 1]])
    turn = np.deg2rad(config.changes.rotate * angle)
    scale = 1 - config.changes.zoom * closeness
    flip = -1 if config.changes.flip and mirrored else 1
    about = np.array(
        [
            [flip * scale * np.cos(turn), -scale * np.sin(turn), 0],
            [flip * scale * np.sin(turn), scale * np.cos(turn), 0],
            [0, 0, 1],
        ]
    )
    there = np.array([[1, 0, centre + aside[0]], [0, 1, centre + aside[1]], [0, 0, 1]])
    back = np.array([[1, 0, -centre], [0, 1, -centre], [0, 0, 1]])
    return there @ about @ back @ crop


def _moved(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the picture seen through `matrix`.

    The mirrored surroundings fill what is uncovered: no black corners to learn.
    """
    side = picture.shape[0]
    corners = matrix[:2] @ np.array([[0, side, 0, side], [0, 0, side, side], [1, 1, 1, 1]])
    margin = 1 + int(np.ceil(max(-corners.min(), corners.max() - side, 0)))
    framed = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    matrix[0, 2] += margin
    matrix[1, 2] += margin
    turned = Image.fromarray(framed).transform(
        (side, side),
        Image.Transform.AFFINE,
        tuple(matrix[:2].ravel()),
        resample=Image.Resampling.BILINEAR,
    )
    return np.asarray(turned)


def _recoloured(picture: np.ndarray, config: TrainConfig, draws: np.ndarray) -> np.ndarray:
    """Return the picture in another light: brightness, contrast about its mean, saturation, hue.

    All four are linear in a pixel's colour, so one 3×3 matrix and one offset do them.
    """
    strengths = [config.changes.brightness, config.changes.contrast, config.changes.saturation]
    brightness, contrast, saturation = 1 + np.array(strengths) * draws[:3]
    turn = np.deg2rad(config.changes.hue * draws[3])
    chroma = saturation * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    in_yiq = np.eye(3)
    in_yiq[1:, 1:] = chroma
    colours = np.linalg.inv(TO_YIQ) @ in_yiq @ TO_YIQ * (brightness * contrast)
    # The mean lightness is what contrast leaves where it is; grey has no hue to turn.
    lightness = brightness * float(picture.mean(axis=(0, 1)) @ TO_YIQ[0])
    mixed = picture.astype(np.float32) @ colours.T.astype(np.float32)
    mixed += np.float32((1 - contrast) * lightness + 0.5)
    return np.clip(mixed, 0, 255).astype(np.uint8)

"""Shows on a picture which places spoke for an answer, and hides some of them."""

import io

import numpy as np
from PIL import Image

SHOWN_PX = 448
QUALITY = 85
STRENGTH = 0.6
LIGHT, DARK = (240, 228, 66), (0, 114, 178)
"""Yellow for, blue against: told apart by everybody, and by lightness alone (Okabe and Ito)."""


def hidden(decoded: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Return a picture whose covered places have the mean colour of the others.

    Args:
        decoded: uint8 (h, w, 3).
        covered: bool (h, w).
    """
    given = decoded[~covered] if not covered.all() else decoded.reshape(-1, 3)
    colour = np.rint(given.mean(axis=0)).astype(np.uint8)
    return np.where(covered[..., None], colour, decoded)


def overlaid(decoded: np.ndarray, places: np.ndarray) -> bytes:
    """Return a picture (WebP) with what each place adds to an answer laid over it.

    Args:
        decoded: uint8 (h, w, 3), as the network sees it.
        places: float (rows, columns); above zero speaks for the answer, below against it.
    """
    size = (SHOWN_PX, SHOWN_PX * decoded.shape[0] // decoded.shape[1])
    picture = np.asarray(Image.fromarray(decoded).resize(size, Image.Resampling.BILINEAR))
    most = float(np.abs(places).max()) or 1.0
    heat = Image.fromarray((places / most).astype(np.float32))
    heat = np.asarray(heat.resize(size, Image.Resampling.BILINEAR))[..., None]
    colour = np.where(heat > 0, LIGHT, DARK)
    share = STRENGTH * np.abs(heat)
    mixed = np.rint(picture * (1 - share) + colour * share).clip(0, 255).astype(np.uint8)
    held = io.BytesIO()
    Image.fromarray(mixed).save(held, "WEBP", quality=QUALITY)
    return held.getvalue()

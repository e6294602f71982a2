"""How the program of a training fits, scales and changes pictures: short Python that equals what Graft does."""

import inspect
import re

from tl_core.modalities.exported_opening import ExampleCode
from tl_core.modalities.modality import Entry
from tl_core.modalities.picture import augment

_FITTED = '''def fitted(path):
    """Return a picture as the network sees it: uint8 (SIZE, SIZE, 3)."""
    picture = Image.fromarray(open_picture(path))
    # Graft keeps pictures with a side of {side_px} at most: means of whole blocks.
    block = -(-max(picture.size) // {side_px})
    picture = np.asarray(picture if block == 1 else picture.reduce(block))
    # {about_fit}
    resized = keras.ops.image.resize(
        picture.astype(np.float32), (SIZE, SIZE), "bilinear", antialias=True{fit}
    )
    return np.clip(np.floor(np.asarray(resized) + 0.501), 0, 255).astype(np.uint8)'''
_FITS = {
    "squash": ("", "The whole picture becomes a square; its proportions change."),
    "crop": (", crop_to_aspect_ratio=True", "The middle of the picture becomes a square."),
    "pad": (", pad_to_aspect_ratio=True", "Black bars make a square of it."),
}
_SCALED = '''def scaled(pictures):
    """Return pictures as the network expects them, float32: {about}."""
    return {code}'''
_SCALES = {
    "tf": ("from -1 to 1", "pictures.astype(np.float32) / 127.5 - 1"),
    "tf128": ("from -1 on, in steps of 1/128", "pictures.astype(np.float32) / 128 - 1"),
    "torch": (
        "ImageNet's mean and deviation become 0 and 1",
        "(pictures / np.float32(255) - np.float32([0.485, 0.456, 0.406]))"
        " / np.float32([0.229, 0.224, 0.225])",
    ),
    "caffe": (
        "blue, green and red, less their mean in ImageNet",
        "pictures[..., ::-1] - np.float32([103.939, 116.779, 123.68])",
    ),
    "lite": ("(x - 127) / 128", "(pictures.astype(np.float32) - 127) / 128"),
}
_CHANGED = '''
def changed(picture, name, view):
    """Return changed copy number `view`, 1 and up, of one picture; its name fixes what chance draws."""
    random = np.random.default_rng([SEED, view, int(name, 16)])
    # Both are drawn whether or not they are used: switching one on leaves the other alike.
    matrix, colour = _matrix(random, picture.shape[0]), random.uniform(-1, 1, 4)
    if FLIP or ROTATE or ZOOM or CROP or SHIFT:
        picture = _moved(picture, matrix)
    return _recoloured(picture, colour) if BRIGHTNESS or CONTRAST or SATURATION or HUE else picture'''
_CONFIG = re.compile(r"config\.changes\.(\w+)")
_ANNOTATED = re.compile(
    r"(\w+): (?:np\.random\.Generator|np\.ndarray|int)(?=[,)])|( -> np\.ndarray)"
)


def of(entry: Entry) -> ExampleCode:
    """Return the code for pictures that have to become what `entry` says."""
    fit, about_fit = _FITS[entry.fit]
    about, scale = _SCALES[entry.scaling]
    return ExampleCode(
        fitted=_FITTED.format(side_px=entry.stored_size, fit=fit, about_fit=about_fit),
        scaled=_SCALED.format(about=about, code=scale),
        changed=_changed(),
        needs="from PIL import Image\n",
    )


def _changed() -> str:
    """Return what makes a changed copy, word for word as in `augment` but for the names of settings."""
    functions = (augment._matrix, augment._moved, augment._recoloured)
    text = "\n\n".join(map(inspect.getsource, functions))
    text = text.replace("config: TrainConfig, ", "").replace("(picture, config, ", "(picture, ")
    text = _CONFIG.sub(lambda found: found[1].upper(), text)
    text = _ANNOTATED.sub(lambda found: found[1] or "", text)
    table = "TO_YIQ = np.array(\n    " + repr(augment.TO_YIQ.tolist()) + "\n)"
    return f"{table}\n\n\n{text}\n{_CHANGED}".rstrip()

"""The part of the script beside an exported model that opens pictures, exactly as Graft does.

It holds the text of `opening`, word for word, so that Pillow and NumPy are all it needs.
"""

from pathlib import Path

from tl_core.modalities.modality import Program
from tl_core.modalities.picture import opening
from tl_core.modalities.picture.greys import Greys

_NEEDS = """\
from PIL import Image

with contextlib.suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()
"""
_TEXT = '''\
GREYS = {greys}
"""{about_greys}"""


def open_picture(path):
    """Return a picture as the model was taught to see it: uint8 (height, width, 3)."""
    with Image.open(path) as image:
        return np.asarray(rgb(image, GREYS))
'''
_REST = """\
# From here on this is how Graft itself opens pictures, word for word.

{opening}"""
_IMPORTS = "import numpy as np\nfrom PIL import Image\n"
"""The end of what `opening` imports; the script does so itself."""
_ABOUT_GREYS = (
    "What was black and what was white in the pictures it learnt from, where greys have more than"
    " 8 bits:\nof whole numbers, and of real ones."
)
_GREYS_ONCE = "Greys of more than 8 bits were scaled picture by picture when it learnt."


def of(greys: Greys | None) -> Program:
    """Return how the script of a model opens pictures whose deep greys were read by these scales."""
    scales = None if greys is None else greys.scales()
    shown = scales and {kind: tuple(map(_short, scale)) for kind, scale in scales.items()}
    return Program(
        install=" pillow, and pillow-heif for photos in HEIC",
        call="photo.jpg another.png",
        imports=("contextlib", "struct"),
        needs=_NEEDS,
        opener="open_picture",
        text=_TEXT.format(greys=shown, about_greys=_ABOUT_GREYS if scales else _GREYS_ONCE),
        rest=_REST.format(opening=_opening()),
    )


def _opening() -> str:
    """Return the text of `opening` without what stands before its own names."""
    _, _, text = Path(opening.__file__).read_text("utf-8").partition(_IMPORTS)
    return text.strip() + "\n"


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value

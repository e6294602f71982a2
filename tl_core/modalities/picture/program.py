"""The part of the script beside an exported model that opens pictures, exactly as Graft does.

It holds the text of `opening`, word for word, so that Pillow and NumPy are all it needs.
"""

import inspect
from pathlib import Path
from types import ModuleType

from tl_core.modalities.exported_opening import Fitting, Program
from tl_core.modalities.picture import opening, pictures, resize
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
_FITTED = '''\
SIZE, FIT, STORED_SIDE = {size_px}, {mode!r}, {side_px}
"""The side of the square that the network sees, how a picture becomes one, and the longest side
that Graft keeps of a picture; larger ones are first made smaller as it does (0: none are)."""


def fitted(opened):
    """Return an opened picture as the network takes it: uint8 (SIZE, SIZE, 3)."""
    if STORED_SIDE:
        opened = np.asarray(shrunk(Image.fromarray(opened), STORED_SIDE))
    return resize(opened, SIZE, FIT)
'''
_FITTING = """\
# From here on this is how Graft itself makes pictures smaller, word for word.


{shrunk}

{resize}"""
_OF_RESIZE = "import numpy as np\nimport numpy.typing as npt\n"
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
        rest=_REST.format(opening=_after(_IMPORTS, opening)),
    )


def fitting(size_px: int, mode: resize.Mode, side_px: int) -> Fitting:
    """Return how the script brings an opened picture to the size of the network, bit for bit.

    Args:
        size_px: side of the square that the network sees.
        mode: how a picture becomes a square.
        side_px: longest side of a stored picture; 0 leaves larger ones as they are.
    """
    return Fitting(
        text=_FITTED.format(size_px=size_px, mode=mode, side_px=side_px),
        rest=_FITTING.format(
            shrunk=inspect.getsource(pictures.shrunk), resize=_after(_OF_RESIZE, resize)
        ),
        imports=(
            "math",
            "threading",
            "from functools import lru_cache",
            "from typing import Literal",
        ),
        needs="import numpy.typing as npt",
    )


def _after(imports: str, module: ModuleType) -> str:
    """Return the text of `module` without what stands before its own names."""
    _, _, text = Path(str(module.__file__)).read_text("utf-8").partition(imports)
    return text.strip() + "\n"


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value

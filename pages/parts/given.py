"""A file that a person gives on a page, put on the disk piece by piece."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts import numbers
from pages.parts.words import t
from tl_core import settings
from tl_core.errors import UserError

CHUNK_BYTES = 1 << 20


@contextmanager
def on_disk(given: UploadedFile, name: str, limit_bytes: int) -> Iterator[Path]:
    """Lend what was given as a file called `name`, for the length of the block.

    Raises:
        UserError: "file-size" when it is empty or larger than it can be.
    """
    if not 0 < given.size <= limit_bytes:
        raise UserError(
            "file-size",
            t(
                "This file has {size}; it can have up to {limit}, and not be empty.",
                size=numbers.size(given.size),
                limit=numbers.size(limit_bytes),
            ),
            t("Choose another file."),
        )
    home = settings.current().home
    home.mkdir(parents=True, exist_ok=True)
    # Not in /tmp, which may be memory.
    with tempfile.TemporaryDirectory(prefix=".given-", dir=home) as folder:
        path = Path(folder) / name
        given.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(given, file, CHUNK_BYTES)
        yield path

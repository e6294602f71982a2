"""A folder sent by the browser, file by file, packed into one archive for the intake.

Names come from the person's disk, so they are written as entries of an archive, whose reader
checks them, and never joined to a path here.
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from tl_core.base import ids, settings
from tl_core.base.files import is_disk_full
from tl_core.intake import uploads


class NamedFile(Protocol):
    """A file as Streamlit hands it over."""

    name: str

    def getbuffer(self) -> memoryview:
        """Return the bytes."""
        ...


def packed(files: Sequence[NamedFile]) -> Path:
    """Write `files` into one uncompressed archive among the uploads and return its path.

    Raises:
        UserError: "upload-limit" or "disk-full"; nothing is left of the archive then.
    """
    uploads.require_room(sum(file.getbuffer().nbytes for file in files))
    folder = settings.current().uploads_dir
    path = folder / f"{ids.new()}.zip"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            _write(files, out)
    except OSError as error:
        path.unlink(missing_ok=True)
        if is_disk_full(error):
            raise uploads.disk_full() from error
        raise
    return path


def name_of(files: Sequence[NamedFile]) -> str:
    """Return the name of the folder that all `files` share, or nothing."""
    tops = {file.name.replace("\\", "/").lstrip("/").split("/")[0] for file in files}
    return tops.pop() if len(tops) == 1 else ""


def _write(files: Sequence[NamedFile], out: BinaryIO) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            with archive.open(zipfile.ZipInfo(file.name), "w") as entry:
                entry.write(file.getbuffer())

"""Names of files that people download: harmless on every system, and never the same twice."""

import re
import unicodedata
from pathlib import Path

from pathvalidate import sanitize_filename
from pathvalidate.handler import ReservedNameHandler

_FORBIDDEN = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+'
)
_SPACES = re.compile(r"[\s_-]+")
_LONGEST = 60
_LONGEST_ENDING = 18


def safe(text: str) -> str:
    """Return `text` as part of a file name: no path, no reserved word, nothing invisible.

    Reference:
        Microsoft, Naming Files, Paths, and Namespaces.
    """
    plain = unicodedata.normalize("NFC", text)
    plain = _FORBIDDEN.sub("_", plain)[:_LONGEST].strip(" ._")
    return sanitize_filename(
        plain,
        platform="universal",
        reserved_name_handler=ReservedNameHandler.add_leading_underscore,
    )


def file(name: str) -> str:
    """Return `name` as that of a whole file, at most 80 characters; its ending stays."""
    stem, _, ending = name.rpartition(".")
    if len(ending) > _LONGEST_ENDING:  # a sentence with a full stop in it
        return safe(name) or "graft"
    parts = [part for part in (safe(stem), safe(ending)) if part]
    return ".".join(parts) or "graft"


def readable(*parts: str) -> str:
    """Return what names a thing as one word for a file name: "fruit-mobilenetv2-83percent"."""
    words = (_SPACES.sub("-", safe(part).lower()).strip("-.") for part in parts)
    return safe("-".join(word for word in words if word))


def download(title: str, run_id: str, digest: str, suffix: str) -> str:
    """Return a name that tells the model, its run and its content apart from all others.

    Args:
        title: what the person calls it.
        run_id: of the run.
        digest: hexadecimal hash of the file's content.
        suffix: ".zip", ".graft".
    """
    parts = (safe(title) or "model", run_id[:8], digest[:8])
    return "-".join(parts) + suffix


def run_id_of(run_dir: Path) -> str:
    """Return the id of the run in `run_dir`."""
    return run_dir.resolve().name

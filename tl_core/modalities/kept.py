"""Where examples are kept: each once, under its hash, in 256 folders by its first two digits.

How a file is made of an example, and how it ends, is for the modality; what was uploaded and a small
picture may lie beside it.
"""

import re
from collections.abc import Iterable
from pathlib import Path

ORIGINAL_SUFFIX = ".original"
_HASH = re.compile(r"[0-9a-f]{64}")


def folder() -> Path:
    """Return the store of all examples."""
    from tl_core.base.settings import current  # loads pydantic, which children do without

    return current().pictures_dir


def path(digest: str, suffix: str, within: Path | str | None = None) -> Path:
    """Return where a file of the example called `digest` lies, in the store or `within` another."""
    digest = str(digest)
    if not _HASH.fullmatch(digest):
        raise ValueError(f"not the hash of an example: {digest!r}")
    return Path(within or folder()) / digest[:2] / f"{digest}{suffix}"


def original(digest: str, key: str = "") -> Path:
    """Return where the file that an example was made of is kept, if it is; see `intake.originals`."""
    return path(digest, f"{ORIGINAL_SUFFIX}{key and f'.{key}'}")


def collect(referenced: Iterable[str]) -> int:
    """Delete every example that is not `referenced`; return the bytes set free.

    Call it only while no import runs: an import writes examples before its data set names them.
    """
    wanted = set(map(str, referenced))
    freed = 0
    for file in folder().glob("??/*"):
        if file.name.split(".")[0] in wanted:
            continue
        freed += file.stat().st_size
        file.unlink(missing_ok=True)
    return freed


def disk_bytes(hashes: Iterable[str] | None = None) -> int:
    """Return the room taken by all examples, or by those named, and what lies beside them."""
    files = folder().glob("??/*")
    if hashes is not None:
        files = (
            file for digest in set(hashes) for file in path(digest, "").parent.glob(f"{digest}*")
        )
    return sum(file.stat().st_size for file in files)

"""Child process that opens pictures of unknown origin: `python -m tl_core.modalities.picture.opener OPTIONS`.

It reads one JSON line per picture ({"path": …}) from standard input and answers with one line:
{"hash", "width", "height", "fingerprint", "form"}, {"extent"} of a deep grey while the scale of all
of them is looked for, {"form"} of one that is only looked at, or {"code", "reason", "hint"}. It imports only Pillow and NumPy, so it
starts in a fraction of a second, and has a ceiling on memory; its parent has a clock.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.base.said import Said, packed
from tl_core.modalities.picture import fingerprints, images, opening, pictures

READY = b"ready\n"
STORE_FAULTS = ("disk-full", "store-write")
"""Faults of the store, not of a picture: they end the whole import."""


def main(options: dict[str, Any]) -> None:
    """Answer one line for each line until standard input ends."""
    _limit_memory(options["memory_bytes"])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a decoder prints must not look like an answer
    answers.write(READY.decode())
    answers.flush()
    for line in sys.stdin:
        told = _answer(Path(json.loads(line)["path"]), options)
        answers.write(json.dumps(packed(told)) + "\n")
        answers.flush()


def _answer(path: Path, options: dict[str, Any]) -> dict[str, Any]:
    try:
        with images.opened(path, options["limit_pixels"]) as found:
            form = images.form(found)
            if options.get("measures") and (reached := images.extent(found)):
                return {"extent": reached}
            image = opening.rgb(found, options.get("greys"))
            if options.get("only_looks"):
                return {"form": form}
        image = pictures.shrunk(image, options["side_px"])
        digest, width, height = pictures.store(image, Path(options["folder"]), options["side_px"])
        measured = fingerprints.packed(fingerprints.measure(image, digest))
    except UserError as error:
        return {"code": error.code, "reason": error.message, "hint": error.hint}
    except OSError as error:
        return _store_fault(error)
    except MemoryError:
        return {
            "code": "picture-too-large",
            "reason": Said("The picture needs too much memory to open."),
            "hint": Said("Save it smaller, for instance at half its width and height."),
        }
    told = {"hash": digest, "width": width, "height": height}
    return {**told, "fingerprint": measured, "form": form}


def _store_fault(error: OSError) -> dict[str, Any]:
    if is_disk_full(error):
        return {
            "code": "disk-full",
            "reason": Said("The disk is full, so pictures cannot be kept."),
            "hint": Said("Free some space, then import again."),
        }
    return {
        "code": "store-write",
        "reason": Said(
            "Pictures cannot be kept in Graft's folder: {fault}.", fault=error.strerror or error
        ),
        "hint": Said("Check that the folder named by GRAFT_HOME may be written to."),
    }


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the limit on pixels has to do
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

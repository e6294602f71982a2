"""Child process that opens pictures of unknown origin: `python -m tl_core.modalities.picture.opener OPTIONS`.

It answers for a picture with {"hash", "facts", "measured", "form"}, with {"extent"} for a deep grey
while the scale of all of them is looked for, with {"form"} for one that is only looked at, or with
{"code", "reason", "hint"}; see `modalities.child`. It imports only Pillow and NumPy.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tl_core.base.files import is_disk_full
from tl_core.base.said import Said
from tl_core.modalities import child
from tl_core.modalities.picture import fingerprints, images, opening, pictures


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
    except OSError as error:
        return _store_fault(error)
    except MemoryError:
        return {
            "code": "picture-too-large",
            "reason": Said("The picture needs too much memory to open."),
            "hint": Said("Save it smaller, for instance at half its width and height."),
        }
    facts = {"width": width, "height": height}
    return {"hash": digest, "facts": facts, "measured": measured, "form": form}


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


if __name__ == "__main__":
    child.serve(_answer, json.loads(sys.argv[1]))

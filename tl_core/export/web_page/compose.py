"""Puts the web page together: one file with everything inside, which loads nothing from anywhere."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.export.web_page import runtime, words
from tl_core.measures.unknowns import Detector
from tl_core.modalities import registry as modalities
from tl_core.models.persist import Description
from tl_core.tasks import registry as tasks

_HERE = Path(__file__).parent
_HALF = 0.5
LEVEL = 6


def page(model: bytes, described: Description, detector: Detector | None) -> str:
    """Return the page as HTML.

    Args:
        model: as ONNX, see `export.formats.onnx_file`.
        described: the model.
        detector: of unknowns, where the model has one.

    Raises:
        UserError: "format-modality" where no browser opens such examples, "web-runtime" when the
            runtime is not on this machine.
    """
    opening = modalities.of(described).in_browser()
    if not opening:
        raise UserError(
            "format-modality",
            "A web page can open pictures only.",
            "Choose another format.",
        )
    program = "\n".join((opening, _text("unknowns.js"), _text("page.js")))
    script, wasm = runtime.files()
    parts = {
        "TITLE": "Graft",
        "STYLE": _text("page.css").strip(),
        "NO_SCRIPT": str(words.NO_SCRIPT),
        "TOLD": _in_script(_told(described, detector)),
        "MODEL": _packed(model),
        "WASM": _packed(wasm),
        "RUNTIME": _packed(script),
        "PROGRAM": program.replace("</", "<\\/"),
    }
    html = _text("page.html")
    for name, text in parts.items():
        html = html.replace(f"%{name}%", text, 1)
    return html


def model_in(html: str) -> bytes:
    """Return the ONNX model that a page carries."""
    _, _, rest = html.partition('id="model">')
    return gzip.decompress(base64.b64decode(rest.partition("</script>")[0]))


def _told(described: Description, detector: Detector | None) -> dict[str, Any]:
    """Return all that the page's program has to know."""
    task, entry = tasks.get(described.task), described.entry
    kind = "one" if task.one_class_each else "labels" if task.names_classes else "numbers"
    return {
        "kind": kind,
        "names": described.classes,
        "thresholds": described.thresholds or [_HALF] * len(described.classes),
        "size": entry.size,
        "fit": entry.fit,
        "stored": entry.stored_size,
        "known": None if detector is None else known(detector),
        "doubtCounts": task.one_class_each,
        "words": words.in_all_languages(),
    }


def known(detector: Detector) -> dict[str, Any]:
    """Return a detector as lists, as `unknowns.js` reads them."""
    arrays = {name: each.astype(np.float32) for name, each in detector.arrays().items()}
    careful = round(float(arrays.pop("careful")[0]), 4)
    arrays["known"] = np.sort(arrays["known"])
    packed = {name: _array(each) for name, each in arrays.items()}
    return packed | {"careful": careful}


def _array(array: np.ndarray) -> dict[str, Any]:
    little = np.ascontiguousarray(array, "<f4").tobytes()
    return {"shape": array.shape, "data": base64.b64encode(little).decode()}


def _in_script(told: dict[str, Any]) -> str:
    """Return JSON that cannot end the element that it stands in, whatever classes are called."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _packed(raw: bytes) -> str:
    return base64.b64encode(gzip.compress(raw, LEVEL, mtime=0)).decode()


def _text(name: str) -> str:
    return (_HERE / name).read_text("utf-8")

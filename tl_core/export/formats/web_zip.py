"""For a web page: a zip whose `index.html` runs the model in a browser, from the disk, without the internet."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats import onnx_zip
from tl_core.export.formats.format import Companion, Format, Subject, Written

if TYPE_CHECKING:
    from tl_core.export.clean_room import Answers
    from tl_core.export.formats.format import Handover
    from tl_core.models.persist import Description

PAGE = "index.html"
RUNNER = Path(__file__).parents[1] / "web_page" / "runner.py"
WEIGHT_BYTES = 4.4
"""Of one weight in the page, measured with MobileNetV2 and Lite0: four bytes, packed, as letters."""
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


THE_PAGE = Said(
    "The page was opened from the disk in a browser of its own, without the internet and without Graft, and shown pictures that the "
    "app had judged before, as files."
)
THE_MODEL_ALONE = Said(
    "The page itself was not run, because no browser can be driven on this computer (the package playwright is missing). The model "
    "inside it was, by ONNX Runtime in a process of its own, shown pictures that the app had judged before and that Python opened."
)


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run as one page. Imports Keras; fetches the runtime where it is not here yet.

    Raises:
        UserError: when the model cannot be rebuilt, see `persist.load_model`, or the page cannot be
            put together, see `compose.page`.
    """
    from tl_core.export.formats import onnx_file
    from tl_core.export.web_page import compose, runtime
    from tl_core.models import detector_file, persist
    from tl_core.training.results import MODEL_DIR

    model_dir, file = subject.folder / MODEL_DIR, folder / onnx_file.MODEL
    described = persist.describe(model_dir)
    runtime.fetch()  # first: without it all else would be for nothing
    onnx_file.write(model_dir, file)
    detector = detector_file.load(model_dir, described.tail_sha256)
    page = compose.page(file.read_bytes(), described, detector)
    file.unlink()
    (folder / PAGE).write_text(page, "utf-8")
    return Written(folder / PAGE)


def ask(file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
    """Return what the page says in a Chromium, or where none can be driven, the model inside it; see `format.Ask`."""
    from tl_core.export import clean_room

    if find_spec("playwright") is None:
        return _ask_the_model(file, pictures, described)
    asked = {
        "page": str(file.resolve()),
        "chromium": chromium(),
        "pictures": [str(picture.resolve()) for picture in pictures],
    }
    return replace(clean_room.answers(RUNNER, asked), how=THE_PAGE)


def chromium() -> str | None:
    """Return the browser that the check uses; None for Playwright's own."""
    named = os.environ.get("GRAFT_CHROMIUM")
    return named or next((path for path in CHROMIUM if Path(path).exists()), None)


def _ask_the_model(file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
    from tl_core.export.formats import onnx_file, script
    from tl_core.export.web_page import compose

    with tempfile.TemporaryDirectory(prefix="graft-parity-") as folder:
        model = Path(folder) / onnx_file.MODEL
        model.write_bytes(compose.model_in(file.read_text("utf-8")))
        told = script.ask(onnx_file.BACKEND, model, pictures, described)
        return replace(told, how=THE_MODEL_ALONE)


def to_fetch() -> Said | None:
    """Return what is fetched first; see `Format.to_fetch`."""
    from tl_core.export.web_page import runtime

    return runtime.still_to_fetch()


def _runtime_licence(made: Handover) -> str:
    from tl_core.export.web_page import runtime

    return runtime.LICENCE


def own_bytes(run_id: str) -> float:
    """Return about how large the page of a run will be: its weights, and the runtime, as letters."""
    from tl_core.export import estimate
    from tl_core.export.web_page import runtime

    return runtime.PAGE_BYTES + WEIGHT_BYTES * estimate.weights(estimate.model_of(run_id))


FORMAT = Format(
    name="web",
    title=Said("As a web page"),
    sentence=Said(
        "A zip with one page that opens by a double click and runs the model in the browser: with the camera or with pictures, without "
        "the internet, also on a phone. No picture leaves the device."
    ),
    help="a web page that runs the model in the browser, without the internet",
    button=Said("Pack the web page"),
    ending=".zip",
    write=write,
    ask=ask,
    goes="web",
    weight_bytes=None,
    own_bytes=own_bytes,
    beside=(
        Companion(
            "LICENCES-runtime.txt",
            _runtime_licence,
            Said("the licence of what runs the model in the browser"),
        ),
    ),
    is_page=True,
    alone=Said("Only the page"),
    packages=onnx_zip.PACKAGES,
    to_fetch=to_fetch,
    usual_s=60.0,
)

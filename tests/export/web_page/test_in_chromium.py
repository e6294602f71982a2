"""The page in a real browser: the same pixels as Python's, and the same answers, from the disk and offline."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import browser
from tests.export.web_page import small_model
from tl_core.export.formats import web_zip
from tl_core.export.web_page import compose, runtime
from tl_core.modalities import registry as modalities
from tl_core.modalities.picture import awkward, pictures, resize

__all__ = ["browser"]
pytestmark = pytest.mark.browser

SHAPES = ((64, 64), (20, 700), (1, 1), (301, 211), (65, 64), (33, 1300))
FITTED = """
([text, settings]) => {
  const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Array.from(fitted({ data, width: settings.width, height: settings.height }, settings));
}
"""
HEADROOM = 1e-4
LEAST_COMPARED = 25


@pytest.fixture(scope="module")
def opener(browser):
    page = browser.new_page()
    page.add_script_tag(content=modalities.USUAL.in_browser())
    yield page
    page.close()


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_a_browser_makes_pictures_smaller_to_the_very_pixels_of_python(opener, fit: str) -> None:
    random = np.random.default_rng(7)
    for width, height in SHAPES:
        for stored in (0, 256):
            pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
            kept = pictures.shrunk(Image.fromarray(pixels), stored) if stored else pixels
            own = resize.resize(np.array(kept), 64, fit)  # pyright: ignore[reportArgumentType]
            settings = {"width": width, "height": height, "size": 64, "fit": fit, "stored": stored}
            text = base64.b64encode(pixels.tobytes()).decode()
            found = opener.evaluate(FITTED, [text, settings])
            assert found == own.reshape(-1).tolist(), (width, height, stored)


@pytest.mark.skipif(not runtime.is_here(), reason=f"{runtime.FOLDER} names no runtime")
def test_a_page_on_the_disk_answers_offline_as_python_does(tmp_path: Path) -> None:
    """Small pictures, so that nothing hides: every kind of file that the page does not refuse."""
    described = small_model.described(tmp_path / "m")
    page = tmp_path / "index.html"
    page.write_text(compose.page(small_model.model(), described, None), "utf-8")
    (folder := tmp_path / "files").mkdir()
    files = awkward.write(folder)
    told = web_zip.ask(page, tuple(files), described)
    member = modalities.of(described)
    seen = np.stack([member.see(file, described.entry)[1] for file in files])
    logits = seen.mean((1, 2)) / 255 @ small_model.WEIGHTS
    own = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    kept = np.setdiff1d(np.arange(len(files)), told.refused)
    apart = np.abs(own - told.outputs)[kept].max(axis=1)
    differing = {files[row].name: float(far) for row, far in zip(kept, apart, strict=True)}
    assert {name: far for name, far in differing.items() if far > HEADROOM} == {}
    assert len(kept) >= LEAST_COMPARED
    assert json.dumps(told.how) and told.versions["onnxruntime-web"] == runtime.VERSION

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
from tl_core.measures import unknowns
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
VERDICTS = """
([known, rows]) => {
  for (const each of Object.values(known))
    if (each.data) each.data = new Float32Array(Uint8Array.from(atob(each.data), (letter) => letter.charCodeAt(0)).buffer);
  return rows.map(([features, answers]) => [
    scoreOf(distancesOf(features, known), doubtOf(answers), known.scales.data),
    isUnknown(features, answers, known, true),
  ]);
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


def test_a_browser_says_none_of_these_of_the_same_examples_as_python(opener) -> None:
    random = np.random.default_rng(5)
    middles = random.normal(size=(4, 24)) + 1
    labels = np.arange(200) % 4
    learnt, known = (middles[labels] + random.normal(0, 0.3, (200, 24)) for _ in range(2))
    answers = random.dirichlet(np.ones(4) * 0.4, 200)
    doubts = unknowns.doubt(answers)
    fitted = unknowns.fit(learnt, labels, doubts, known, doubts).taking(0.2)
    detector = unknowns.Detector.of(fitted.arrays())  # as it is kept, some of it in 16 bits
    asked = np.concatenate(
        [known + random.normal(0, 0.2, known.shape), random.normal(size=(60, 24))]
    )
    told = random.dirichlet(np.ones(4) * 0.4, len(asked))
    scores = detector.score(asked, unknowns.doubt(told))
    opener.add_script_tag(path=Path(compose.__file__).with_name("unknowns.js"))
    rows = [[one.tolist(), other.tolist()] for one, other in zip(asked, told, strict=True)]
    found = opener.evaluate(VERDICTS, [compose.known(detector), rows])
    np.testing.assert_allclose([score for score, _ in found], scores, rtol=1e-4, atol=1e-3)
    refused = detector.refuses(detector.share(scores))
    assert 0 < refused.sum() < len(asked)
    # One that is as strange as a known example may fall to either side of it.
    clear = np.abs(scores[:, None] - detector.known).min(axis=1) > 2e-3
    assert clear.mean() > 0.9
    assert [verdict for _, verdict in np.array(found)[clear]] == refused[clear].tolist()


@pytest.mark.parametrize("count", [3, 8, 9, 40])
def test_of_many_classes_a_page_names_a_few_and_shows_the_rest_at_a_click(
    browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(runtime, "files", lambda: (b"", b""))
    names = [f"kind {number} </p>" for number in range(1, count + 1)]
    described = small_model.described(tmp_path / "m").model_copy(update={"classes": names})
    (file := tmp_path / "index.html").write_text(compose.page(b"", described, None), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    about, more = page.locator(".about").inner_text(), page.locator(".names")
    if count <= 8:
        assert all(name in about for name in names) and not more.is_visible()
    else:
        assert f"{count} things" in about and "kind 5" in about and "kind 6" not in about
        page.get_by_text(f"All {count}", exact=True).press("Enter")
        assert more.locator("p").inner_text() == " · ".join(names)
    page.close()


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

"""The whole journey in a real browser: pictures in, a trained model out, the same answers outside."""

import base64
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from pages.parts.shared import numbers
from tests.browser.conftest import seen, settled
from tests.browser.dropping import give
from tl_core.jobs import predictor
from tl_core.samples import bundled

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EACH = 30
FROZEN = 3
TRIED = 4
AGREEMENT = 1e-4
SCREENSHOT = os.environ.get("GRAFT_SCREENSHOT")
"""Where the picture of the README goes: it shows more epochs than a test needs."""
UPDATES_ON_THE_SCREENSHOT = 36
WATCHED_EPOCHS = 40 if SCREENSHOT else 5
TRAINING_TIMEOUT_S = 240
MOST_MEMORY_BYTES = 350 * 1024**2
NASTY = "<img src=x onerror=alert(1)>"
AT_HOME = """
import json, runpy, sys
import numpy as np
from PIL import Image
script = runpy.run_path("use_model.py", run_name="__main__")
for path in sys.argv[1:]:
    picture = np.asarray(Image.open(path).convert("RGB"))
    answers = script["model"].predict(picture[None], verbose=0)[0]
    print(json.dumps(dict(zip(script["names"], map(float, answers)))))
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real-looking pictures, one sub-folder per class."""
    folder = tmp_path_factory.mktemp("fruit")
    bundled.make(folder, seed=7, each=EACH)
    return folder


def test_a_stranger_goes_from_a_zip_to_a_model_that_answers_the_same_at_home(
    tab, server, pictures, tmp_path, monkeypatch
):
    tab.goto("/")
    tab.get_by_role("heading", level=1).wait_for()
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, _zipped(pictures, tmp_path / "fruit.zip"))
    tab.get_by_role("heading", name="Gallery").wait_for()
    tab.locator(".gallery .item img").nth(29).wait_for()

    tab.get_by_role("button", name="Train a model").click()
    _choose_a_backbone(tab)
    slider = tab.locator(".network input[type=range]")
    slider.wait_for()
    slider.press("ArrowLeft")
    seen(tab, "The last 1 of").wait_for()
    blocks = tab.locator(".network .block")
    assert tab.locator(".network .block.learning").count() == 1
    # Many stages and epochs, so that there is something to watch on a quick or a busy machine.
    blocks.nth(FROZEN).click()
    seen(tab, f"The last {blocks.count() - FROZEN} of").wait_for()
    assert tab.locator(".network .block.frozen").count() == FROZEN
    _train_for(tab, WATCHED_EPOCHS)
    tab.get_by_role("button", name="Start training").click()

    _watch_it_learn(tab)
    tab.reload()
    seen(tab, "Finished", exact=True).wait_for()
    tab.get_by_role("button", name="See the results").click()
    seen(tab, "test pictures. With 95 %").wait_for()
    cell = tab.locator(".confusion td button[aria-label*=' recognised: ']").last
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "true")
    tab.locator(".graft-gallery img[alt*=', recognised']").first.wait_for()

    tab.get_by_role("button", name="Try it on a new picture").click()
    tried = [next((pictures / name).iterdir()) for name in sorted(bundled.CLASSES)[:TRIED]]
    give(tab, *tried)
    tab.locator(".graft-bars").nth(TRIED - 1).wait_for()
    shown = _shown(tab)
    tried.append(_photographed(tab, tmp_path / "photo"))
    shown += _shown(tab)
    run = re.search(r"[?&]run=([0-9a-f]+)", tab.url)
    assert run

    tab.get_by_role("button", name="Take the model home").click()
    tab.get_by_role("button", name="Pack the model").click()
    link = tab.locator("a.graft-download").first
    link.wait_for(timeout=300_000)
    tab.get_by_test_id("stAlertContentSuccess").get_by_text("It answers as the app").wait_for()
    with tab.expect_download() as download:
        link.click()
    package = tmp_path / "home.zip"
    download.value.save_as(package)

    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    in_app = [predictor.predict(run[1], [picture])[0] for picture in tried]
    at_home, printed = _asked_at_home(package, tmp_path / "home", tried)
    assert len(shown) == len(printed) == len(tried)
    for bars, told, line, answers in zip(shown, in_app, printed, at_home, strict=True):
        assert bars == {k: numbers.percent(v) for k, v in told.probabilities.items()}
        assert answers == pytest.approx(told.probabilities, abs=AGREEMENT)
        if told.is_unknown:  # the script refuses what the app refuses, and nothing else
            assert line == ["none of these"]
            continue
        assert line[0] == told.label
        assert float(line[1]) == pytest.approx(max(answers.values()), abs=0.00051)
    assert not all(told.is_unknown for told in in_app)

    _stays_light(server.pid)


@pytest.mark.exhaustive  # every page is looked at in test_names, with a run that need not be trained
def test_a_class_name_is_text_on_every_page_and_a_refresh_comes_back_to_the_same_run(
    tab, pictures, tmp_path
):
    archive = tmp_path / "nasty.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for number, name in enumerate((NASTY, "*b* $x$ :smile:")):
            for file in sorted((pictures / bundled.CLASSES[number]).iterdir())[:12]:
                out.write(file, f"{name}/{file.name}")
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, archive)
    tab.get_by_role("heading", name="Gallery").wait_for()
    tab.locator(".gallery .item").first.wait_for()
    assert NASTY in tab.locator(".gallery .grid").inner_text()

    tab.get_by_role("button", name="Train a model").click()
    tab.get_by_role("button", name="Start training").click()
    seen(tab, "Finished", exact=True).wait_for(timeout=300_000)
    tab.reload()
    seen(tab, "Finished", exact=True).wait_for()

    tab.get_by_role("button", name="See the results").click()
    seen(tab, "test pictures. With 95 %").wait_for()
    tab.get_by_role("button", name="Try it on a new picture").click()
    seen(tab, "One of my test pictures").click()
    tab.locator(".graft-bars").wait_for()
    assert NASTY in tab.locator(".graft-bars").inner_text()
    tab.get_by_role("link", name="Settings").click()
    tab.get_by_role("heading", name="Room on the disk").wait_for()


def test_what_is_no_archive_is_refused_with_what_to_do(tab, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"this is no zip at all" * 100)
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, broken)
    tab.get_by_test_id("stAlertContentError").get_by_text("Code: E-ARCHIVE").wait_for()
    assert "Traceback" not in tab.inner_text("body")


def _choose_a_backbone(tab) -> None:
    """Read about another backbone, choose it, and come back to the one that needs no download."""
    tab.locator(".st-key-details-mobilenet_v2 button").click()
    seen(tab, "Licence of the weights").wait_for()
    tab.keyboard.press("Escape")
    tab.locator(".st-key-choose-mobilenet_v2 button").click()
    tab.locator(".st-key-backbone-chosen-mobilenet_v2").wait_for()
    tab.locator(".st-key-choose-starter button").click()
    chosen = tab.locator(".st-key-backbone-chosen-starter")
    chosen.get_by_text("Chosen", exact=True).wait_for()
    settled(tab)


def _shown(tab) -> list[dict[str, str]]:
    """Return the bars of every answer on the page: class and share as they are written."""
    bars = "all => all.map(one => [...one.children].map(part => part.textContent))"
    told = tab.locator(".graft-bars").evaluate_all(bars)
    return [dict(zip(parts[::3], parts[2::3], strict=True)) for parts in told]


def _photographed(tab, file: Path) -> Path:
    """Take a picture with the camera, wait for the answer, and keep what the camera gave."""
    tab.get_by_role("radio", name="Camera", exact=True).click()
    tab.get_by_role("button", name="Turn the camera on").click()
    tab.locator(".live-camera .bars dt").first.wait_for()
    tab.get_by_role("button", name="Take a picture", exact=True).click()
    taken = tab.locator(".graft-preview img")
    tab.locator(".graft-bars").wait_for()
    file.write_bytes(base64.b64decode(taken.get_attribute("src").partition("base64,")[2]))
    return file


def _train_for(tab, epochs: int) -> None:
    """Ask for so many epochs, none of them left out."""
    seen(tab, "More choices").click()
    patience = tab.get_by_role("slider", name="Stop early after")
    patience.press("Home")
    settled(tab)
    assert patience.input_value() == "0"
    field = tab.get_by_label("Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")
    settled(tab)


def _stays_light(pid: int) -> None:
    """See that the web process holds little and has no part of TensorFlow loaded."""
    assert psutil.Process(pid).memory_info().rss < MOST_MEMORY_BYTES
    maps = Path(f"/proc/{pid}/maps")
    if maps.exists():
        mapped = {line.split()[-1] for line in maps.read_text("utf-8").splitlines() if "/" in line}
        assert any("libpython" in path or "python" in path for path in mapped)
        assert not [path for path in mapped if "tensorflow" in path.lower()]


def _watch_it_learn(tab) -> None:
    """See at least two live updates drawn by one and the same chart."""
    chart = tab.locator(".st-key-live-accuracy canvas").first
    chart.wait_for(timeout=240_000)
    tab.evaluate(
        "() => { window.watched = document.querySelector('.st-key-live-accuracy canvas') }"
    )
    pictures = {tab.evaluate("() => window.watched.toDataURL()")}
    finished = seen(tab, "Finished", exact=True)
    deadline = time.monotonic() + TRAINING_TIMEOUT_S
    is_saved = False
    while not finished.count():
        assert time.monotonic() < deadline, tab.inner_text("body")
        tab.wait_for_timeout(400)
        pictures.add(tab.evaluate("() => window.watched.toDataURL()"))
        if SCREENSHOT and not is_saved and len(pictures) >= UPDATES_ON_THE_SCREENSHOT:
            _save_screenshot(tab, SCREENSHOT)
            is_saved = True
    assert len(pictures) >= 3, "fewer than two live updates were seen"
    same = tab.evaluate(
        "() => window.watched.isConnected && window.watched === document.querySelector('.st-key-live-accuracy canvas')"
    )
    assert same, "the chart was built anew"


def _save_screenshot(tab, target: str) -> None:
    tab.set_viewport_size({"width": 1280, "height": 1010})
    tab.screenshot(path=target)
    tab.set_viewport_size({"width": 1280, "height": 900})


def _zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as out:
        for file in sorted(folder.rglob("*.jpg")):
            out.write(file, Path("fruit") / file.relative_to(folder))
    return target


def _asked_at_home(
    package: Path, folder: Path, pictures: Sequence[Path]
) -> tuple[list[dict[str, float]], list[list[str]]]:
    """Unpack and ask the model in a process that knows nothing of the app.

    Returns:
        The probabilities of every class, and label and share as the package's own script prints
        them, for each picture.
    """
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", AT_HOME, *map(str, pictures)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.strip().splitlines()[-2 * len(pictures) :]
    printed = [line.split("\t")[1:] for line in lines[: len(pictures)]]
    return [json.loads(line) for line in lines[len(pictures) :]], printed

"""The whole journey in a real browser: pictures in, a trained model out, the same answers outside."""

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from tests.browser.conftest import settled, shown_percent
from tests.browser.dropping import give
from tl_core.data import samples

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EACH = 30
FROZEN = 3
WATCHED_EPOCHS = 40
UPDATES_ON_THE_SCREENSHOT = 36
TRAINING_TIMEOUT_S = 240
MOST_MEMORY_BYTES = 350 * 1024**2
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real-looking pictures, one sub-folder per class."""
    folder = tmp_path_factory.mktemp("fruit")
    samples.make(folder, seed=7, each=EACH)
    return folder


def test_a_stranger_goes_from_a_zip_to_a_model_that_answers_the_same_at_home(
    tab, server, pictures, tmp_path
):
    tab.goto("/")
    tab.get_by_role("heading", level=1).wait_for()
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, _zipped(pictures, tmp_path / "fruit.zip"))
    tab.get_by_role("heading", name="Gallery").wait_for()
    tab.locator(".gallery .item img").nth(29).wait_for()

    tab.get_by_role("button", name="Train a model").click()
    slider = tab.locator(".network input[type=range]")
    slider.wait_for()
    slider.press("ArrowLeft")
    tab.get_by_text("The last 1 of").wait_for()
    blocks = tab.locator(".network .block")
    assert tab.locator(".network .block.learning").count() == 1
    # Many stages and epochs, so that there is something to watch on a quick or a busy machine.
    blocks.nth(FROZEN).click()
    tab.get_by_text(f"The last {blocks.count() - FROZEN} of").wait_for()
    assert tab.locator(".network .block.frozen").count() == FROZEN
    _train_for(tab, WATCHED_EPOCHS)
    tab.get_by_role("button", name="Start training").click()

    _watch_it_learn(tab)
    tab.get_by_role("button", name="See the results").click()
    tab.get_by_text("test pictures. With 95 %").wait_for()
    tab.locator(".st-key-confusion .js-plotly-plot").wait_for()

    tab.get_by_role("button", name="Try it on a new picture").click()
    picture = next((pictures / samples.CLASSES[0]).iterdir())
    tab.locator("input[type=file]").first.set_input_files(picture)
    first = tab.locator(".graft-bars .graft-first")
    first.first.wait_for()
    label, share = first.nth(0).inner_text(), shown_percent(first.nth(1).inner_text())

    tab.get_by_role("button", name="Take the model home").click()
    tab.get_by_role("button", name="Pack the model").click()
    link = tab.locator("a.graft-download").first
    link.wait_for(timeout=300_000)
    tab.get_by_text("It answers as the app does.").wait_for()
    with tab.expect_download() as download:
        link.click()
    package = tmp_path / "home.zip"
    download.value.save_as(package)

    told = _asked_at_home(package, tmp_path / "home", picture)
    assert told[0] == label
    assert abs(100 * float(told[1]) - share) <= 0.51

    _stays_light(server.pid)


def test_a_class_name_is_text_on_every_page_and_a_refresh_comes_back_to_the_same_run(
    tab, pictures, tmp_path
):
    archive = tmp_path / "nasty.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for number, name in enumerate((NASTY, "*b* $x$ :smile:")):
            for file in sorted((pictures / samples.CLASSES[number]).iterdir())[:12]:
                out.write(file, f"{name}/{file.name}")
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, archive)
    tab.get_by_role("heading", name="Gallery").wait_for()
    tab.locator(".gallery .item").first.wait_for()
    assert NASTY in tab.locator(".gallery .grid").inner_text()

    tab.get_by_role("button", name="Train a model").click()
    tab.get_by_role("button", name="Start training").click()
    tab.get_by_text("Finished", exact=True).wait_for(timeout=300_000)
    tab.reload()
    tab.get_by_text("Finished", exact=True).wait_for()

    tab.get_by_role("button", name="See the results").click()
    tab.get_by_text("test pictures. With 95 %").wait_for()
    tab.get_by_role("button", name="Try it on a new picture").click()
    tab.get_by_text("One of my test pictures").click()
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
    tab.get_by_text("Code: E-ARCHIVE").wait_for()
    assert "Traceback" not in tab.inner_text("body")


def _train_for(tab, epochs: int) -> None:
    """Ask for so many epochs, none of them left out."""
    tab.get_by_text("More choices").click()
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
    finished = tab.get_by_text("Finished", exact=True)
    deadline = time.monotonic() + TRAINING_TIMEOUT_S
    is_saved = False
    while not finished.count():
        assert time.monotonic() < deadline, tab.inner_text("body")
        tab.wait_for_timeout(400)
        pictures.add(tab.evaluate("() => window.watched.toDataURL()"))
        if not is_saved and len(pictures) >= UPDATES_ON_THE_SCREENSHOT:
            _save_screenshot(tab)
            is_saved = True
    assert len(pictures) >= 3, "fewer than two live updates were seen"
    same = tab.evaluate(
        "() => window.watched.isConnected && window.watched === document.querySelector('.st-key-live-accuracy canvas')"
    )
    assert same, "the chart was built anew"


def _save_screenshot(tab) -> None:
    """Save the picture of the README where GRAFT_SCREENSHOT says, when it does."""
    target = os.environ.get("GRAFT_SCREENSHOT")
    if target:
        tab.set_viewport_size({"width": 1280, "height": 1010})
        tab.screenshot(path=target)
        tab.set_viewport_size({"width": 1280, "height": 900})


def _zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as out:
        for file in sorted(folder.rglob("*.jpg")):
            out.write(file, Path("fruit") / file.relative_to(folder))
    return target


def _asked_at_home(package: Path, folder: Path, picture: Path) -> list[str]:
    """Unpack and ask the model as its own script does, in a process that knows nothing of the app."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "use_model.py", str(picture)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1].split("\t")[1:]

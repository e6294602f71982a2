"""Pictures from the browser: dropped folders and files of every kind, shrunk, retried, cancelled."""

import re
import shutil
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import seen
from tests.browser.dropping import PICTURES, drop, give
from tl_core.datasets import manifest
from tl_core.intake import originals
from tl_core.modalities import registry
from tl_core.modalities.picture import images, pictures
from tl_core.samples import bundled

pytestmark = pytest.mark.browser

READY = "Gallery"
COUNT_WHAT_IS_SENT = """() => {
  const send = XMLHttpRequest.prototype.send;
  window.sentBytes = 0;
  XMLHttpRequest.prototype.send = function (body) { window.sentBytes += body.size; return send.call(this, body); };
}"""


@pytest.fixture(scope="module")
def fruit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small pictures, one sub-folder per class."""
    folder = tmp_path_factory.mktemp("pictures") / "fruit"
    bundled.make(folder, seed=3, each=8)
    return folder


def imported(tab, server, monkeypatch: pytest.MonkeyPatch) -> manifest.Dataset:
    """Wait for the import to end and return the data set that the address names."""
    tab.get_by_role("heading", name=READY).wait_for()
    tab.wait_for_url(re.compile("dataset="))
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    found = re.search(r"dataset=([0-9a-f]+)", tab.url)
    assert found
    return manifest.load(found[1])


def want_them_smaller(tab) -> None:
    """Have large photos made smaller; what is dropped before the zone knows of it is sent whole."""
    seen(tab, "Make large photos smaller").click()
    tab.locator(f"{PICTURES}.makes-smaller").wait_for()


def test_a_dropped_folder_arrives_with_empty_classes_and_without_junk(
    data_page, server, fruit, tmp_path, monkeypatch
):
    folder = tmp_path / "Früchte"
    shutil.copytree(fruit, folder)
    (folder / "empty").mkdir()
    for junk in ("Thumbs.db", ".DS_Store", "notes.txt"):
        (folder / bundled.CLASSES[0] / junk).write_bytes(b"junk" * 1000)
    drop(data_page, PICTURES, folder)
    dataset = imported(data_page, server, monkeypatch)
    assert dataset.name == "Früchte"
    assert set(dataset.classes) == {*bundled.CLASSES, "empty"}
    assert len(dataset) == 8 * len(bundled.CLASSES)
    assert dataset.names[0].startswith("Früchte/")
    assert not any((server.home / "uploads").rglob("000000*"))


def test_folders_files_and_a_zip_dropped_together_all_arrive(
    data_page, server, fruit, tmp_path, monkeypatch
):
    first, second, third, *_ = sorted(path for path in fruit.iterdir())
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for path in third.iterdir():
            archive.write(path, f"{third.name}/{path.name}")
    loose = next(first.iterdir())
    drop(data_page, PICTURES, first, second, tmp_path / "more.zip", loose)
    dataset = imported(data_page, server, monkeypatch)
    assert set(dataset.classes) == {first.name, second.name, third.name}
    assert len(dataset) == 24
    assert [aside.name for aside in manifest.set_aside(dataset.id)] == [loose.name]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes with one large photo each; a camera has noted that they lie on their side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for label, colour in (("left", (200, 30, 30)), ("right", (30, 30, 200))):
        (tmp_path / "photos" / label).mkdir(parents=True)
        pixels = np.zeros((1500, 3000, 3), np.uint8)
        pixels[:, :1500] = colour
        Image.fromarray(pixels).save(tmp_path / "photos" / label / "1.jpg", exif=exif)
    return tmp_path / "photos"


def test_large_photos_are_sent_as_they_are_unless_smaller_ones_are_wanted(
    data_page, server, photos, monkeypatch
):
    data_page.evaluate(COUNT_WHAT_IS_SENT)
    drop(data_page, PICTURES, photos)
    dataset = imported(data_page, server, monkeypatch)
    whole = data_page.evaluate("window.sentBytes")
    assert whole > sum(path.stat().st_size for path in photos.rglob("*.jpg"))
    assert (dataset.facts["width"].tolist(), dataset.facts["height"].tolist()) == (
        [500, 500],
        [1000, 1000],
    )
    for name, digest in zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True):
        itself = images.open_image(photos.parent / name)
        assert np.array_equal(pictures.read(digest), np.asarray(pictures.shrunk(itself, 1024)))

    data_page.get_by_role("button", name="Add another data set").click()
    data_page.locator(PICTURES).wait_for()
    want_them_smaller(data_page)
    drop(data_page, PICTURES, photos)
    data_page.locator(PICTURES).wait_for(state="detached")
    dataset = imported(data_page, server, monkeypatch)
    small = data_page.evaluate("window.sentBytes") - whole
    assert small < whole / 2
    assert (dataset.facts["width"].tolist(), dataset.facts["height"].tolist()) == (
        [512, 512],
        [1024, 1024],
    )
    with Image.open(pictures.picture_path(dataset.hashes[0])) as picture:
        top, bottom = picture.convert("RGB").getpixel((256, 100)), picture.getpixel((256, 900))
    assert np.allclose(top, (200, 30, 30), atol=12)
    assert np.allclose(bottom[:3], (0, 0, 0), atol=12)


def test_of_photos_that_the_browser_makes_smaller_some_come_whole_for_exports_to_be_checked_on(
    data_page, server, tmp_path, monkeypatch
):
    generator = np.random.default_rng(8)
    for label in ("left", "right"):
        (tmp_path / "many" / label).mkdir(parents=True)
        for number in range(15):
            noise = generator.integers(0, 256, (60, 80, 3), dtype=np.uint8)
            photo = Image.fromarray(noise).resize((1600, 1200), Image.Resampling.BICUBIC)
            photo.save(tmp_path / "many" / label / f"{number}.jpg")
    want_them_smaller(data_page)
    drop(data_page, PICTURES, tmp_path / "many")
    dataset = imported(data_page, server, monkeypatch)
    assert (dataset.classes, len(dataset)) == (("left", "right"), 30)
    seen(data_page, "Your browser made large photos smaller").first.wait_for()
    pairs = zip(dataset.names.tolist(), dataset.hashes.tolist(), strict=True)
    found = {
        name: originals.found(digest, registry.USUAL, dataset.read_by) for name, digest in pairs
    }
    larger = {name: own.path for name, own in found.items() if own and own.was_larger}
    assert len(larger) == 3, "one in ten"
    assert all(path.read_bytes() == (tmp_path / name).read_bytes() for name, path in larger.items())


def test_a_lost_answer_and_a_server_that_stumbles_cost_nothing(
    data_page, server, fruit, monkeypatch
):
    told = []

    def stumble(route):
        told.append(route.request.method)
        if told == ["PUT"]:
            route.fulfill(status=503)
        elif told == ["PUT", "PUT"]:
            route.fetch()  # it arrives, but the browser never hears of it
            route.abort()
        else:
            route.continue_()

    data_page.route("**/graft/upload/**", stumble)
    drop(data_page, PICTURES, fruit)
    dataset = imported(data_page, server, monkeypatch)
    assert len(dataset) == 8 * len(bundled.CLASSES)
    assert len(told) == 3


def test_cancel_leaves_nothing_and_a_folder_may_be_chosen_with_the_button(
    data_page, server, fruit, monkeypatch
):
    held = []
    data_page.route("**/graft/upload/**", lambda route: held.append(route))
    drop(data_page, PICTURES, fruit)
    deadline = time.monotonic() + 60
    while not held:
        assert time.monotonic() < deadline
        data_page.wait_for_timeout(100)
    data_page.locator(f"{PICTURES} .cancel").click()
    seen(data_page, "Cancelled. Nothing was kept.").wait_for()
    assert not any((server.home / "uploads").glob("*.upload"))
    data_page.unroute("**/graft/upload/**")
    give(data_page, fruit, way="folder")
    assert len(imported(data_page, server, monkeypatch)) == 8 * len(bundled.CLASSES)


def test_a_refusal_is_told_in_the_zone(data_page, fruit):
    refusal = '{"message": "The disk is full.", "hint": "Free some space."}'
    data_page.route("**/graft/upload/**", lambda route: route.fulfill(status=507, body=refusal))
    drop(data_page, PICTURES, fruit)
    seen(data_page, "The disk is full. Free some space.").wait_for()


def test_of_several_archives_the_one_that_is_damaged_is_told_by_its_name(
    data_page, fruit, tmp_path
):
    for name in ("first.zip", "second.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in sorted(fruit.glob("*/*"))[:20]:
                archive.write(path, path.relative_to(fruit))
    whole = (tmp_path / "second.zip").read_bytes()
    (tmp_path / "second.zip").write_bytes(whole[: len(whole) // 2])
    drop(data_page, PICTURES, tmp_path / "first.zip", tmp_path / "second.zip")
    seen(data_page, "“second.zip” is damaged or was cut short.").wait_for()


def test_an_empty_folder_is_told_at_once(data_page, tmp_path):
    (tmp_path / "nothing").mkdir()
    drop(data_page, PICTURES, tmp_path / "nothing")
    seen(data_page, "There is nothing in it.").wait_for()

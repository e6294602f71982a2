"""Videos dropped in become pictures: real ones, recorded by the browser itself from a drawing."""

import base64
import re
from dataclasses import dataclass

import pytest

from tests.browser.conftest import seen, settled
from tests.browser.dropping import PICTURES, drop
from tl_core.datasets import manifest
from tl_core.modalities.picture import pictures

pytestmark = pytest.mark.browser

SECONDS = 3.4
RECORD = """async ([colours, seconds]) => Promise.all(colours.map(async (colour, index) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 240];
  const context = canvas.getContext("2d");
  let step = 0;
  const draw = () => {
    step += 1;
    context.fillStyle = colour;
    context.fillRect(0, 0, 320, 240);
    context.save();
    context.rotate(index * 0.5);
    context.fillStyle = "rgba(0, 0, 0, 0.35)"; // stripes of its own: no two videos look alike
    for (let at = -400; at < 600; at += 16 + 9 * index) context.fillRect(at, -400, 8 + 4 * index, 1200);
    context.restore();
    context.fillStyle = `hsl(${(step * 7) % 360} 80% 50%)`;
    context.fillRect((step * 5) % 280, (step * 3) % 200, 60, 60);
  };
  draw();
  const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm;codecs=vp8" });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const ended = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  const timer = setInterval(draw, 100); // slow enough for a machine that is busy
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  recorder.stop();
  await ended;
  clearInterval(timer);
  const film = new Blob(pieces);
  const video = document.createElement("video");
  video.src = URL.createObjectURL(film);
  video.currentTime = 1e9; // what a browser recorded tells its length only at its end
  await new Promise((resolve) => { video.onseeked = resolve; });
  const bytes = new Uint8Array(await film.arrayBuffer());
  return [btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), "")), video.duration];
}))"""
COUNT_WHAT_IS_SENT = """() => {
  const send = XMLHttpRequest.prototype.send;
  window.sentBytes = 0;
  XMLHttpRequest.prototype.send = function (body) { window.sentBytes += body.size; return send.call(this, body); };
}"""


@dataclass(frozen=True)
class Film:
    """A video with no length written in it, and how long it became: a busy machine loses its end."""

    webm: bytes
    seconds: float

    def pictures(self, every_s: float) -> int:
        return max(1, int(self.seconds / every_s + 1e-6))


@pytest.fixture(scope="module")
def films(browser, server) -> list[Film]:
    """Six videos, three of a red and three of a blue drawing."""
    page = browser.new_page(base_url=server.url)
    page.goto("/")
    colours = ["#a02020", "#b03030", "#902828", "#2030a0", "#3040b0", "#283890"]
    recorded = page.evaluate(RECORD, [colours, SECONDS])
    page.close()
    return [Film(base64.b64decode(text), seconds) for text, seconds in recorded]


def imported(tab, server, monkeypatch: pytest.MonkeyPatch) -> manifest.Dataset:
    tab.get_by_role("heading", name="Gallery").wait_for()
    tab.wait_for_url(re.compile("dataset="))
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    found = re.search(r"dataset=([0-9a-f]+)", tab.url)
    assert found
    return manifest.load(found[1])


def panel(tab):
    tab.locator(f"{PICTURES} .videos .take").or_(
        tab.locator(f"{PICTURES} .videos .film")
    ).first.wait_for()
    return tab.locator(f"{PICTURES} .videos")


def slide(asked, seconds: str) -> None:
    """Move the slider by keys until it says so."""
    slider = asked.locator("#every")
    slider.focus()
    for _ in range(12):
        slider.press("ArrowLeft")
    for _ in range(12):
        if asked.locator("output").inner_text().replace("\u202f", " ") == seconds:
            return
        slider.press("ArrowRight")
    raise AssertionError(asked.locator("output").inner_text())


def test_videos_in_folders_become_pictures_that_are_never_torn_apart(
    data_page, server, films, tmp_path, monkeypatch
):
    root = tmp_path / "clips"
    for number, film in enumerate(films):
        path = root / ("red", "blue")[number // 3] / f"{number}.webm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film.webm)
    data_page.evaluate(COUNT_WHAT_IS_SENT)
    drop(data_page, PICTURES, root)
    asked = panel(data_page)
    assert asked.locator(".film").count() == 6
    assert [box.input_value() for box in asked.locator(".of").all()] == ["blue"] * 3 + ["red"] * 3
    told = asked.locator(".total").inner_text()
    count = sum(film.pictures(1.0) for film in films)
    assert told.startswith(f"Pictures: {count}, from videos: 6."), told
    slide(asked, "0.5 s")
    told = asked.locator(".total").inner_text()
    count = sum(film.pictures(0.5) for film in films)
    assert told.startswith(f"Pictures: {count}, from videos: 6."), told
    assert asked.locator(".take").inner_text() == f"Take the pictures ({count})"
    asked.locator(".take").click()

    dataset = imported(data_page, server, monkeypatch)
    assert dataset.name == "clips"
    assert dataset.classes == ("blue", "red")
    assert len(dataset) == count
    assert dataset.groups is not None
    assert set(dataset.groups) == {
        f"clips/{c}/{n}.webm"
        for c, n in zip(("red", "red", "red", "blue", "blue", "blue"), range(6), strict=True)
    }
    for group in set(dataset.groups):
        assert len(set(dataset.splits[dataset.groups == group])) == 1, group
    assert (dataset.counts() > 0).all()
    assert len(set(dataset.hashes)) > count * 0.8  # the video was walked through, not one moment
    assert set(dataset.facts["width"]) == {320}
    for label, channel in ((0, 2), (1, 0)):
        shown = pictures.pixels(dataset.hashes[dataset.labels == label][:4], 32)
        assert (
            shown[..., channel].mean(axis=(1, 2)) > shown[..., 2 - channel].mean(axis=(1, 2))
        ).all()
    assert data_page.evaluate("window.sentBytes") < 40_000 * count


@pytest.mark.exhaustive
def test_loose_videos_are_named_there_and_one_that_does_not_play_is_told(
    data_page, server, films, tmp_path, monkeypatch
):
    names = ("one.webm", "two.webm", "three.webm")
    for name, film in zip(names, (films[0], films[3], films[4]), strict=True):
        (tmp_path / name).write_bytes(film.webm)
    (tmp_path / "old.avi").write_bytes(b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(500))
    drop(data_page, PICTURES, *(tmp_path / name for name in (*names, "old.avi")))
    asked = panel(data_page)
    broken = asked.locator(".film.broken")
    assert "old.avi" in broken.inner_text()
    assert "cannot play it" in broken.inner_text()
    take = asked.locator(".take")
    assert take.is_disabled()
    for name, label in (("one", "../<b>red</b>"), ("two", "blue"), ("three", "blue")):
        asked.get_by_label(f"Class of {name}.webm").fill(label)
    assert take.is_enabled()
    take.click()
    dataset = imported(data_page, server, monkeypatch)
    assert set(dataset.classes) == {"blue", "-<b>red<-b>"}
    assert len(set(dataset.groups)) == 3
    aside = manifest.set_aside(dataset.id)
    assert [(entry.name, entry.code) for entry in aside] == [("old.avi", "video")]


def test_pictures_and_videos_come_together_and_videos_may_be_left_out(
    data_page, server, films, tmp_path, monkeypatch
):
    from tests.intake.test_unlabelled import made, spread

    root = made(tmp_path / "mixed", *spread("red"), *spread("blue"))
    (root / "red" / "film.webm").write_bytes(films[0].webm)
    drop(data_page, PICTURES, root)
    asked = panel(data_page)
    asked.locator(".leave").click()
    dataset = imported(data_page, server, monkeypatch)
    assert len(dataset) == 8
    assert manifest.set_aside(dataset.id) == []

    data_page.get_by_role("button", name="Add another data set").click()
    data_page.locator(PICTURES).wait_for()
    settled(data_page)
    drop(data_page, PICTURES, root)
    panel(data_page).locator(".take").click()
    data_page.locator(PICTURES).wait_for(state="detached")
    dataset = imported(data_page, server, monkeypatch)
    assert len(dataset) == 8 + films[0].pictures(1.0)


def test_only_videos_that_do_not_play_are_told_and_nothing_is_sent(data_page, tmp_path):
    (tmp_path / "old.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(500))
    sent = []
    data_page.on(
        "request",
        lambda request: sent.append(request.url) if "/graft/upload/" in request.url else None,
    )
    drop(data_page, PICTURES, tmp_path / "old.mp4")
    asked = panel(data_page)
    asked.get_by_text("old.mp4").wait_for()
    asked.get_by_text("cannot play it").wait_for()
    data_page.locator(f"{PICTURES} .cancel").click()
    seen(data_page, "Cancelled. Nothing was kept.").wait_for()
    assert sent == []

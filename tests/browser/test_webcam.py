"""The webcam: hold to record, class after class, and a data set whose stretches are never torn."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from tests.browser.conftest import FLAGS, chromium, seen, stopped_by_policy
from tests.waiting import wait_for
from tl_core.datasets import division, manifest

pytestmark = pytest.mark.browser

EACH = 8
"""Pictures of one time, whatever time a busy machine takes for them."""
NASTY = "<b>cup</b>, “2”/../x"


def opened(browser, server) -> Iterator[object]:
    """The webcam's place on the Data page, in a window that knows nothing of others."""
    tab = browser.new_page(viewport={"width": 1280, "height": 1000}, base_url=server.url)
    tab.set_default_timeout(120_000)
    stopped: list[str] = []
    tab.on("console", lambda message: stopped.extend(stopped_by_policy(message.text)))
    tab.goto("/data")
    another = tab.get_by_role("button", name="Add another data set")
    way = tab.get_by_role("radio", name="Webcam", exact=True)
    another.or_(way).first.wait_for()
    if another.is_visible():
        another.click()
    way.click()
    tab.get_by_role("button", name="Turn the camera on").wait_for()
    yield tab
    tab.close()
    assert not stopped


@pytest.fixture
def camera(browser, server) -> Iterator[object]:
    yield from opened(browser, server)


@pytest.fixture
def no_camera(browser, server) -> Iterator[object]:
    flags = [*FLAGS, "--use-fake-ui-for-media-stream"]
    without = browser.browser_type.launch(executable_path=chromium(), args=flags)
    yield from opened(without, server)
    without.close()


def record(tab, name: str, *, with_keys: bool = False) -> None:
    """Record a class at three times."""
    tab.locator(".booth .title").fill(name)
    button, pictures = tab.locator(".booth .record"), tab.locator(".booth .frames img")

    def hold() -> None:
        before = pictures.count()
        wait_for(lambda: tab.wait_for_timeout(100) or pictures.count() >= before + EACH)

    for _ in range(3):
        if with_keys:
            button.focus()
            tab.keyboard.down("Space")
            hold()
            tab.keyboard.up("Space")
        else:
            button.hover()
            tab.mouse.down()
            hold()
            tab.mouse.up()
        tab.wait_for_timeout(300)


def counted(tab, pictures) -> int:
    """Return how many pictures there are once the last ones have come in."""
    count = -1
    while count != (now := pictures.count()):
        count = now
        tab.wait_for_timeout(1000)
    return count


def test_classes_recorded_by_mouse_and_by_keys_become_a_data_set(camera, server, monkeypatch):
    tab = camera
    tab.get_by_role("button", name="Turn the camera on").click()
    record(tab, NASTY)
    use = tab.get_by_role("button", name="Use these pictures")
    assert use.is_disabled()
    seen(tab, "Now the next class").wait_for()
    tab.get_by_role("button", name="Next class").click()
    record(tab, "plate", with_keys=True)

    plates = tab.locator(".booth .group").nth(1)
    before = counted(tab, plates.locator("img"))
    assert before >= 12
    still = tab.locator(".booth .group").first.locator("img").count()
    plates.locator(".frames button").last.click()
    assert counted(tab, plates.locator("img")) == before - 1

    use.click()
    tab.get_by_role("heading", name="Gallery").wait_for()
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    found = re.search(r"dataset=([0-9a-f]+)", tab.url)
    assert found
    dataset = manifest.load(found[1])
    assert set(dataset.classes) == {NASTY, "plate"}
    assert len(dataset) == still + before - 1
    assert dataset.groups is not None and dataset.split is not None
    # What the fake camera shows is so alike that there may be too little apart for three parts;
    # whatever is alike or of one stretch is in one part, and every class can be learnt.
    assert np.all(dataset.counts()[:, 0] > 0)
    kin = division.together(dataset, dataset.split)
    for alike in set(kin.tolist()):
        assert len(set(dataset.splits[kin == alike].tolist())) == 1
    for group in set(dataset.groups.tolist()):
        assert len(set(dataset.splits[dataset.groups == group].tolist())) == 1
    holds = {group.rpartition("/")[0] for group in dataset.groups}
    assert len(holds) == 6
    assert np.all(dataset.facts["width"] == 640)


def test_nothing_is_recorded_while_nothing_is_held_or_named(camera):
    camera.get_by_role("button", name="Turn the camera on").click()
    camera.locator(".booth .record").wait_for()
    assert camera.locator(".booth .record").is_disabled()
    camera.locator(".booth .title").fill("cup")
    camera.wait_for_timeout(600)
    assert camera.locator(".booth .frames img").count() == 0


def test_a_machine_without_a_camera_is_told_what_to_do(no_camera):
    no_camera.get_by_role("button", name="Turn the camera on").click()
    seen(no_camera, "No camera was found").wait_for()

"""Working on a data set in a real browser: a remedy of its report, chosen pictures left out, undo."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.browser.conftest import seen, settled
from tests.browser.dropping import give
from tl_core.samples import bundled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of small pictures, one of which is there twice under one class."""
    folder = tmp_path_factory.mktemp("pictures")
    bundled.make(folder / "fruit", seed=7, each=8)
    first = min((folder / "fruit").rglob("*.jpg"))
    shutil.copy(first, first.with_name("copy.jpg"))
    target = folder / "fruit.zip"
    with zipfile.ZipFile(target, "w") as out:
        for file in sorted((folder / "fruit").rglob("*.jpg")):
            out.write(file, file.relative_to(folder))
    return target


def test_a_remedy_and_an_edit_make_versions_and_undo_goes_back(tab, archive):
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, archive)
    # Made in the background, without being asked for.
    tab.get_by_role("heading", name="Pictures stored more than once: 1 extra").wait_for(
        timeout=240_000
    )
    tab.get_by_role("button", name="Keep one of each (1)").first.click()
    seen(tab, "Left out 1 picture.", exact=True).first.wait_for()
    settled(tab)
    tab.locator(".st-key-graft-changed").get_by_role("button", name="Undo").click()
    seen(tab, "There are newer ones").wait_for()
    settled(tab)

    gallery = tab.locator(".gallery").last
    pictures = gallery.locator(".item")
    pictures.nth(0).click()
    seen(tab, "1 picture chosen").wait_for()
    pictures.nth(2).click(modifiers=["Shift"])
    seen(tab, "3 pictures chosen").wait_for()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Space")
    seen(tab, "4 pictures chosen").wait_for()
    assert pictures.nth(3).get_attribute("aria-selected") == "true"
    tab.get_by_role("button", name="Leave out", exact=True).click()
    seen(tab, "Left out 4 pictures.", exact=True).first.wait_for()
    settled(tab)
    tab.locator(".st-key-graft-changed").get_by_role("button", name="Undo").click()
    seen(tab, "There are newer ones").wait_for()

"""The ways in, in a real browser: samples to a result, the same zip twice, a way changed half-way."""

import re
import time
import zipfile
from pathlib import Path

import pytest

from tests.browser.conftest import seen
from tests.browser.dropping import PICTURES, give
from tl_core import store
from tl_core.samples import bundled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of small pictures, one folder per class."""
    folder = tmp_path_factory.mktemp("pictures")
    bundled.make(folder / "fruit", seed=5, each=8)
    target = folder / "fruit.zip"
    with zipfile.ZipFile(target, "w") as out:
        for file in sorted((folder / "fruit").rglob("*.jpg")):
            out.write(file, file.relative_to(folder))
    return target


def address_of(tab, kind: str) -> str:
    found = re.search(rf"{kind}=([0-9a-f]+)", tab.url)
    return found[1] if found else ""


@pytest.mark.slow
def test_the_samples_are_trained_though_the_tab_is_closed_at_once(
    tab, server, monkeypatch, tmp_path
):
    tab.goto("/")
    tab.get_by_role("button", name="Use sample pictures").click()
    tab.wait_for_url(re.compile("dataset="))
    dataset = address_of(tab, "dataset")
    tab.goto("about:blank")
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    deadline = time.monotonic() + 240
    while not store.runs(dataset_id=dataset):
        assert time.monotonic() < deadline
        time.sleep(1)
    tab.goto(f"/runs?dataset={dataset}")
    seen(tab, "Finished", exact=True).wait_for(timeout=300_000)
    tab.get_by_role("button", name="See the results").click()
    seen(tab, "test pictures. With 95 %").wait_for()
    _goes_on_from_a_file(tab, dataset, tmp_path)


def _goes_on_from_a_file(tab, dataset: str, folder: Path) -> None:
    """Take the whole project home and open it again: the run is there, with its result."""
    result = seen(tab, "test pictures. With 95 %").inner_text()
    tab.get_by_role("link", name="Take it home").first.click()
    tab.get_by_role("button", name="Pack the project").click()
    tab.get_by_role("button", name="Pack it again").wait_for(timeout=120_000)
    with tab.expect_download() as download:
        tab.get_by_role("link", name=re.compile("Download")).last.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    project = address_of(tab, "project")
    tab.get_by_role("link", name="Start").click()
    give(tab, file)
    tab.wait_for_url(re.compile(f"project=(?!{project})"))
    tab.get_by_role("heading", name="Welcome back").wait_for(timeout=120_000)
    tab.get_by_role("button", name="Open").first.click()
    seen(tab, "test pictures. With 95 %").wait_for()
    assert address_of(tab, "dataset") not in ("", dataset)
    assert seen(tab, "test pictures. With 95 %").inner_text() == result


@pytest.mark.exhaustive
def test_the_same_zip_twice_makes_two_data_sets_that_are_told_apart(tab, archive):
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, archive)
    tab.get_by_role("heading", name="Gallery").wait_for()
    first = address_of(tab, "dataset")
    tab.get_by_role("button", name="Add another data set").click()
    give(tab, archive)
    tab.locator(PICTURES).wait_for(state="detached")
    tab.get_by_role("heading", name="Gallery").wait_for()
    second = address_of(tab, "dataset")
    assert second and second != first

    # And a third time from there, where two names are alike already.
    tab.get_by_role("button", name="Add another data set").click()
    give(tab, archive)
    tab.locator(PICTURES).wait_for(state="detached")
    tab.get_by_role("heading", name="Gallery").wait_for()
    assert address_of(tab, "dataset") not in (first, second)

    tab.get_by_label("Data set").first.click()
    options = tab.get_by_role("option")
    options.first.wait_for()
    assert options.all_inner_texts()[:3] == ["fruit · 3", "fruit · 2", "fruit"]
    options.nth(2).click()
    tab.wait_for_url(re.compile(f"dataset={first}"))


def test_who_asked_for_other_pictures_may_still_take_the_samples(tab):
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    tab.locator(PICTURES).wait_for()
    tab.get_by_role("link", name="Start").click()
    tab.get_by_role("button", name="Use sample pictures").click()
    tab.get_by_role("button", name="Stop").wait_for()
    assert not tab.locator(PICTURES).count()

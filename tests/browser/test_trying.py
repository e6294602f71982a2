"""Try it in a real browser: a zip of pictures dropped, found again, put in order, one put right."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.browser.conftest import seen, settled
from tests.browser.dropping import PICTURES, drop
from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.waiting import wait_for
from tl_core import store
from tl_core.base import ids
from tl_core.config import LESSON
from tl_core.datasets import manifest
from tl_core.datasets.splits import TRAIN

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect = pytest.importorskip("playwright.sync_api").expect
COUNT = 30


@pytest.fixture
def place(data, model) -> str:  # noqa: F811
    """The address of a run with a model that answers at once."""
    run_id = ids.new()
    shutil.copytree(model, ids.run_folder(run_id) / "model")
    test = {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6, "count": 10, "right": 5}
    # Known only now that it has ended: nobody starts to train it.
    values, told = LESSON.model_dump(mode="json"), {"task": "classify", "test": test}
    told["test_accuracy"] = 0.5
    store.add_run(data, "mine", values, run_id, run_id=run_id, metrics=told)
    return f"/try_it?run={run_id}"


@pytest.fixture
def pictures(tmp_path) -> Path:
    archive = tmp_path / "new.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for number in range(COUNT):
            out.writestr(f"{number}.png", png((number * 8, 200 - number * 6, 9)))
    return archive


def test_a_dropped_zip_is_answered_found_again_put_in_order_and_put_right(tab, place, pictures):
    tab.goto(place)
    tab.locator(f"{PICTURES} .prompt").wait_for()
    settled(tab)
    drop(tab, PICTURES, pictures)
    seen(tab, f"{COUNT} pictures answered: ").wait_for()
    tab.reload()
    seen(tab, f"{COUNT} pictures answered: ").wait_for()
    settled(tab)

    tab.get_by_role("combobox", name="Order").click()
    tab.get_by_role("option", name="by file name").click()
    caption = tab.locator(".graft-preview figcaption")
    expect(caption).to_have_text("0.png")
    tab.get_by_role("button", name="The next picture").click()
    expect(caption).to_have_text("1.png")

    tab.get_by_role("button", name="That is wrong").click()
    tab.get_by_label("It is", exact=True).fill("quince")
    tab.get_by_role("option", name="quince").first.click()
    tab.get_by_role("button", name="Note it").click()
    seen(tab, "Noted: it is").wait_for()
    tab.get_by_role("button", name="Add to my data").click()
    seen(tab, "1 picture was added to the part for training.").wait_for()
    dataset = tab.url.partition("dataset=")[2].partition("&")[0]
    now = manifest.load(dataset)
    assert now.classes[-1] == "quince" and now.splits[-1] == TRAIN
    assert store.dataset(dataset).version == 2

    tab.get_by_role("button", name="Undo").first.click()
    seen(tab, "Noted: it is").wait_for()
    wait_for(lambda: f"dataset={store.dataset(dataset).parent_id}" in tab.url)

"""Pictures that show several things, in a real browser: a table of `cat;dog`, a model, its answers."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import seen
from tests.browser.dropping import give

pytestmark = [pytest.mark.browser, pytest.mark.exhaustive]

COLOURS = {"cherry": (210, 30, 40), "leaf": (40, 170, 60), "<b>sky</b>": (50, 90, 220)}
PICTURES = 72
SIDE = 96


def drawn(shown: list[str], random: np.random.Generator) -> bytes:
    """Return a noisy grey picture with a patch of colour for each label, somewhere in its third."""
    pixels = random.integers(90, 150, (SIDE, SIDE, 3)).astype(np.uint8)
    for third, (label, colour) in enumerate(COLOURS.items()):
        if label in shown:
            top, left = int(random.integers(4, SIDE - 40)), third * SIDE // 3 + 2
            pixels[top : top + 36, left : left + 28] = colour
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Pictures with none to three labels, and a table that names them in one cell each."""
    random = np.random.default_rng(4)
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["file", "labels"])
    packed = tmp_path / "several.zip"
    with zipfile.ZipFile(packed, "w") as out:
        for number in range(PICTURES):
            shown = [label for bit, label in enumerate(COLOURS) if (number % 7 + 1) >> bit & 1]
            out.writestr(f"{number}.png", drawn(shown, random))
            rows.writerow([f"{number}.png", ";".join(shown)])
        out.writestr("labels.csv", table.getvalue())
    return packed


def test_a_table_of_several_labels_becomes_a_model_that_names_all_of_them(tab, archive, tmp_path):
    tab.goto("/")
    tab.get_by_role("button", name="Bring my own pictures").click()
    give(tab, archive)
    tab.get_by_role("heading", name="What do you want to learn?").wait_for()
    seen(tab, "Each of the 3 labels is learnt by itself").first.wait_for()
    tab.get_by_role("button", name="Learn this").click()
    tab.get_by_role("heading", name="Pictures with each label").wait_for()

    tab.get_by_role("button", name="Train a model").click()
    tab.get_by_role("button", name="Start training").click()
    seen(tab, "Finished", exact=True).wait_for(timeout=300_000)
    tab.get_by_role("button", name="See the results").click()
    seen(tab, "mean average precision on").wait_for()
    tab.get_by_role("heading", name="Label by label").wait_for()

    tab.get_by_role("button", name="Try it on a new picture").click()
    shown = ["cherry", "<b>sky</b>"]
    fresh = tmp_path / "fresh.png"
    fresh.write_bytes(drawn(shown, np.random.default_rng(9)))
    give(tab, fresh)
    seen(tab, "A label is given from its own threshold on").wait_for()
    bars = tab.locator(".graft-bars").all_inner_texts()
    assert all(label in "\n".join(bars) for label in COLOURS)
    given = tab.get_by_role("heading", level=2).all_inner_texts()
    assert any(all(label in heading for label in shown) for heading in given), given

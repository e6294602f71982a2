"""The keyboard reaches what a mouse does, shows where it is, and keeps its place."""

import pytest

from tests.browser.conftest import ALOUD, settled
from tests.browser.dropping import give
from tl_core.samples import bundled

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect

MENU = "[data-testid='stPopoverBody']"
MOST_STEPS = 20


def opened(tab, address: str) -> None:
    """Open a page and wait until it is drawn and the keyboard is listened to."""
    tab.goto(address)
    tab.locator(ALOUD).wait_for(state="attached")
    settled(tab)


def test_a_menu_takes_the_keyboard_in_and_gives_it_back(tab, unchanged_data):
    opened(tab, f"/data?dataset={unchanged_data}")
    opener = tab.get_by_role("button", name="Manage")
    opener.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(f"{MENU} :focus")).to_have_count(1)
    tab.keyboard.press("Escape")
    expect(opener).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator(f"{MENU} :focus")).to_have_count(1)
    reached = []
    for _ in range(MOST_STEPS):
        reached.append(tab.evaluate("() => document.activeElement.innerText"))
        tab.keyboard.press("Tab")
        if not tab.locator(f"{MENU} :focus").count():
            break
    assert any("Rename" in text for text in reached)
    expect(opener).to_be_focused()


def test_where_a_pressed_button_goes_the_keyboard_stays(tab, unchanged_data):
    opened(tab, f"/data?dataset={unchanged_data}")
    tab.get_by_role("button", name="Add another data set").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Add another data set")).to_have_count(0)
    expect(tab.locator("[data-testid='stMain'] :focus")).to_have_count(1)


def test_a_choice_is_outlined_whole(tab, unchanged_data):
    opened(tab, f"/transfer_lab?dataset={unchanged_data}")
    field = tab.get_by_role("combobox", name="Backbones to compare")
    field.wait_for()
    settled(tab)
    tab.get_by_role("button", name="Help for Backbones to compare").focus()
    for _ in range(MOST_STEPS):
        tab.keyboard.press("Tab")
        if field.evaluate("element => element === document.activeElement"):
            break
    expect(field).to_be_focused()
    group = field.locator("xpath=ancestor::*[@role='group'][1]")
    assert group.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"
    assert field.evaluate("element => getComputedStyle(element).outlineStyle") == "none"


def test_where_a_button_goes_by_itself_the_keyboard_stays(tab, data_page, tmp_path):
    bundled.make(tmp_path / "fruit", seed=3, each=60)
    tab.locator(ALOUD).wait_for(state="attached")
    give(tab, tmp_path / "fruit", way="folder")
    stop = tab.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    tab.keyboard.press("Tab")  # from now on the keyboard is what a person uses
    stop.focus()
    expect(stop).to_be_focused()
    tab.get_by_role("heading", name="Gallery").wait_for()
    expect(stop).to_have_count(0)
    expect(tab.locator("[data-testid='stMain'] :focus")).to_have_count(1)

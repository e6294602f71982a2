"""The effect of a click is seen where the click was: messages, steps back, bars, places on the page."""

import pytest

from tests.browser.conftest import go, seen, settled
from tl_core import store

pytestmark = pytest.mark.browser

MAIN = "[data-testid='stMain']"


def gallery(tab):
    pictures = tab.locator(".gallery").last.locator(".item")
    pictures.first.wait_for()
    settled(tab)  # the gallery may be drawn once more, and what was found be gone
    pictures.first.scroll_into_view_if_needed()
    return pictures


def in_sight(tab, selector) -> bool:
    """Say whether the middle of an element lies in the window."""
    box = tab.locator(selector).first.bounding_box()
    return 0 <= box["y"] + box["height"] / 2 <= tab.viewport_size["height"]


def test_chosen_pictures_are_dealt_with_and_undone_where_one_looks(tab, data):
    tab.goto(f"/data?dataset={data}")
    pictures = gallery(tab)
    pictures.nth(0).click()
    seen(tab, "1 picture chosen").wait_for()
    settled(tab)
    assert in_sight(tab, ".st-key-graft-action-bar")
    tab.locator(".gallery").last.locator(".item").nth(20).scroll_into_view_if_needed()
    assert in_sight(tab, ".st-key-graft-action-bar"), "the bar stays while one looks on"
    tab.get_by_role("button", name="Leave out", exact=True).click()
    toast = tab.locator("[class*='st-key-graft-toast-']")
    toast.get_by_text("Left out 1 picture.").wait_for()
    assert in_sight(tab, "[class*='st-key-graft-toast-']")
    live = tab.locator("body > [aria-live='polite']")
    live.get_by_text("Left out 1 picture.").wait_for(state="attached")
    toast.get_by_role("button", name="Undo").click()
    toast.get_by_text("Version 1 is open.").wait_for()
    settled(tab)
    tab.keyboard.press("Control+Shift+z")
    toast.get_by_text("Version 2 is open.").wait_for()
    settled(tab)
    tab.keyboard.press("Control+z")
    toast.get_by_text("Version 1 is open.").wait_for()


def test_a_picture_grows_at_a_double_click_and_at_a_key(tab, unchanged_data):
    tab.goto(f"/data?dataset={unchanged_data}")
    pictures = gallery(tab)
    large = tab.locator("dialog.graft-large")
    pictures.nth(3).dblclick()
    large.wait_for()
    assert "/graft/picture/" in large.locator("img").get_attribute("src")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Escape")
    large.wait_for(state="detached")
    assert tab.locator(".gallery .item:focus").count() == 1, "the focus comes back"
    assert pictures.nth(3).get_attribute("aria-selected") == "false", "two clicks choose nothing"
    tab.keyboard.press("Enter")
    large.wait_for()


def test_pages_open_at_their_top_and_back_takes_one_press(tab, unchanged_data):
    tab.goto(f"/data?dataset={unchanged_data}")
    gallery(tab)
    settled(tab)
    tab.locator(MAIN).evaluate("page => page.scrollTo(0, 2000)")
    go(tab, "Settings")
    tab.wait_for_function(f'() => document.querySelector("{MAIN}").scrollTop === 0')
    tab.wait_for_function("() => document.activeElement.tagName === 'H1'")
    go(tab, "Learn")
    tab.go_back()
    tab.get_by_role("heading", name="Settings", level=1).wait_for()
    settled(tab)
    tab.go_back()
    tab.get_by_role("heading", name="Data", level=1).wait_for()
    settled(tab)
    assert unchanged_data in tab.url


def test_the_menu_of_classes_closes_with_what_it_did(tab, data):
    tab.goto(f"/data?dataset={data}")
    gallery(tab)
    tab.get_by_role("button", name="Change classes").click()
    menu = tab.locator("[data-testid='stPopoverBody']")
    menu.get_by_text("Yes, delete").click()
    settled(tab)
    menu.get_by_role("button", name="Delete this class").click()
    tab.locator("[class*='st-key-graft-toast-']").get_by_text("Left out the class").wait_for()
    menu.wait_for(state="detached")


def test_start_training_stays_in_sight_and_show_scrolls_to_what_it_shows(tab, data):
    tab.set_viewport_size({"width": 1280, "height": 500})
    for name in ("first", "second"):
        store.run_cancelled(store.add_run(data, name, {"backbone": "starter"}, name))
    tab.goto(f"/train?dataset={data}")
    tab.locator(".st-key-start-training button").wait_for()
    settled(tab)
    assert in_sight(tab, ".st-key-start-training")
    assert tab.locator(".st-key-start-bar").inner_text().count("epochs") == 1
    go(tab, "Runs")
    show = tab.get_by_role("button", name="Show", exact=True).first
    show.scroll_into_view_if_needed()
    show.click()
    tab.get_by_role("heading", name="first", level=2).wait_for()
    tab.wait_for_function(
        "() => document.querySelector('.st-key-shown-run').getBoundingClientRect().top > 0"
    )
    assert in_sight(tab, ".st-key-shown-run")


def test_an_address_that_leads_nowhere_says_so(tab, unchanged_data):
    tab.goto("/results?run=doesnotexist")
    tab.get_by_role("heading", name="There is no run at this address").wait_for()
    tab.get_by_role("button", name="Show what is here").click()
    tab.get_by_role("heading", name="Results", level=1).wait_for()


def test_on_a_phone_the_sidebar_goes_once_it_led_somewhere(tab, unchanged_data):
    tab.set_viewport_size({"width": 400, "height": 800})
    tab.goto(f"/data?dataset={unchanged_data}")
    gallery(tab)
    tab.locator("[data-testid='stExpandSidebarButton']").click()
    go(tab, "Settings")
    tab.locator("[data-testid='stSidebar'][data-collapsed='true']").wait_for(state="attached")
    width = tab.locator(MAIN).evaluate("page => page.scrollWidth")
    assert width <= 400, "nothing has to be pushed sideways"

"""Text that Streamlit colours by itself stands out in light and dark, as the browser computes it."""

import pytest

from tests.browser.conftest import seen, settled
from tests.pages.shared.test_theme import contrast
from tl_core import store

pytestmark = pytest.mark.browser

CHOSEN = "[data-variant='segmented_control'][data-selected='true']"
# The text and what it stands on: the value of a slider hangs above the thumb that it belongs to.
SPOTS = (
    (f"{CHOSEN} p", CHOSEN),
    ("[data-testid='stSliderThumbValue'] p", "[data-testid='stSlider']"),
    ("[data-testid='stCaptionContainer'] p", "[data-testid='stCaptionContainer']"),
    ("h1", "h1"),
)
COLOURS = """([selector, ground]) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (under, colour) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return "#" + [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((b) => b.toString(16).padStart(2, "0")).join("");
  };
  const element = document.querySelector(selector);
  const layers = [];
  for (let at = document.querySelector(ground); at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
  const back = layers.reduce(over, "#ffffff");
  return [over(back, getComputedStyle(element).color), back];
}"""


READABLE = """(selector) => {
  const bright = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) > 382;
  const words = document.querySelector(selector), app = document.querySelector("[data-testid='stApp']");
  return words && bright(getComputedStyle(words).fill) !== bright(getComputedStyle(app).backgroundColor);
}"""
CHANGED = """async () => {
  for (const one of document.getAnimations()) {
    if (one instanceof CSSTransition) await one.finished.catch(() => null);
  }
}"""


def wait_for_colours(tab) -> None:
    """Wait until the last colour has changed, which they do by and by."""
    tab.wait_for_timeout(400)
    tab.evaluate(CHANGED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(server, browser, scheme, monkeypatch):
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    store.default_project()  # its menu is one of those looked at
    tab = browser.new_page(color_scheme=scheme, base_url=server.url)
    tab.set_default_timeout(120_000)
    tab.goto("/data")
    seen(tab, "How to divide the pictures").click()
    tab.locator(SPOTS[1][0]).first.wait_for()
    for spot in SPOTS:
        text, background = tab.evaluate(COLOURS, list(spot))
        assert contrast(text, background) >= 4.5, (spot, text, background)
    # Triggers of open menus, buttons without a box that are pointed at, buttons that wait.
    tab.locator("[data-testid='stPopoverButton']").first.click()
    tab.locator("[data-testid='stPopoverBody']").wait_for()
    wait_for_colours(tab)
    open_menu = "[data-testid='stPopoverButton'][aria-expanded='true']"
    waits = "[data-testid='stPopoverBody'] button:disabled"
    for spot in ((f"{open_menu} p", open_menu), (f"{waits} p", waits)):
        text, background = tab.evaluate(COLOURS, list(spot))
        assert contrast(text, background) >= 4.5, (spot, text, background)
    bare = "[data-testid='stPopoverBody'] button[kind='tertiary']"
    tab.locator(bare).first.hover()
    wait_for_colours(tab)
    text, background = tab.evaluate(COLOURS, [f"{bare} p", bare])
    assert contrast(text, background) >= 4.5, (text, background)
    tab.close()


def test_charts_stay_readable_where_light_turns_to_dark_under_an_open_page(tab, unchanged_data):
    tab.emulate_media(color_scheme="light")
    tab.goto(f"/data?dataset={unchanged_data}")
    words = "[data-testid='stMain'] .js-plotly-plot .ytick text"
    tab.locator(words).first.wait_for()
    settled(tab)
    for scheme in ("dark", "light"):
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function(READABLE, arg=words)

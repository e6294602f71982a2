"""The Train page in a browser: settings follow the picture of the network, and a click goes back."""

import pytest

from tests.browser.conftest import seen, settled

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect


def test_settings_follow_the_slider_until_touched_and_a_click_goes_back(tab, unchanged_data):
    tab.goto(f"/train?dataset={unchanged_data}")
    stages = tab.get_by_role("slider", name="Stages to train")
    stages.focus()
    stages.press("ArrowLeft")
    settled(tab)
    stages.press("ArrowLeft")
    settled(tab)
    assert "The last 2 of" in stages.get_attribute("aria-valuetext")
    tab.get_by_text("Expert choices", exact=True).click()
    schedule = tab.get_by_role("combobox", name="Learning rate over time")
    schedule.wait_for()
    expect(schedule).to_have_value("Cosine with warm-up")
    epochs = tab.get_by_role("spinbutton", name="Epochs", exact=True)
    usual = epochs.input_value()
    epochs.fill("25")
    epochs.press("Enter")
    seen(tab, "1 setting is your own").wait_for()
    settled(tab)
    expect(epochs).to_have_value("25")
    tab.get_by_role("button", name=f"Recommended: {usual}").click()
    seen(tab, "1 setting is your own").wait_for(state="detached")
    settled(tab)
    expect(epochs).to_have_value(usual)

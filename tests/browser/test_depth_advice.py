"""The Train page in a browser: what a depth brings beside its price, and a quick try of two depths."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import seen
from tests.browser.ready import copied
from tests.pricing.made_gains import table
from tl_core.pricing import gains

pytestmark = [pytest.mark.browser, pytest.mark.exhaustive]

TRY_MS = 240_000


@pytest.fixture
def many(server, ready, monkeypatch):
    """A data set with enough validation pictures to tell two depths apart."""
    return copied(ready(20), server.home, monkeypatch)


def test_a_depth_says_what_it_brings_and_two_are_tried_at_a_click(server, tab, many):
    learnt = tuple(gain for gain in table(5) if gain.division == "0")
    (server.home / "gains.csv").write_text(gains.as_text(learnt), "utf-8")
    tab.goto(f"/train?dataset={many}")
    studied = len({gain.case.set for gain in gains.gains_in(gains.STUDY.read_text("utf-8"))})
    seen(tab, f"as trainings of {studied + 5} other data sets tell").wait_for()
    stages = tab.get_by_role("slider", name="Stages to train")
    assert "points of accuracy against the exact solution" in stages.get_attribute("aria-valuetext")
    tab.get_by_role("button", name="Try the last").click()
    tab.locator(".st-key-stop-try-depths").wait_for()
    taken = tab.locator("[class*='st-key-take-depth']").first
    taken.wait_for(timeout=TRY_MS)
    seen(tab, "Learnt briefly from").wait_for()
    taken.get_by_role("button").click()
    expect(stages).not_to_have_value("0", timeout=TRY_MS)

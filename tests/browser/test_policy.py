"""The content security policy in a real browser: what it stops, and that no page of ours needs it stopped."""

import pytest

from tests.browser.conftest import settled, stopped_by_policy

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "data",
    "train",
    "runs",
    "results",
    "try_it",
    "take_home",
    "transfer_lab",
    "learn",
    "settings",
)
SMUGGLED = """() => {
  const script = document.createElement('script');
  script.textContent = 'window.smuggled = true';
  document.body.append(script);
  const picture = new Image();
  picture.setAttribute('onerror', 'window.smuggled = true');
  picture.src = 'data:,';
  document.body.append(picture);
  return new Promise((done) => setTimeout(() => done(window.smuggled === true), 300));
}"""


def test_pages_that_hold_nothing_yet_are_not_stopped(tab):
    for page in PAGES:
        tab.goto(f"/{page}")
        tab.get_by_role("heading", level=1).first.wait_for()
        settled(tab)


def test_a_script_that_was_smuggled_into_a_page_does_not_run(server, browser):
    page = browser.new_page(base_url=server.url)
    told: list[str] = []
    page.on("console", lambda message: told.extend(stopped_by_policy(message.text)))
    page.goto("/")
    page.get_by_role("heading", level=1).first.wait_for()
    assert page.evaluate(SMUGGLED) is False
    assert len(told) >= 2
    reached = page.evaluate("() => fetch('http://evil.example/').then(() => true, () => false)")
    assert reached is False
    assert any("evil.example" in one for one in told)
    page.close()

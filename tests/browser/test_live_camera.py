"""The live camera of Try it: answers come in place, and only while somebody looks."""

import pytest

from tests.browser.conftest import seen, settled
from tests.browser.live import CLASSES, answers, run_of, turn_on
from tests.jobs.test_trial import children_of
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HIDE = "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden }); document.dispatchEvent(new Event('visibilitychange')); }"


@pytest.fixture
def run_id(server, monkeypatch) -> str:
    return run_of(server, monkeypatch)


def test_the_camera_is_answered_in_place_until_it_is_paused_hidden_or_left(tab, run_id):
    drawn: list[str] = []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda _: drawn.append("")))
    turn_on(tab, run_id)
    before, told = len(drawn), answers(tab)
    wait_for(lambda: tab.wait_for_timeout(100) or answers(tab) >= told + 5)
    assert len(drawn) == before, "the page is drawn anew for answers"
    bars = tab.locator(".live-camera .bars dt").all_inner_texts()
    assert bars == list(CLASSES)
    assert tab.locator(".live-camera .heading").inner_text() in CLASSES
    assert tab.locator(".live-camera .aloud").inner_text() in CLASSES
    assert len(children_of(run_id)) == 1

    def is_still() -> bool:
        tab.wait_for_timeout(700)  # what is on its way arrives
        known = answers(tab)
        tab.wait_for_timeout(700)
        return answers(tab) == known

    tab.get_by_role("button", name="Pause", exact=True).press("Enter")
    wait_for(is_still)
    tab.get_by_role("button", name="Go on", exact=True).click()
    wait_for(lambda: tab.wait_for_timeout(100) or not is_still())
    tab.evaluate(HIDE, True)
    wait_for(is_still)
    tab.evaluate(HIDE, False)
    wait_for(lambda: tab.wait_for_timeout(100) or not is_still())

    tab.get_by_role("radio", name="Picture files", exact=True).click()
    wait_for(lambda: not children_of(run_id))


def test_what_is_frozen_is_answered_like_any_picture_and_explained(tab, run_id):
    turn_on(tab, run_id)
    tab.get_by_role("button", name="Freeze and explain").click()
    heading = tab.locator(".live-camera .heading").inner_text()
    told = tab.locator(".live-camera .share").all_inner_texts()
    card = tab.locator(".graft-bars")
    card.wait_for()
    assert tab.get_by_role("heading", name=heading, level=2).count() == 1
    shares = dict(zip(CLASSES, told, strict=True))
    text = card.inner_text()
    assert all(f"{name}\n{share}" in text.replace("\t", "\n") for name, share in shares.items())
    tab.get_by_role("button", name="Stop").wait_for()  # the explanation is under way
    settled(tab)
    tab.get_by_role("button", name="Go on", exact=True).click()
    tab.get_by_role("button", name="Take a picture", exact=True).click()
    tab.get_by_role("button", name="Why?").wait_for()


FAULTS = {
    "NotFoundError": "No camera was found",
    "NotAllowedError": "The camera may not be used",
    "NotReadableError": "Another program uses the camera",
}


def test_a_camera_that_cannot_be_used_is_told_with_what_to_do(tab, run_id):
    tab.goto(f"/try_it?run={run_id}")
    tab.get_by_role("radio", name="Camera", exact=True).click()
    button = tab.get_by_role("button", name="Turn the camera on")
    for name, words in FAULTS.items():
        tab.evaluate(
            "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }",
            name,
        )
        button.click()
        seen(tab, words).wait_for()
    tab.evaluate("() => Object.defineProperty(window, 'isSecureContext', { get: () => false })")
    button.click()
    seen(tab, "Your browser gives the camera to safe addresses only").wait_for()

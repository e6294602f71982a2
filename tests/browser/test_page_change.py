"""Clicks that lead to another page while the one before still asks to be refreshed."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import go, settled
from tests.waiting import wait_for

pytestmark = pytest.mark.browser


class Line:
    """What page and server say to each other."""

    def __init__(self, tab):
        self.asked, self.told = [], []
        tab.route_web_socket("**/_stcore/stream", self._connect)

        self.behind = None
        """What is sent right behind the next wish of the page."""

    def _connect(self, line):
        self._server = line.connect_to_server()
        line.on_message(self._pass_on)
        self._server.on_message(lambda frame: (self.told.append(frame), line.send(frame)))

    def _pass_on(self, frame):
        self.asked.append(frame)
        self._server.send(frame)
        if self.behind and BackMsg.FromString(frame).HasField("rerun_script"):
            self._server.send(self.behind.SerializeToString())
            self.behind = None

    def refresh(self) -> BackMsg:
        """Return what a part of this page would send to be refreshed."""
        asked = BackMsg()
        asked.rerun_script.CopyFrom(BackMsg.FromString(self.asked[-1]).rerun_script)
        deltas = [ForwardMsg.FromString(frame).delta for frame in self.told]
        asked.rerun_script.fragment_id = next(d.fragment_id for d in deltas if d.fragment_id)
        asked.rerun_script.is_auto_rerun = True
        return asked

    def send(self, message: BackMsg) -> None:
        self.told.clear()
        self._server.send(message.SerializeToString())

    def has_begun_to_draw(self) -> bool:
        return any(ForwardMsg.FromString(frame).HasField("new_session") for frame in self.told)


def test_a_late_refresh_of_the_page_before_leaves_the_new_page_as_it_is(tab, unchanged_data):
    line = Line(tab)
    tab.goto("/settings")
    tab.get_by_role("heading", name="Settings", level=1).wait_for()
    go(tab, "Learn")
    late = line.refresh()
    assert late.rerun_script.page_script_hash
    go(tab, "Settings")
    line.send(late)
    tab.wait_for_timeout(1500)
    assert not line.has_begun_to_draw()
    assert tab.get_by_role("heading", name="Settings", level=1).is_visible()


def test_a_refresh_right_behind_a_click_or_a_step_back_does_not_undo_it(tab, unchanged_data):
    line = Line(tab)
    tab.goto("/settings")
    tab.get_by_role("heading", name="Settings", level=1).wait_for()
    go(tab, "Learn")
    go(tab, "Settings")
    line.behind = line.refresh()
    go(tab, "Learn")
    go(tab, "Settings")
    line.behind = line.refresh()
    tab.go_back()
    tab.get_by_role("heading", name="Learn", level=1).wait_for()


def test_a_part_of_a_page_that_was_opened_by_its_address_is_refreshed(tab, unchanged_data):
    line = Line(tab)
    tab.goto("/settings")
    tab.get_by_role("heading", name="Settings", level=1).wait_for()
    settled(tab)
    refresh = line.refresh()
    navigations = [ForwardMsg.FromString(frame).navigation for frame in line.told]
    hashes = [each.page_script_hash for each in navigations if each.page_script_hash]
    refresh.rerun_script.page_script_hash = hashes[-1]
    line.send(refresh)
    wait_for(lambda: tab.wait_for_timeout(100) or line.has_begun_to_draw())
    assert tab.get_by_role("heading", name="Settings", level=1).is_visible()

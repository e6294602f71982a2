"""Clicks that lead to another page while the one before still asks to be refreshed."""

import time

import pytest

from tests.browser.conftest import settled
from tl_core.data import samples
from tl_core.runs import dispatcher, store

pytestmark = pytest.mark.browser


@pytest.fixture
def data(server, monkeypatch, tmp_path):
    """A data set, so that the header has a part that is refreshed by itself."""
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    samples.make(tmp_path / "fruit", seed=5, each=4)
    made = dispatcher.start_intake(store.default_project().id, tmp_path / "fruit", "fruit")
    deadline = time.monotonic() + 60
    while store.dataset(made).status == "importing":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def go(tab, name):
    tab.get_by_role("link", name=name, exact=True).first.click()
    tab.get_by_role("heading", name=name, level=1).wait_for()
    settled(tab)


def test_a_late_refresh_of_the_page_before_leaves_the_new_page_as_it_is(tab, data):
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    lines, asked, told = [], [], []

    def connect(line):
        server = line.connect_to_server()
        lines.append(server)
        line.on_message(lambda frame: (asked.append(frame), server.send(frame)))
        server.on_message(lambda frame: (told.append(frame), line.send(frame)))

    tab.route_web_socket("**/_stcore/stream", connect)
    tab.goto("/settings")
    tab.get_by_role("heading", name="Settings", level=1).wait_for()
    go(tab, "Learn")
    # What the page would send at this moment, had it not been left.
    late = BackMsg()
    late.rerun_script.CopyFrom(BackMsg.FromString(asked[-1]).rerun_script)
    deltas = [ForwardMsg.FromString(frame).delta for frame in told]
    late.rerun_script.fragment_id = next(d.fragment_id for d in deltas if d.fragment_id)
    late.rerun_script.is_auto_rerun = True
    assert late.rerun_script.page_script_hash
    go(tab, "Settings")
    seen = tab.inner_text("main")
    told.clear()
    lines[-1].send(late.SerializeToString())
    tab.wait_for_timeout(1500)
    assert any(ForwardMsg.FromString(frame).HasField("new_session") for frame in told)
    assert tab.inner_text("main") == seen

"""Refreshes of parts speak of the page that a person is on, or on the way to."""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.parts.web.steady_page import Line


def beginning(page: str, *parts: str) -> bytes:
    told = ForwardMsg()
    told.new_session.page_script_hash = page
    told.metadata.run.fragment_ids.extend(parts)
    return told.SerializeToString()


def wish(page: str, *, part: str = "") -> bytes:
    asked = BackMsg()
    asked.rerun_script.page_script_hash = page
    asked.rerun_script.fragment_id = part
    asked.rerun_script.is_auto_rerun = bool(part)
    return asked.SerializeToString()


def test_a_part_that_refreshes_itself_names_the_page_that_is_shown():
    line = Line()
    assert line.told(beginning("first")) == beginning("first")
    assert line.told(beginning("first", "part")) == beginning("first", "part")
    line.told(beginning("second"))
    assert line.told(beginning("first", "part")) == beginning("second", "part")


def test_a_page_that_was_opened_by_its_address_is_named_by_the_navigation():
    navigation = ForwardMsg()
    navigation.navigation.page_script_hash = "second"
    line = Line("main")
    assert line.told(navigation.SerializeToString()) == navigation.SerializeToString()
    assert line.told(beginning("second", "part")) == beginning("second", "part")


def test_a_refresh_does_not_take_the_place_of_a_click_that_is_still_waiting():
    line = Line("first")
    assert not line.is_late(wish("first", part="part"))
    assert not line.is_late(wish("second"))
    assert line.is_late(wish("first", part="part"))


def test_a_refresh_of_a_page_that_was_left_is_late():
    line = Line("first")
    line.is_late(wish("second"))
    line.told(beginning("second"))
    assert line.is_late(wish("first", part="part"))
    assert not line.is_late(wish("second", part="part"))
    line.told(beginning("third"))  # where the server itself led on
    assert not line.is_late(wish("third", part="part"))


def test_what_a_person_does_on_the_page_before_goes_before_the_click():
    line = Line("first")
    line.is_late(wish("second"))
    assert not line.is_late(wish("first"))
    assert not line.is_late(wish("first", part="part"))


def test_a_browser_that_knows_no_page_yet_is_never_late():
    line = Line()
    assert not line.is_late(wish(""))
    assert not line.is_late(wish("first", part="part"))
    line.told(beginning("first"))
    assert not line.is_late(wish("", part="part"))


def test_other_messages_pass_as_they_are():
    line, told, asked = Line("first"), ForwardMsg(), BackMsg()
    told.script_finished = 0
    asked.stop_script = True
    for frame in (told.SerializeToString(), b"\xff\xff\xff"):
        assert line.told(frame) == frame
    for frame in (asked.SerializeToString(), b"\xff\xff\xff"):
        assert not line.is_late(frame)
    assert line == Line("first")

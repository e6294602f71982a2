"""Headers on every answer; pictures by hash alone."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.parts.web import routes
from tl_core.modalities.picture import pictures


@pytest.mark.parametrize("path", ["/", "/graft/thumbnail/x"])
def test_every_answer_carries_the_security_headers(get, path):
    headers = get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("name", ["..%2f..%2fgraft.db", "abc", "A" * 64, "0" * 63])
def test_what_is_not_a_hash_is_not_looked_for(get, name):
    assert get(f"/graft/picture/{name}").status_code == 404


def test_a_stored_thumbnail_is_served_for_good(home, get):

    path = pictures.thumbnail_path("ab" * 32)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF....WEBP")
    answer = get(f"/graft/thumbnail/{'ab' * 32}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


def beginning(page: str, *parts: str) -> bytes:
    told = ForwardMsg()
    told.new_session.page_script_hash = page
    told.metadata.run.fragment_ids.extend(parts)
    return told.SerializeToString()


def test_a_part_that_refreshes_itself_names_the_page_that_is_shown():
    shown, frame = routes.steadied(beginning("first"), "")
    assert (shown, frame) == ("first", beginning("first"))
    assert routes.steadied(beginning("first", "part"), shown) == (shown, beginning("first", "part"))
    shown, _ = routes.steadied(beginning("second"), shown)
    assert routes.steadied(beginning("first", "part"), shown) == (
        "second",
        beginning("second", "part"),
    )


def test_a_page_that_was_opened_by_its_address_is_named_by_the_navigation():
    navigation = ForwardMsg()
    navigation.navigation.page_script_hash = "second"
    shown, frame = routes.steadied(navigation.SerializeToString(), "main")
    assert (shown, frame) == ("second", navigation.SerializeToString())
    assert routes.steadied(beginning("second", "part"), shown) == (
        "second",
        beginning("second", "part"),
    )


def test_other_messages_pass_as_they_are():
    other = ForwardMsg()
    other.script_finished = 0
    for frame in (other.SerializeToString(), b"\xff\xff\xff"):
        assert routes.steadied(frame, "first") == ("first", frame)

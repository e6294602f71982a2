"""A packed web page opens by its own kind of link, and where others in the network find it."""

import pytest

from pages.parts.web import downloads, packed_pages
from tl_core.base import addresses


def test_a_packed_page_opens_as_a_page_that_asks_nobody_for_anything(home, get):
    file = home / "index.html"
    file.write_text("<p>page</p>", "utf-8")
    answer = get(packed_pages.url(file))
    assert answer.status_code == 200 and answer.text == "<p>page</p>"
    assert answer.headers["content-type"].startswith("text/html")
    assert "content-disposition" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "connect-src" not in policy


def test_what_may_be_saved_may_not_be_opened_nor_the_other_way_round(home, get):
    (home / "a.html").write_text("<script>", "utf-8")
    ticket = downloads.url(home / "a.html", "a.html").rpartition("/")[2]
    assert get(f"/graft/page/{ticket}").status_code == 403
    ticket = packed_pages.url(home / "a.html").rpartition("/")[2]
    assert get(f"/graft/download/{ticket}").status_code == 403


def test_a_link_to_a_page_that_is_gone_says_so(home, get):
    (home / "a.html").write_text("a", "utf-8")
    link = packed_pages.url(home / "a.html")
    (home / "a.html").unlink()
    assert get(link).status_code == 404


@pytest.mark.parametrize(
    ("opened", "listens_at", "expected"),
    [
        ("http://localhost:8501/take_home", "127.0.0.1", ""),
        ("http://localhost:8501/take_home", "0.0.0.0", "http://192.168.1.20:8501"),
        ("http://192.168.1.7:8501/", "0.0.0.0", "http://192.168.1.7:8501"),
        ("https://graft.school.example/x", "127.0.0.1", "https://graft.school.example"),
        ("", "127.0.0.1", ""),
    ],
)
def test_others_find_it_by_the_address_that_leads_here_from_their_network(
    monkeypatch, opened, listens_at, expected
):
    monkeypatch.setattr(addresses, "in_network", lambda: "192.168.1.20")
    monkeypatch.setattr(packed_pages.st, "get_option", lambda name: listens_at)
    assert packed_pages.from_network(opened) == expected


def test_an_address_for_others_is_never_one_that_leads_here_alone(monkeypatch):
    found = addresses.in_network()
    assert found == "" or not addresses.is_loopback(found)
    monkeypatch.setattr(addresses, "ELSEWHERE", ("127.0.0.1", 9))
    assert addresses.in_network() == ""

"""Headers on every answer; pictures by hash alone."""

import pytest

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

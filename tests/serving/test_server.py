"""Where others in the network find a served model, and the code that leads a phone there."""

import pytest

from tl_core.base import addresses, qr
from tl_core.serving import server


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("0.0.0.0", "http://192.168.1.20:8600/"),
        ("127.0.0.1", "http://localhost:8600/"),
    ],
)
def test_others_find_it_by_the_address_of_this_computer_in_their_network(
    monkeypatch, host, expected
):
    monkeypatch.setattr(addresses, "in_network", lambda: "192.168.1.20")
    assert server.in_network("http://localhost:8600/", host) == expected


def test_without_a_network_its_own_name_is_told(monkeypatch):
    monkeypatch.setattr(addresses, "in_network", lambda: "")
    assert server.in_network("http://localhost:8600/", "0.0.0.0") == "http://localhost:8600/"


def test_a_code_in_a_terminal_is_a_square_of_half_blocks():
    lines = qr.in_letters("http://192.168.1.20:8600/#token").splitlines()
    widths = {len(line) for line in lines if line}
    assert len(widths) == 1
    assert 2 * len(lines) - 1 <= widths.pop() <= 2 * len(lines) + 1

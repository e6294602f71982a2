"""What a person wishes of work under way."""

from tl_core.signals import stopping


def test_a_wish_can_be_read_changed_and_taken_back(tmp_path):
    assert not stopping.is_asked(tmp_path) and stopping.waited_s(tmp_path) is None
    stopping.ask(tmp_path, stopping.PAUSE)
    assert stopping.is_asked(tmp_path) and stopping.is_to_pause(tmp_path)
    stopping.ask(tmp_path)
    assert stopping.is_asked(tmp_path) and not stopping.is_to_pause(tmp_path)
    waited_s = stopping.waited_s(tmp_path)
    assert waited_s is not None and waited_s < 60
    stopping.take_back(tmp_path)
    stopping.take_back(tmp_path)
    assert not stopping.is_asked(tmp_path) and list(tmp_path.iterdir()) == []

import os

import numpy as np
import pytest

from tl_core.errors import UserError
from tl_core.training import cache, locks
from tl_core.training.rows import Rows, key


def table(name, age, rows=10):
    made = Rows(cache.features_dir() / name, (256,), "float32")
    with made.writing():
        keys = [key(f"{i:064x}") for i in range(rows)]
        made.append(keys, np.zeros((rows, 256), np.float32))
    os.utime(made.folder / "used", (age, age))
    return made.folder


def test_what_was_used_longest_ago_goes_first_and_only_as_much_as_needed(home, monkeypatch):
    old, middle, new = table("old", 1), table("middle", 2), table("new", 3)
    size = sum(entry.size_bytes for entry in cache.entries())
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(size + 100))
    cache.make_room(2000)
    assert not old.exists() and middle.exists() and new.exists()


def test_what_this_run_uses_and_what_another_writes_stays(home, monkeypatch):
    mine, busy, idle = table("mine", 1), table("busy", 2), table("idle", 3)
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "0")
    with locks.held(busy / "lock"):
        cache.make_room(10, keep={mine})
    assert mine.exists() and busy.exists() and not idle.exists()


def test_trunks_count_too(home):
    cache.trunks_dir().mkdir(parents=True)
    (cache.trunks_dir() / "a.tflite").write_bytes(b"x" * 100)
    assert [entry.size_bytes for entry in cache.entries()] == [100]


def test_a_disk_without_room_is_named_before_anything_is_written(home, monkeypatch):
    monkeypatch.setattr(cache, "_free_bytes", lambda folder: 10 * 1024**2)
    with pytest.raises(UserError) as caught:
        cache.make_room(1024**2)
    assert caught.value.code == "disk-full"


def test_nothing_to_write_needs_no_room(home, monkeypatch):
    monkeypatch.setattr(cache, "_free_bytes", lambda folder: 0)
    cache.make_room(0)

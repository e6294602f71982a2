import os

import numpy as np
import pytest

from tl_core.base import locks
from tl_core.base.errors import UserError
from tl_core.encoding import cache
from tl_core.encoding.rows import Rows, key


def table(name, age, rows=10):
    made = Rows(cache.features_dir() / name, (256,), "float32")
    with made.writing():
        keys = [key(f"{i:064x}") for i in range(rows)]
        made.append(keys, np.zeros((rows, 256), np.float32))
    os.utime(made.folder / "used", (age, age))
    return made.folder


def held():
    return {entry.path for entry in cache.entries()}


def test_what_was_used_longest_ago_goes_first_and_only_as_much_as_needed(home, monkeypatch):
    _, middle, new = table("old", 1), table("middle", 2), table("new", 3)
    size = sum(entry.size_bytes for entry in cache.entries())
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(size + 100))
    cache.make_room(2000)
    assert held() == {middle, new}


def test_what_this_run_uses_and_what_another_writes_stays(home, monkeypatch):
    mine, busy, idle = table("mine", 1), table("busy", 2), table("idle", 3)
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "0")
    with locks.held(busy / "lock"):
        cache.make_room(10, keep={mine})
    assert held() == {mine, busy} and idle not in held()


def test_who_waits_for_a_table_that_is_dropped_gets_one_that_works(home):
    folder = table("mine", 1)
    waited_for = (folder / cache.LOCK).stat().st_ino
    assert cache.drop(folder) and held() == set()
    assert (folder / cache.LOCK).stat().st_ino == waited_for
    with locks.held(folder / cache.LOCK):
        assert not cache.drop(folder)
    again = Rows(folder, (256,), "float32")
    with again.writing():
        again.append([key(f"{1:064x}")], np.ones((1, 256), np.float32))
    assert len(Rows(folder, (256,), "float32")) == 1
    assert cache.drop(cache.features_dir() / "never")


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


def test_a_smaller_limit_that_a_person_chose_counts_at_once_and_stays(home):
    old, new = table("old", 1), table("new", 2)
    size = sum(entry.size_bytes for entry in cache.entries())
    cache.choose_limit(size - 1)
    assert held() == {new} and old not in held()
    assert cache.limit_bytes() == size - 1


def test_a_damaged_choice_of_the_limit_is_the_setting_again(home, monkeypatch):
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", "77")
    (home / "cache_limit.json").write_text("[")
    assert cache.limit_bytes() == 77


def test_what_dead_writers_left_is_swept_and_what_is_being_written_stays(home):
    cache.trunks_dir().mkdir(parents=True)
    dead, alive = cache.trunks_dir() / "a.1.partial", cache.trunks_dir() / "b.2.partial"
    for path in (dead, alive):
        path.write_bytes(b"x" * 10)
    os.utime(dead, (1, 1))
    assert cache.sweep() == 10
    assert not dead.exists() and alive.exists()


def test_fingerprints_count_too(home):
    shard = home / "cache" / "fingerprints" / "v1" / "a0.npy"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"x" * 50)
    assert [entry.path for entry in cache.entries()] == [shard]


def test_the_most_that_fits_leaves_out_what_the_run_itself_keeps(home, monkeypatch):
    mine, _ = table("mine", 1), table("other", 2)
    size = sum(entry.size_bytes for entry in cache.entries() if entry.path == mine)
    monkeypatch.setenv("GRAFT_CACHE_LIMIT_BYTES", str(size + 500))
    assert cache.most_bytes(keep={mine}) == 500

"""Pictures decoded once a size: the same pixels as ever, and never at another's cost."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tl_core.base import locks
from tl_core.encoding import cache
from tl_core.encoding import decoded as decoding
from tl_core.encoding.decoded import Decoder, table
from tl_core.encoding.rows import key
from tl_core.modalities import registry
from tl_core.modalities.modality import Entry
from tl_core.modalities.picture import pictures

SIZE = 24
PICTURE = registry.USUAL


@pytest.fixture
def hashes(made_dataset):
    return [str(name) for name in made_dataset().hashes]


@pytest.fixture
def decoded(monkeypatch):
    """The names of all pictures that were decoded."""
    names, plain = [], pictures.pixels

    def noted(hashes, *arguments, **more):
        names.extend(hashes)
        return plain(hashes, *arguments, **more)

    monkeypatch.setattr(pictures, "pixels", noted)
    return names


def test_a_picture_is_decoded_once_and_comes_back_the_same(hashes, decoded):
    first = Decoder(PICTURE, Entry(SIZE, "squash"))
    seen = first([*hashes[:5], hashes[0]])
    first.flush()
    assert np.array_equal(seen[0], seen[5])
    decoded.clear()
    second = Decoder(PICTURE, Entry(SIZE, "squash"))
    again = second(hashes[:8][::-1])
    assert decoded == hashes[5:8][::-1] and second.decoded == 3
    assert np.array_equal(again[::-1][:5], seen[:5])
    assert np.array_equal(again, pictures.pixels(hashes[:8][::-1], SIZE, "squash"))


def test_sizes_and_ways_to_make_a_square_are_kept_apart(hashes, decoded):
    for size, way in ((SIZE, "squash"), (SIZE, "crop"), (SIZE + 8, "squash")):
        reader = Decoder(PICTURE, Entry(size, way))
        assert reader(hashes[:2]).shape == (2, size, size, 3)
        reader.flush()
    assert len(decoded) == 6


def test_what_others_are_about_to_write_has_precedence(hashes):
    reader = Decoder(
        PICTURE, Entry(SIZE, "squash"), reserved_bytes=cache.spare_bytes() - 3 * 3 * SIZE**2
    )
    for start in range(0, 6, 2):
        assert len(reader(hashes[start : start + 2])) == 2
    reader.flush()
    assert len(table(PICTURE, Entry(SIZE, "squash"))) == 2


def test_who_finds_another_writing_reads_on_without_keeping(hashes):
    reader = Decoder(PICTURE, Entry(SIZE, "squash"))
    before = reader(hashes)
    with locks.held(table(PICTURE, Entry(SIZE, "squash")).folder / "lock"):
        reader.flush()
    assert len(table(PICTURE, Entry(SIZE, "squash"))) == 0
    assert np.array_equal(reader(hashes), before)


def test_a_table_dropped_meanwhile_costs_nothing_but_time(hashes):
    reader = Decoder(PICTURE, Entry(SIZE, "squash"))
    before = reader(hashes)
    reader.flush()
    cache.clear()
    assert np.array_equal(reader(hashes), before)


def test_what_another_process_added_is_not_added_again(hashes):
    one, other = Decoder(PICTURE, Entry(SIZE, "squash")), Decoder(PICTURE, Entry(SIZE, "squash"))
    for reader in (one, other):
        reader(hashes)
    one.flush()
    other.flush()
    assert len(table(PICTURE, Entry(SIZE, "squash"))) == len(set(hashes))
    assert np.array_equal(other(hashes), one(hashes))


def test_threads_that_read_at_once_see_the_same_pixels_and_keep_each_once(hashes, monkeypatch):
    monkeypatch.setattr(decoding, "WRITE_BYTES", 3 * 3 * SIZE**2)
    reader, expected = (
        Decoder(PICTURE, Entry(SIZE, "squash")),
        pictures.pixels(hashes, SIZE, "squash"),
    )
    asked = [np.arange(start, start + 5) % len(hashes) for start in range(40)]
    names = [[hashes[i] for i in indices] for indices in asked]
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda some: reader(some, threads=1), names))
    reader.flush()
    for indices, found in zip(asked, seen, strict=True):
        assert np.array_equal(found, expected[indices])
    kept = table(PICTURE, Entry(SIZE, "squash"))
    assert len(kept) == len(set(hashes))
    places = kept.positions([key(name) for name in hashes])
    assert np.array_equal(kept.array()[places], expected)

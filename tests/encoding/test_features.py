"""Pictures read anew: the next batch while one is used, whatever is asked for."""

import threading

import numpy as np
import pytest

from tl_core.encoding.features import ReadAhead, Unkept, batched

HASHES = [f"{number:064x}" for number in range(10)]


class Reader:
    """Pictures of one pixel that tell hash and view; notes what was read."""

    def __init__(self):
        self.read: list[list[str]] = []
        self.twice = threading.Event()

    def __call__(self, hashes, views):
        self.read.append(hashes)
        if len(self.read) == 2:
            self.twice.set()
        numbers = [[int(name, 16), view] for name, view in zip(hashes, views, strict=True)]
        return np.array(numbers, np.uint8)


def test_the_next_batch_is_read_while_one_is_used():
    reader = Reader()
    features = Unkept(HASHES, 1, reader, 0, lambda pixels: pixels)
    batches = batched(np.arange(10), 4)
    features.expect(batches, 1)
    assert features.batch(batches[0], 1)[:, 0].tolist() == [0, 1, 2, 3]
    assert reader.twice.wait(60)  # by itself, without being asked for
    assert features.batch(batches[1], 1)[:, 0].tolist() == [4, 5, 6, 7]
    assert features.batch(batches[2], 1)[:, 0].tolist() == [8, 9]
    assert reader.read == [HASHES[:4], HASHES[4:8], HASHES[8:]]


def test_what_was_not_expected_is_read_when_it_is_asked_for():
    reader = ReadAhead(Reader())
    reader.expect(iter([(HASHES[:2], [0, 0]), (HASHES[2:4], [0, 0])]))
    assert reader(HASHES[5:7], [1, 2]).tolist() == [[5, 1], [6, 2]]
    assert reader(HASHES[:2], [0, 0]).tolist() == [[0, 0], [1, 0]]


def test_an_error_of_the_reading_thread_is_raised_where_the_batch_is_used():
    def broken(hashes, views):
        raise FileNotFoundError(hashes[0])

    features = Unkept(HASHES, 1, broken, 0, lambda pixels: pixels)
    features.expect([np.arange(2)], 1)
    with pytest.raises(FileNotFoundError, match=HASHES[0]):
        features.batch(np.arange(2), 1)


def test_every_epoch_but_the_plain_one_draws_views_anew_whatever_the_batches():
    features = Unkept(HASHES, 3, Reader(), 7, lambda pixels: pixels)
    everyone = np.arange(10)
    views = [features.batch(everyone, epoch)[:, 1].tolist() for epoch in (0, 1, 2)]
    assert views[0] == [0] * 10 and views[1] != views[2] and set(views[1]) <= {0, 1, 2}
    assert features.batch(everyone[::-1], 1)[:, 1].tolist() == views[1][::-1]

import threading

import numpy as np
import pytest

from tl_core.base import locks
from tl_core.encoding import cache
from tl_core.encoding.encode import READ_AT_ONCE, StoppedError, Wanted, encode
from tl_core.encoding.rows import Rows

HASHES = [f"{i:064x}" for i in range(100)]


def pixels(hashes, views):
    return np.stack([np.full((2, 2, 3), int(h, 16), np.uint8) for h in hashes])


class Counted:
    def __init__(self):
        self.pictures = 0

    def __call__(self, batch):
        self.pictures += len(batch)
        return batch.reshape(len(batch), -1)[:, :2].astype(np.float32)


def want(count, start=0):
    return [Wanted(h) for h in HASHES[start : start + count]]


def rows_in(folder):
    return Rows(folder, (2,), "float32")


def test_every_wanted_row_is_there_and_told_to_the_end(tmp_path):
    rows, told = rows_in(tmp_path), []
    added = encode(rows, want(70), pixels, Counted(), on_progress=lambda *a: told.append(a))
    assert added == 70
    positions = rows.positions([item.key for item in want(70)])
    assert np.array_equal(rows.array()[positions][:, 0], np.arange(70))
    assert told[0][:2] == (0, 70) and told[-1] == (70, 70, 0.0)


def test_an_edited_data_set_encodes_only_what_is_new(tmp_path):
    encode(rows_in(tmp_path), want(40), pixels, Counted())
    encoder = Counted()
    assert encode(rows_in(tmp_path), want(50, start=10), pixels, encoder) == 20
    assert encoder.pictures == 20


def test_a_picture_wanted_twice_is_encoded_once(tmp_path):
    encoder = Counted()
    encode(rows_in(tmp_path), want(5) + want(5), pixels, encoder)
    assert encoder.pictures == 5


def test_a_stop_keeps_what_was_encoded(tmp_path):
    encoder = Counted()
    with pytest.raises(StoppedError):
        encode(
            rows_in(tmp_path), want(90), pixels, encoder, should_stop=lambda: encoder.pictures >= 40
        )
    kept = len(rows_in(tmp_path))
    assert kept == encoder.pictures < 90
    rest = Counted()
    encode(rows_in(tmp_path), want(90), pixels, rest)
    assert rest.pictures == 90 - kept


def test_a_stop_is_heard_while_another_process_writes_to_the_table(tmp_path):
    rows = rows_in(tmp_path)
    with locks.held(tmp_path / cache.LOCK), pytest.raises(StoppedError):
        encode(rows, want(3), pixels, Counted(), should_stop=lambda: True)
    assert encode(rows, want(3), pixels, Counted()) == 3


def test_an_error_while_decoding_is_raised_where_encoding_waits(tmp_path):
    def broken(hashes, views):
        if HASHES[READ_AT_ONCE] in hashes:
            raise OSError("no space left")
        return pixels(hashes, views)

    with pytest.raises(OSError, match="no space"):
        encode(rows_in(tmp_path), want(90), broken, Counted())


def test_a_graphics_card_gets_more_pictures_at_once(tmp_path):
    sizes = []

    def encoder(batch):
        sizes.append(len(batch))
        return Counted()(batch)

    encode(rows_in(tmp_path), want(90), pixels, encoder, at_once=64)
    assert sizes == [64, 26]


def test_several_threads_encode_at_once_and_rows_keep_their_order(tmp_path):
    together = threading.Barrier(3, timeout=30)
    begun = iter(range(3))

    def encoder(batch):
        if next(begun, None) is not None:
            together.wait()  # the first three are only let go once all of them are here
        return Counted()(batch)

    rows = rows_in(tmp_path)
    assert encode(rows, want(90), pixels, encoder, at_once=8, side_by_side=3) == 90
    assert rows.positions([item.key for item in want(90)]).tolist() == list(range(90))
    assert np.array_equal(rows.array()[:, 0], np.arange(90))


def test_a_stop_is_heard_by_all_threads_and_keeps_what_was_encoded(tmp_path):
    told = []
    with pytest.raises(StoppedError):
        encode(
            rows_in(tmp_path),
            want(90),
            pixels,
            Counted(),
            at_once=4,
            side_by_side=2,
            on_progress=lambda done, total, left: told.append(done),
            should_stop=lambda: len(rows_in(tmp_path)) == 0 and len(told) > 0,
        )
    kept = len(rows_in(tmp_path))
    assert 0 < kept < 90
    assert encode(rows_in(tmp_path), want(90), pixels, Counted(), side_by_side=2) == 90 - kept


def test_an_error_in_one_of_several_threads_is_raised_where_encoding_waits(tmp_path):
    def broken(hashes, views):
        if HASHES[50] in hashes:
            raise OSError("no space left")
        return pixels(hashes, views)

    with pytest.raises(OSError, match="no space"):
        encode(rows_in(tmp_path), want(90), broken, Counted(), at_once=8, side_by_side=2)


def test_after_a_stop_no_thread_goes_on(tmp_path):
    encoder = Counted()
    with pytest.raises(StoppedError) as stopped:
        encode(
            rows_in(tmp_path),
            want(90),
            pixels,
            encoder,
            at_once=4,
            side_by_side=2,
            should_stop=lambda: True,
        )
    assert not [one for one in threading.enumerate() if one.name.startswith("encode")]
    assert stopped.value and encoder.pictures < 90

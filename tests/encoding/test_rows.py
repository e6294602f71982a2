import numpy as np
import pytest

from tl_core.encoding.rows import Rows, key

HASHES = [f"{i:064x}" for i in range(20)]


def table(folder):
    return Rows(folder, (3, 2), "float32")


def fill(rows, numbers):
    with rows.writing():
        keys = [key(HASHES[i]) for i in numbers]
        rows.append(keys, np.stack([np.full((3, 2), i, np.float32) for i in numbers]))


def read(rows, number):
    return rows.array()[rows.positions([key(HASHES[number])])[0]]


def test_rows_come_back_by_key_from_another_process_view(tmp_path):
    fill(table(tmp_path), [3, 1])
    fill(table(tmp_path), [7])
    again = table(tmp_path)
    assert len(again) == 3
    assert all(np.all(read(again, number) == number) for number in (1, 3, 7))
    assert isinstance(again.array(), np.memmap)


def test_views_of_a_picture_are_rows_of_their_own(tmp_path):
    rows = table(tmp_path)
    fill(rows, [1])
    assert key(HASHES[1]) in rows and key(HASHES[1], b"v" * 16) not in rows


@pytest.mark.parametrize("cut", [1, 63, 64, 100])
def test_a_torn_index_loses_only_what_was_not_whole(tmp_path, cut):
    fill(table(tmp_path), [0, 1, 2])
    index = tmp_path / "index.bin"
    index.write_bytes(index.read_bytes()[:-cut])
    rows = table(tmp_path)
    kept = 3 - (cut + 63) // 64
    assert len(rows) == kept
    fill(rows, [9])
    again = table(tmp_path)
    assert len(again) == kept + 1 and np.all(read(again, 9) == 9) and np.all(read(again, 0) == 0)


def test_rows_written_without_their_record_are_cut_off(tmp_path):
    fill(table(tmp_path), [0])
    with (tmp_path / "data.bin").open("ab") as file:
        file.write(b"x" * 30)
    rows = table(tmp_path)
    fill(rows, [5])
    assert np.all(read(table(tmp_path), 5) == 5)


def test_a_damaged_record_ends_what_is_trusted(tmp_path):
    fill(table(tmp_path), [0, 1, 2])
    raw = bytearray((tmp_path / "index.bin").read_bytes())
    raw[64] ^= 1
    (tmp_path / "index.bin").write_bytes(raw)
    rows = table(tmp_path)
    assert len(rows) == 1 and np.all(read(rows, 0) == 0)


def test_rows_of_another_shape_are_refused(tmp_path):
    rows = table(tmp_path)
    with rows.writing(), pytest.raises(ValueError, match="rows must be"):
        rows.append([key(HASHES[0])], np.zeros((1, 2, 2), np.float32))


def test_a_full_disk_leaves_neither_half_rows_nor_lost_ones(tmp_path, monkeypatch):
    rows = table(tmp_path)
    fill(rows, [0])
    size = (tmp_path / "data.bin").stat().st_size

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="space"):
        patch.setattr("os.fsync", full)
        fill(rows, [1])
    assert (tmp_path / "data.bin").stat().st_size == size
    fill(rows, [2])
    assert np.all(read(table(tmp_path), 2) == 2) and np.all(read(table(tmp_path), 0) == 0)

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.training import checkpoint


def write(folder, epoch):
    arrays = {
        "m.0": np.full((2, 3), epoch, np.float32),
        "seed": np.array([7, epoch], np.uint32),
        "n": np.array(5),
    }
    return checkpoint.save(folder, epoch, arrays, {"best": epoch / 2, "epoch_event": None})


def test_what_was_saved_comes_back_bit_for_bit(tmp_path):
    write(tmp_path, 3)
    found, damaged = checkpoint.load(tmp_path)
    assert found is not None and damaged == []
    assert found.epoch == 3 and found.state == {"best": 1.5, "epoch_event": None}
    assert found.arrays["m.0"].dtype == np.float32 and np.all(found.arrays["m.0"] == 3)
    assert found.arrays["seed"].dtype == np.uint32 and found.arrays["n"].shape == ()


def test_only_the_last_two_are_kept(tmp_path):
    for epoch in range(5):
        write(tmp_path, epoch)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["epoch-0003", "epoch-0004"]


@pytest.mark.parametrize("name", ["arrays.safetensors", "state.json", "manifest.json"])
def test_a_truncated_newest_checkpoint_gives_way_to_the_one_before(tmp_path, name):
    write(tmp_path, 1)
    newest = write(tmp_path, 2) / name
    newest.write_bytes(newest.read_bytes()[:20])
    found, damaged = checkpoint.load(tmp_path)
    assert found is not None and found.epoch == 1
    assert damaged == ["epoch-0002"]


def test_one_flipped_bit_is_noticed(tmp_path):
    path = write(tmp_path, 1) / "arrays.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    assert checkpoint.load(tmp_path) == (None, ["epoch-0001"])


def test_it_is_told_before_any_work_when_all_are_damaged(tmp_path):
    checkpoint.require_one(tmp_path)
    first, second = write(tmp_path, 1), write(tmp_path, 2)
    (second / "state.json").write_text("{}")
    checkpoint.require_one(tmp_path)
    (first / "manifest.json").write_text('{"epoch": 1, "sha256": {}}')  # vouches for nothing
    with pytest.raises(UserError) as caught:
        checkpoint.require_one(tmp_path)
    assert caught.value.code == "checkpoints-damaged"
    assert "epoch-0002, epoch-0001" in caught.value.message


def test_a_half_written_folder_is_never_read_and_goes_at_the_next_save(tmp_path):
    (tmp_path / "epoch-0009.partial").mkdir()
    assert checkpoint.load(tmp_path) == (None, [])
    write(tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["epoch-0001"]


def test_saving_an_epoch_again_replaces_it(tmp_path):
    write(tmp_path, 1)
    write(tmp_path, 1)
    found, _ = checkpoint.load(tmp_path)
    assert found is not None and found.epoch == 1


def test_a_full_disk_keeps_the_checkpoint_before_and_leaves_no_rest(tmp_path, monkeypatch):
    write(tmp_path, 1)

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="space"):
        patch.setattr("os.fsync", full)
        write(tmp_path, 2)
    assert [p.name for p in tmp_path.iterdir()] == ["epoch-0001"]
    found, damaged = checkpoint.load(tmp_path)
    assert found is not None and found.epoch == 1 and damaged == []

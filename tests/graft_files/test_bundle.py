"""Graft's own model file: what it carries comes back, and nothing foreign is opened."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.export import made
from tl_core.backbones import stages, weights
from tl_core.base.errors import UserError
from tl_core.graft_files import bundle, reading, sealed
from tl_core.measures import unknowns
from tl_core.models import detector_file, persist


def packed(tmp_path: Path, classes: tuple[str, ...] = ("a", "b", "c"), outputs: int = 3) -> Path:
    file = tmp_path / "model.graft"
    bundle.write(made.described_only(tmp_path / "model", classes, outputs), file)
    return file


def refusal_of(file: Path, tmp_path: Path) -> UserError:
    with pytest.raises(UserError) as refusal:
        bundle.read(file, tmp_path / "in")
    assert not (tmp_path / "in").exists()
    return refusal.value


def changed(file: Path, name: str, content: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    """Return a copy of a bundle in which one member is another."""
    copy = file.with_name("changed.graft")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(copy, "w") as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content, compression)
    return copy


def test_a_bundle_comes_back_as_it_was(tmp_path: Path) -> None:
    file = packed(tmp_path)
    described = bundle.read(file, tmp_path / "in")
    assert described == persist.describe(tmp_path / "model")
    for name in (persist.TAIL, persist.DESCRIPTION):
        assert (tmp_path / "in" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()


def test_three_names_for_four_outputs_are_a_named_mismatch(tmp_path: Path) -> None:
    refusal = refusal_of(packed(tmp_path, ("a", "b", "c"), 4), tmp_path)
    assert refusal.code == "E-MODEL-FORMAT"
    assert "3 classes" in refusal.message
    assert "4 outputs" in refusal.message


def foreign_files(tmp_path: Path) -> dict[str, Path]:
    canary = f"open({str(tmp_path / 'canary')!r}, 'w')"
    files = {"HDF5": b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "LiteRT": b"\x1c\0\0\0TFL3" + b"\0" * 64}
    files["pickle"] = pickle.dumps(eval) + canary.encode()
    found = {}
    for kind, content in files.items():
        found[kind] = tmp_path / f"{kind}.bin"
        found[kind].write_bytes(content)
    members = {
        "Keras": {"config.json": "{}", "metadata.json": "{}", "model.weights.h5": ""},
        "SavedModel": {"m/saved_model.pb": "", "m/variables/variables.index": ""},
        "PyTorch": {"archive/data.pkl": ""},
    }
    for kind, texts in members.items():
        found[kind] = tmp_path / f"{kind}.zip"
        with zipfile.ZipFile(found[kind], "w") as archive:
            for name, text in texts.items():
                archive.writestr(name, text)
    return found


def test_models_of_other_programs_are_refused_by_name_and_never_run(tmp_path: Path) -> None:
    for kind, file in foreign_files(tmp_path).items():
        refusal = refusal_of(file, tmp_path)
        assert refusal.code == "E-MODEL-FORMAT"
        assert kind in refusal.message
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_model_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.graft"
    file.write_bytes(content)
    assert refusal_of(file, tmp_path).code == "E-MODEL-FORMAT"


def test_a_cut_or_altered_bundle_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path)
    whole = file.read_bytes()
    for size in (10, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        assert refusal_of(file, tmp_path).code == "E-MODEL-FORMAT"
    file.write_bytes(whole)
    with zipfile.ZipFile(file) as archive:
        tail = bytearray(archive.read(persist.TAIL))
    tail[-1] ^= 1
    assert "damaged" in refusal_of(changed(file, persist.TAIL, bytes(tail)), tmp_path).message


def test_members_that_swell_stray_or_double_are_refused(tmp_path: Path) -> None:
    file = packed(tmp_path)
    bomb = changed(file, persist.TAIL, b"\0" * 10_000_000, zipfile.ZIP_DEFLATED)
    assert "packed" in refusal_of(bomb, tmp_path).message
    for stray in ("../../canary", "extra.py", "/etc/canary"):
        assert refusal_of(changed(file, stray, b"x"), tmp_path).code == "E-MODEL-FORMAT"
    assert not (tmp_path.parent / "canary").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"backbone": "../../etc"},
        {"backbone": "nobody"},
        {"trainable_stages": 99},
        {"size_px": 10**9},
        {"classes": "abc"},
        {"format": persist.FORMAT + 1},
        {"surprise": 1},
        {"tail_sha256": "0" * 64},
        {"classes": []},
        {"classes": ["a", "a"]},
        {"classes": ["a", ""]},
        {"classes": ["a", "b" * 20_000]},
        {"log": [True, False]},
        {"size_px": 1025},
        {"trainable_stages": 1},
        *(
            {"head": {"pooling": "average", "hidden_units": [], "dropout": 0, "l2": 0} | wrong}
            for wrong in (
                {"hidden_units": [10**9]},
                {"hidden_units": [-1]},
                {"hidden_units": [8, 8, 8, 8, 8]},
                {"hidden_units": [1000]},
                {"dropout": 5},
                {"dropout": float("nan")},
                {"l2": float("inf")},
                {"pooling": "flatten"},
            )
        ),
    ],
)
def test_a_description_that_is_not_ours_is_refused(tmp_path: Path, change: dict) -> None:
    assert refusal_of(described_otherwise(tmp_path, change), tmp_path).code == "E-MODEL-FORMAT"


def described_otherwise(tmp_path: Path, change: dict) -> Path:
    """Return a bundle, right in itself, that describes its model otherwise."""
    folder = made.described_only(tmp_path / "model", ("a", "b"), 2)
    told = json.loads((folder / persist.DESCRIPTION).read_text("utf-8")) | change
    (folder / persist.DESCRIPTION).write_text(json.dumps(told), "utf-8")
    parts = [(name, folder / name) for name in (persist.DESCRIPTION, persist.TAIL)]
    sealed.write(tmp_path / "otherwise.graft", bundle.KIND, parts)
    return tmp_path / "otherwise.graft"


def test_the_reason_names_the_field_at_fault(tmp_path: Path) -> None:
    head = {"pooling": "average", "hidden_units": [10**9], "dropout": 0, "l2": 0}
    refusal = refusal_of(described_otherwise(tmp_path, {"head": head}), tmp_path)
    assert "hidden_units" in refusal.message


def test_a_head_that_its_file_does_not_hold_is_never_built(tmp_path: Path) -> None:
    """11 kB that would become a network of gigabytes."""
    head = {"pooling": "flatten", "hidden_units": [1000], "dropout": 0, "l2": 0}
    file = described_otherwise(tmp_path, {"head": head, "size_px": 1024})
    assert "head/hidden_1/bias" in refusal_of(file, tmp_path).message


def test_a_tail_of_another_size_is_refused(tmp_path: Path) -> None:
    refusal = refusal_of(described_otherwise(tmp_path, {"trainable_stages": 2}), tmp_path)
    assert "0 numbers of the backbone" in refusal.message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    folder = made.described_only(tmp_path / "model", ("a", "b"), 2)
    tail = load_file(folder / persist.TAIL)
    tail["head/logits/kernel"][1279, 1] = value
    repacked(folder, tail)
    bundle.write(folder, tmp_path / "model.graft")
    refusal = refusal_of(tmp_path / "model.graft", tmp_path)
    assert "head/logits/kernel" in refusal.message


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    folder = made.described_only(tmp_path / "model", ("a", "b"), 2)
    tail = load_file(folder / persist.TAIL)
    repacked(folder, {name: value.astype(np.float64) for name, value in tail.items()})
    bundle.write(folder, tmp_path / "model.graft")
    assert refusal_of(tmp_path / "model.graft", tmp_path).code == "E-MODEL-FORMAT"


def repacked(folder: Path, tail: dict[str, np.ndarray]) -> None:
    save_file(tail, folder / persist.TAIL)
    told = json.loads((folder / persist.DESCRIPTION).read_text("utf-8"))
    told["tail_sha256"] = weights.file_hash(folder / persist.TAIL)
    (folder / persist.DESCRIPTION).write_text(json.dumps(told), "utf-8")


def test_a_model_of_a_later_version_says_so(tmp_path: Path) -> None:
    later = described_otherwise(tmp_path, {"format": persist.FORMAT + 1, "surprise": 1})
    assert "newer Graft" in refusal_of(later, tmp_path).message


def test_a_file_of_a_later_version_says_so(tmp_path: Path) -> None:
    file = packed(tmp_path)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read(sealed.MANIFEST)) | {"version": 7, "more": []}
    later = changed(file, sealed.MANIFEST, json.dumps(manifest).encode())
    assert "newer Graft" in refusal_of(later, tmp_path).message


def test_a_file_that_is_all_directory_is_refused_before_it_is_loaded(tmp_path, monkeypatch) -> None:
    file = all_directory(tmp_path / "x.graft", entries=50_000)

    def load(*args: object, **kwargs: object) -> None:
        raise AssertionError("the directory was loaded")

    monkeypatch.setattr(zipfile, "ZipFile", load)
    assert refusal_of(file, tmp_path).code == "E-MODEL-FORMAT"


def all_directory(file: Path, entries: int) -> Path:
    """Write a zip of empty files: a local header each, and its line of the directory."""
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(entries):
            archive.writestr(f"{number:x}", b"")
    return file


def test_a_limited_child_reads_what_is_read_here(tmp_path: Path) -> None:
    file = packed(tmp_path)
    assert reading.read(file, tmp_path / "in") == persist.describe(tmp_path / "model")
    refused = tmp_path / "other.h5"
    refused.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 64)
    with pytest.raises(UserError, match="HDF5"):
        reading.read(refused, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_child_that_takes_too_long_is_a_refusal(tmp_path: Path, monkeypatch) -> None:
    file = packed(tmp_path)
    monkeypatch.setattr(reading, "TIMEOUT_S", 0.01)
    with pytest.raises(UserError, match="more time or memory"):
        reading.read(file, tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.slow
def test_a_bundle_predicts_the_same_elsewhere(tmp_path: Path) -> None:
    made.whole_model(tmp_path / "model")
    file = tmp_path / "model.graft"
    bundle.write(tmp_path / "model", file, with_backbone=True)
    bundle.read(file, tmp_path / "in")
    picture = np.random.default_rng(0).integers(0, 256, (2, 40, 57, 3), dtype=np.uint8)
    here = np.asarray(persist.full_model(tmp_path / "model").predict_on_batch(picture))
    there = np.asarray(persist.full_model(tmp_path / "in").predict_on_batch(picture))
    assert np.abs(here - there).max() <= 1e-6
    assert np.ptp(here) > 1e-3


def with_detector(tmp_path: Path, width: int, tail_sha256: str = "") -> Path:
    """Return a bundle whose model has a detector of unknowns for features of this width."""
    folder = made.described_only(tmp_path / "model", ("a", "b"), 2)
    features = np.random.default_rng(0).random((20, width)).astype(np.float32)
    detector = unknowns.fit(features, np.arange(20) % 2, None, features, None)
    own = persist.describe(folder).tail_sha256
    detector_file.save(folder, detector, tail_sha256 or own)
    if tail_sha256:
        parts = [(name, folder / name) for name in (*bundle.MEMBERS[:2], detector_file.FILE)]
        sealed.write(tmp_path / "m.graft", bundle.KIND, parts)
    else:
        bundle.write(folder, tmp_path / "m.graft", with_backbone=False)
    return tmp_path / "m.graft"


def test_what_tells_unknowns_travels_along(tmp_path: Path) -> None:
    described = persist.describe(made.described_only(tmp_path / "other", ("a", "b"), 2))
    width = stages.of(described.backbone)[-1].shape_at(described.size_px)[-1]
    bundle.read(with_detector(tmp_path, width), tmp_path / "in")
    arrived = persist.describe(tmp_path / "in")
    assert detector_file.load(tmp_path / "in", arrived.tail_sha256) is not None


@pytest.mark.parametrize(("width", "tail"), [(7, ""), (7, "b" * 64)])
def test_what_tells_unknowns_of_another_model_is_refused(
    tmp_path: Path, width: int, tail: str
) -> None:
    refusal = refusal_of(with_detector(tmp_path, width, tail), tmp_path)
    assert refusal.code == "E-MODEL-FORMAT"
    assert detector_file.FILE in refusal.message


def test_a_damaged_file_that_tells_unknowns_is_refused(tmp_path: Path) -> None:
    folder = made.described_only(tmp_path / "model", ("a", "b"), 2)
    (folder / detector_file.FILE).write_bytes(b"\x80\x04nonsense")
    parts = [(name, folder / name) for name in (*bundle.MEMBERS[:2], detector_file.FILE)]
    sealed.write(tmp_path / "m.graft", bundle.KIND, parts)
    refusal = refusal_of(tmp_path / "m.graft", tmp_path)
    assert refusal.code == "E-MODEL-FORMAT"
    assert detector_file.FILE in refusal.message

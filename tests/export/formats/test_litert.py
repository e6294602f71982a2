"""LiteRT files: one starter converted once, in 32, 16 and 8 bits, and asked without TensorFlow."""

import json
import math
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from tests.export import made
from tl_core.backbones import weights
from tl_core.base.errors import UserError
from tl_core.export.devices import sources
from tl_core.export.formats import (
    litert,
    litert_file,
    litert_graph,
    litert_half,
    litert_int8,
    litert_metadata,
    script,
    whole_numbers,
)
from tl_core.export.formats.whole_numbers import Examples, Quantised
from tl_core.measures import unknowns
from tl_core.models import detector_file, persist

pytestmark = pytest.mark.slow

SIDE, COUNT = 64, 120
CLOSE, CLOSE_IN_16_BITS = 1e-4, 1e-2


def shown(side: int = SIDE) -> np.ndarray:
    """Return pictures of one colour each with some grain, uint8 (n, side, side, 3)."""
    random = np.random.default_rng(4)
    colours = random.integers(0, 256, (COUNT, 1, 1, 3))
    grain = random.integers(-40, 40, (COUNT, side, side, 3))
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def lively_model(folder: Path, backbone: str = "starter", side: int = SIDE) -> persist.Description:
    """Write a model whose answers about `shown` differ, and what tells "none of these"."""
    made.described_only(folder, made.CLASSES, len(made.CLASSES), backbone, side)
    described = persist.describe(folder)
    model = persist.fitted(persist.load_model(folder))
    features = np.asarray(model.predict_on_batch(shown(side))[1])
    kernel = np.random.default_rng(2).normal(size=(features.shape[1], len(made.CLASSES)))
    logits = features @ kernel
    tail = load_file(folder / persist.TAIL)
    tail["head/logits/kernel"] = (kernel * 2 / logits.std(axis=0)).astype(np.float32)
    tail["head/logits/bias"] = (-2 * logits.mean(axis=0) / logits.std(axis=0)).astype(np.float32)
    save_file(tail, folder / persist.TAIL)
    digest = weights.file_hash(folder / persist.TAIL)
    described = described.model_copy(update={"tail_sha256": digest})
    persist.describe_as(folder, described)
    told = np.asarray(persist.full_model(folder).predict_on_batch(shown(side)))
    doubts = unknowns.doubt(told)
    detector = unknowns.fit(features, told.argmax(axis=1), doubts, features, doubts)
    detector_file.save(folder, detector, digest)
    return described


@dataclass
class Made:
    """Files of one model: plain, with weights of 16 bits, and in whole numbers.

    Attributes:
        told: what Keras answers about `shown`.
    """

    described: persist.Description
    told: np.ndarray
    plain: Path
    half: Path
    whole: Path
    named: bytes
    quantised: Quantised


@pytest.fixture(scope="module")
def files(lively_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    place = tmp_path_factory.mktemp("litert")
    described = persist.describe(lively_dir)
    told = np.asarray(persist.full_model(lively_dir).predict_on_batch(shown()))
    plain, half, whole = ((place / name) / litert_file.MODEL for name in ("32", "16", "8"))
    for file in (plain, half, whole):
        file.parent.mkdir()
    named: list[bytes] = []
    litert_file.write(lively_dir, plain, lambda raw: named.append(raw) or raw)
    half.write_bytes(finished(litert_half.halved(named[0]), described))
    found = litert_int8.quantised(named[0], examples(told), described)
    whole.write_bytes(finished(found.raw, described))
    return Made(described, told, plain, half, whole, named[0], found)


def finished(raw: bytes, described: persist.Description) -> bytes:
    """Return a file as `litert_file.write` hands it over, without what tells "none of these"."""
    about = litert_file.about_itself(described)
    names = {litert_file.CLASSES: json.dumps(described.classes).encode()}
    return litert_graph.finished(raw, about, litert_metadata.NAME, names)


def examples(told: np.ndarray) -> Examples:
    return Examples(shown()[::2], shown()[1::2], told[1::2].argmax(axis=1))


def test_the_script_answers_as_the_app_does_and_refuses_what_it_refuses(
    files: Made, tmp_path: Path
) -> None:
    assert np.ptp(files.told, axis=0).max() > 0.3, (
        "a model that says the same of all proves nothing"
    )
    paths = []
    for number, pixels in enumerate(shown()[:12]):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels).save(paths[-1])
    found = script.ask(litert_file.BACKEND, files.plain, paths, files.described)
    assert np.abs(found - files.told[:12]).max() < CLOSE
    found = script.ask(litert_file.BACKEND, files.half, paths, files.described)
    assert 0 < np.abs(found - files.told[:12]).max() < CLOSE_IN_16_BITS


def test_the_program_of_a_board_answers_what_lies_in_a_folder(files: Made, tmp_path: Path) -> None:
    (shots := tmp_path / "shots").mkdir()
    for number, pixels in enumerate(shown()[:6]):
        Image.fromarray(pixels).save(shots / f"{number}.png")
    (tmp_path / "predict.py").write_text(litert.MODEL.program(files.described), "utf-8")
    (tmp_path / "camera.py").write_text(sources.camera(files.described), "utf-8")
    (tmp_path / litert_file.MODEL).write_bytes(files.plain.read_bytes())
    ended = subprocess.run(
        [sys.executable, "camera.py", "--folder", "shots", "--once"],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = [line.split("\t")[1] for line in ended.stdout.splitlines()]
    names = [made.CLASSES[row.argmax()] for row in files.told[:6]]
    assert len(told) == 6 and told != ["none of these"] * 6
    assert all(one in (name, "none of these") for one, name in zip(told, names, strict=True))


def test_a_program_that_knows_nothing_of_features_sees_one_input_and_one_output(
    files: Made,
) -> None:
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(str(files.plain))
    (given,), (told,) = model.get_input_details(), model.get_output_details()
    assert (given["name"], given["dtype"], [*given["shape"]]) == (
        "examples",
        np.uint8,
        [1, SIDE, SIDE, 3],
    )
    assert (told["name"], [*told["shape"]]) == ("answers", [1, len(made.CLASSES)])
    (signature,) = model.get_signature_list().values()
    assert signature == {"inputs": ["examples"], "outputs": ["answers"]}
    assert len(litert_graph.read(files.plain.read_bytes()).subgraphs) == 1


def test_weights_of_16_bits_take_little_more_than_half_the_room(files: Made) -> None:
    assert files.half.stat().st_size < 0.6 * len(files.named)


def test_the_first_layers_stay_in_32_bits_since_their_rounding_passes_through_all_others(
    files: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def numbers(raw: bytes) -> dict[str, int]:
        found = litert_graph.operations(raw)
        return {outputs[0]: sum(map(math.prod, shapes)) for _, outputs, shapes in found if shapes}

    before = numbers(files.named)
    monkeypatch.setattr(litert_half, "LEAST_WEIGHTS", 1)
    halved = numbers(litert_half.halved(files.named))
    kept = [halved.get(name) == count for name, count in before.items()]
    first = kept.index(False)
    assert first > 3
    assert 0.01 < sum([*before.values()][:first]) / sum(before.values()) <= 0.1


def test_the_head_stays_in_32_bits_where_it_is_a_small_part(
    files: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def numbers_of_heads(raw: bytes) -> int:
        found = litert_graph.operations(raw)
        return sum(
            sum(map(math.prod, shapes)) for kind, _, shapes in found if kind == "FULLY_CONNECTED"
        )

    kept = numbers_of_heads(files.named)
    monkeypatch.setattr(litert_half, "LEAST_WEIGHTS", kept // 2)
    assert numbers_of_heads(litert_half.halved(files.named)) == kept
    monkeypatch.setattr(litert_half, "MOST_WHOLE", 0.0)  # as if the head were most of the network
    assert numbers_of_heads(litert_half.halved(files.named)) < kept / 2


def test_labels_and_what_it_says_of_itself_are_inside_as_other_programs_look_for_them(
    files: Made,
) -> None:
    with zipfile.ZipFile(files.plain) as archive:
        named = {entry.filename: entry for entry in archive.infolist()}
        assert archive.read("labels.txt").decode().splitlines() == [*made.CLASSES]
    assert all(entry.compress_type == zipfile.ZIP_STORED for entry in named.values())
    model = litert_graph.read(files.plain.read_bytes())
    (about,) = (entry for entry in model.metadata if entry.name == b"TFLITE_METADATA")
    table = bytes(model.buffers[about.buffer].data)
    assert table[4:8] == b"M001"
    assert all(word in table for word in (b"labels.txt", b"examples", b"answers", b"Apache-2.0"))


def test_the_script_runs_whole_numbers_too(files: Made, tmp_path: Path) -> None:
    Image.fromarray(shown()[0]).save(tmp_path / "one.png")
    found = script.ask(litert_file.BACKEND, files.whole, [tmp_path / "one.png"], files.described)
    assert np.abs(found - litert_int8.answers(files.quantised.raw, shown()[:1])).max() < CLOSE


def test_whole_numbers_take_far_less_room_and_come_to_the_same_labels(files: Made) -> None:
    assert len(files.quantised.raw) < 0.35 * len(files.named)
    told = litert_int8.answers(files.quantised.raw, shown())
    assert np.abs(told - files.told).mean() < 0.05
    assert (told.argmax(axis=1) == files.told.argmax(axis=1)).mean() > 0.8
    assert files.quantised.lost is not None
    assert files.quantised.lost <= whole_numbers.LOSS_ALLOWED or len(files.quantised.tried) == len(
        litert_int8.WAYS
    )
    assert "60 validation pictures" in files.quantised.in_words()


def test_where_nothing_is_good_enough_every_way_is_tried_and_the_best_is_kept(
    files: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_numbers, "LOSS_ALLOWED", -1.0)
    found = litert_int8.quantised(files.named, examples(files.told), files.described)
    assert set(found.tried) == {way.name for way in litert_int8.WAYS}
    assert found.lost == min(found.tried.values())


def test_without_validation_pictures_the_smallest_way_is_taken_and_no_loss_is_claimed(
    files: Made,
) -> None:
    few = replace(examples(files.told), judged=shown()[:0], truth=np.zeros(0, int))
    found = litert_int8.quantised(files.named, few, files.described)
    assert (found.way.name, found.lost) == ("int8", None)
    assert "validation" not in found.in_words()


def test_without_training_pictures_whole_numbers_are_refused_with_the_reason(
    tmp_path: Path,
) -> None:
    described = persist.describe(made.described_only(tmp_path / "model", ("a", "b"), 2))
    with pytest.raises(UserError) as refusal:
        whole_numbers.examples(tmp_path, described)
    assert refusal.value.code == "format-pictures"


def test_its_script_is_well_formed_for_every_task(tmp_path: Path) -> None:
    described = persist.describe(made.described_only(tmp_path / "model", ("a", "b"), 2))
    for kind in ("classify", "multilabel", "regress"):
        text = litert.MODEL.program(described.model_copy(update={"task": kind}))
        compile(text, "predict.py", "exec")
        assert "ai-edge-litert>=" in text and "import keras" not in text

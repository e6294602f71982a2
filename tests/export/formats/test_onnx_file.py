"""The ONNX file: one conversion of a small model, asked as strangers ask it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.export import made
from tests.export.formats.test_litert import SIDE, shown
from tl_core.export.formats import onnx_file, onnx_int8, onnx_zip, whole_numbers
from tl_core.export.formats.whole_numbers import Examples
from tl_core.models import persist
from tl_core.training import answering

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model_dir(lively_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(lively_dir, tmp_path_factory.mktemp("onnx") / "model")
    described = persist.describe(folder)
    persist.describe_as(folder, described.model_copy(update={"temperature": 2.0, "format": 2}))
    return folder


@pytest.fixture(scope="module")
def file(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("onnx") / onnx_file.MODEL
    onnx_file.write(model_dir, written)
    return written


def test_runtimes_of_2023_load_the_file_with_any_number_of_examples(file: Path) -> None:
    import onnx

    model = onnx.load(str(file))
    assert [(one.domain, one.version) for one in model.opset_import if not one.domain] == [("", 17)]
    assert model.ir_version <= onnx_file.HIGHEST_IR
    tensors = [*model.graph.input, *model.graph.output]
    assert [tensor.name for tensor in tensors] == ["pictures", *onnx_file.OUTPUTS]
    assert {tensor.type.tensor_type.shape.dim[0].dim_param for tensor in tensors} == {"n"}


def test_the_names_of_the_answers_lie_in_the_file(file: Path) -> None:
    import onnx

    told = {each.key: each.value for each in onnx.load(str(file)).metadata_props}
    assert tuple(json.loads(told["classes"])) == made.CLASSES
    assert told["size"] == str(SIDE) and "unknowns" in told


def test_a_process_without_graft_gets_the_answers_of_the_app(
    file: Path, model_dir: Path, tmp_path: Path
) -> None:
    random, pictures = np.random.default_rng(3), []
    for width, height in ((20, 300), (32, 32), (90, 61)):
        pictures.append(tmp_path / f"{width}.png")
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(pictures[-1])
    described = persist.describe(model_dir)
    own = answering.answers(model_dir, pictures)
    found = np.asarray(onnx_zip.MODEL.ask(file, tuple(pictures), described))
    assert np.abs(own - found).max() < 1e-5
    assert np.ptp(found, axis=0).max() > 1e-3, "it answers alike for everything"


@pytest.fixture
def examples(file: Path) -> Examples:
    told = onnx_int8.answers(file.read_bytes(), shown()[1::2])
    return Examples(shown()[::2], shown()[1::2], told.argmax(axis=1))


def test_whole_numbers_take_little_more_than_a_quarter_and_are_the_best_there_are(
    file: Path, examples: Examples, model_dir: Path
) -> None:
    import onnx

    raw = file.read_bytes()
    made = onnx_int8.quantised(raw, examples, persist.describe(model_dir))
    is_good = made.lost is not None and made.lost <= whole_numbers.LOSS_ALLOWED
    assert is_good or set(made.tried) == {way.name for way in onnx_int8.WAYS}
    own, smaller = onnx.ModelProto.FromString(raw), onnx.ModelProto.FromString(made.raw)
    weights = [sum(kept.ByteSize() for kept in each.graph.initializer) for each in (own, smaller)]
    assert weights[1] < 0.4 * weights[0]
    assert smaller.metadata_props == own.metadata_props and smaller.ir_version == own.ir_version


def test_weights_alone_in_whole_numbers_are_the_nearest_way(
    file: Path, examples: Examples, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_numbers, "LOSS_ALLOWED", -1.0)
    raw = file.read_bytes()
    found = onnx_int8.quantised(raw, examples, persist.describe(model_dir))
    assert set(found.tried) == {way.name for way in onnx_int8.WAYS}
    own, nearest = (
        onnx_int8.answers(each, examples.judged) for each in (raw, onnx_int8.weights_only(raw))
    )
    assert 0 < np.abs(own - nearest).mean() < 0.05

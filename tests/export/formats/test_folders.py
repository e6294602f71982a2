"""Models that are folders: TensorFlow's, OpenVINO's and Core ML's of one starter, asked as strangers ask them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.export import made
from tests.export.formats.test_litert import SIDE
from tl_core.export import estimate
from tl_core.export.formats import coreml_file, openvino_file, registry, savedmodel_file
from tl_core.export.formats import script as scripts
from tl_core.export.formats.script import Backend
from tl_core.models import persist
from tl_core.training import answering

CLOSE = 1e-5
FOLDERS = ("savedmodel", "openvino", "coreml")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place, random, files = tmp_path_factory.mktemp("pictures"), np.random.default_rng(3), []
    for width, height in ((20, 300), (32, 32), (90, 61)):
        files.append(place / f"{width}.png")
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(files[-1])
    return files


def versions_that_answer_alike(
    backend: Backend, folder: Path, model_dir: Path, pictures: list[Path]
) -> set[str]:
    """Hold a model's answers in a clean process against the app's; return what ran it."""
    own = answering.answers(model_dir, pictures)
    found = scripts.ask(backend, folder, pictures, persist.describe(model_dir))
    assert np.abs(own - found.outputs).max() < CLOSE
    assert np.ptp(found.outputs, axis=0).max() > 1e-3, "it answers alike for everything"
    return {*found.versions}


@pytest.mark.exhaustive
def test_a_savedmodel_takes_pictures_of_any_size_and_needs_no_graft(
    lively_dir: Path, pictures: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / savedmodel_file.MODEL
    savedmodel_file.write(lively_dir, folder)
    size = sum(each.stat().st_size for each in (folder / "variables").iterdir())
    weights = estimate.weights(persist.describe(lively_dir))
    assert 4 * weights < size < 5 * weights, "each weight once, in 32 bits"
    names = folder / savedmodel_file.EXTRA / "classes.json"
    assert json.loads(names.read_text("utf-8")) == [*made.CLASSES]
    ran = versions_that_answer_alike(savedmodel_file.BACKEND, folder, lively_dir, pictures)
    assert "TensorFlow" in ran


@pytest.mark.slow
def test_an_openvino_model_keeps_32_bits_and_needs_openvino_alone(
    lively_dir: Path, pictures: list[Path], tmp_path: Path
) -> None:
    pytest.importorskip("openvino")
    folder = tmp_path / openvino_file.MODEL
    openvino_file.write(lively_dir, folder)
    network = (folder / openvino_file.NETWORK).read_text("utf-8")
    assert 'element_type="f32"' in network and 'element_type="f16"' not in network
    ran = versions_that_answer_alike(openvino_file.BACKEND, folder, lively_dir, pictures)
    assert "OpenVINO" in ran and not ran & {"TensorFlow", "Keras"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")  # Core ML Tools does
def test_a_core_ml_package_is_a_classifier_of_pictures_with_its_labels_in_32_bits(
    lively_dir: Path, tmp_path: Path
) -> None:
    coremltools = pytest.importorskip("coremltools")
    folder = tmp_path / coreml_file.MODEL
    coreml_file.write(lively_dir, folder)
    spec = coremltools.models.MLModel(str(folder), skip_model_load=True).get_spec()
    (given,) = spec.description.input
    assert (given.type.imageType.width, given.type.imageType.height) == (SIDE, SIDE)
    names = [told.name for told in spec.description.output]
    assert names == ["classLabel", "classLabel_probs", "features"]
    assert spec.description.predictedFeatureName == "classLabel"
    assert json.loads(spec.description.metadata.userDefined["classes"]) == [*made.CLASSES]
    program = str(spec.mlProgram)
    assert all(json.dumps(name, ensure_ascii=False)[1:-1] in program for name in ("CON", "<b>x"))
    assert "FLOAT32" in program and "FLOAT16" not in program


@pytest.mark.parametrize("kind", ["classify", "multilabel", "regress"])
@pytest.mark.parametrize("name", FOLDERS)
def test_the_script_of_every_task_is_well_formed(name: str, kind: str, tmp_path: Path) -> None:
    described = persist.describe(made.described_only(tmp_path / "model", ("a", "b"), 2))
    guide = registry.get(name).guide
    assert guide is not None
    compile(guide.program(described.model_copy(update={"task": kind})), "predict.py", "exec")

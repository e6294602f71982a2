"""Whole numbers of 8 bits for a member of every family: what converts, what it loses, and how quick it is.

Weights are random but for the starter, so signals keep their size while nothing is recognised: that proves
conversion and rounding, not what a taught network loses. `test_exports.py` measures that.

LiteRT, November 2026: mean difference between two probabilities, and the share of labels that stay, with 8 bits
between the operations and with weights alone; size beside the float file. Every family converts and runs:

                          between the operations    weights alone     size
    starter                       0.048   85 %       0.028   90 %     0.31
    MobileNet 0.25                0.085   83 %       0.011   97 %     0.37
    MobileNetV2 0.35              0.097   83 %       0.068   85 %     0.45
    MobileNetV3 small             0.142   62 %       0.077   77 %     0.34
    EfficientNet-Lite0            0.260   47 %       0.245   52 %     0.30
    EfficientNetB0                0.167   70 %       0.111   80 %     0.31
    EfficientNetV2B0              0.235   53 %       0.245   55 %     0.31
    ResNet50                      0.087   83 %       0.061   80 %     0.26
    ResNet50V2                    0.161   65 %       0.077   80 %     0.26
    VGG16                         0.032   97 %       0.021   97 %     0.25
    DenseNet121                   0.068   90 %       0.041   95 %     0.26
    InceptionV3                   0.082   85 %       0.045   93 %     0.26
    Xception                      0.086   85 %       0.042   88 %     0.27
    ConvNeXt tiny                 0.022   97 %       0.007   97 %     0.38
    NASNet mobile                 0.156   72 %       0.034   97 %     0.32

ONNX likewise, as far as measured; in time none gained on a busy machine (0.8 to 1.2 of float, weights alone 1.9 to 2.5):

    starter                       0.065   85 %       0.041   87 %     0.31
    MobileNet 0.25                0.046   92 %       0.016   97 %     0.34
    MobileNetV3 small             0.135   65 %       0.088   87 %     0.34
    EfficientNet-Lite0            0.357   30 %       0.308   48 %     0.27
    EfficientNetV2B0              0.258   45 %       0.251   47 %     0.28

Deep random networks blow rounding up, as Lite0 shows: with its taught weights it loses nothing on photos.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.export.formats.test_litert import lively_model, shown
from tl_core.export.formats import (
    litert_file,
    litert_graph,
    litert_int8,
    onnx_file,
    onnx_int8,
)
from tl_core.models import persist

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1500)]

FAMILIES = {
    "starter": 64,
    "mobilenet_025": 96,
    "mobilenet_v2_035": 96,
    "mobilenet_v3_small": 96,
    "efficientnet_lite0": 96,
    "efficientnet_b0": 96,
    "efficientnet_v2_b0": 96,
    "resnet50": 96,
    "resnet50_v2": 96,
    "vgg16": 64,
    "densenet121": 96,
    "inception_v3": 96,
    "xception": 96,
    "convnext_tiny": 96,
    "nasnet_mobile": 96,
}
"""A member of each, and a size in pixels at which it is quick."""
Answers = Callable[[bytes, np.ndarray], np.ndarray]


@pytest.fixture
def model(home: Path, request, tmp_path: Path) -> persist.Assembled:
    name = request.node.callspec.params["name"]
    if name != "starter":
        request.getfixturevalue("random_weights")
    lively_model(tmp_path / "model", name, FAMILIES[name])
    return persist.load_model(tmp_path / "model")


@pytest.mark.parametrize("name", FAMILIES)
def test_litert_in_whole_numbers(name: str, model: persist.Assembled) -> None:
    pictures = shown(FAMILIES[name])
    raw = litert_graph.named(litert_file.converted(persist.fitted(model), 1))

    def make(way: litert_int8.Way) -> bytes | None:
        return litert_int8.in_whole_numbers(raw, way, pictures[::2])

    _tell(
        name,
        "litert8",
        raw,
        {way.name: make(way) for way in litert_int8.WAYS},
        litert_int8.answers,
        pictures,
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_onnx_in_whole_numbers(name: str, model: persist.Assembled, tmp_path: Path) -> None:
    pictures = shown(FAMILIES[name])
    raw = onnx_file.of(persist.fitted(model), tmp_path / "m.onnx").SerializeToString()

    def make(way: onnx_int8.Way) -> bytes | None:
        return onnx_int8.in_whole_numbers(onnx_int8.folded(raw), way, pictures[::2])

    _tell(
        name,
        "onnx8",
        raw,
        {way.name: make(way) for way in onnx_int8.WAYS},
        onnx_int8.answers,
        pictures,
    )


def _tell(
    name: str,
    kind: str,
    raw: bytes,
    files: dict[str, bytes | None],
    answers: Answers,
    pictures: np.ndarray,
) -> None:
    judged = pictures[1::2]
    own, own_s = _timed(answers, raw, judged)
    for way, file in files.items():
        if file is None:
            print(f"\n{name}, {kind}, {way}: not possible")
            continue
        found, seconds = _timed(answers, file, judged)
        print(
            f"\n{name}, {kind}, {way}: differs {np.abs(found - own).mean():.4f} on average, "
            f"{np.abs(found - own).max():.3f} at most, labels {np.mean(found.argmax(1) == own.argmax(1)):.0%}, "
            f"size {len(file) / len(raw):.2f}, time {seconds / own_s:.2f} of {1000 * own_s / len(judged):.1f} ms"
        )
    assert any(file is not None for file in files.values())


def _timed(answers: Answers, file: bytes, pictures: np.ndarray) -> tuple[np.ndarray, float]:
    began = time.perf_counter()
    return answers(file, pictures), time.perf_counter() - began

"""How sure and how right exact heads are on real pictures, before and after the temperature. Prints."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from tl_core.backbones import catalogue
from tl_core.evaluation import probe
from tl_core.measures import conformal, reliability, temperature
from tl_core.modalities import registry
from tl_core.tasks.closed_form import L2_PATH, fit_softmax, softmax

pytestmark = pytest.mark.benchmark

TEST, VALIDATION, DIVISIONS = 300, 200, 20
TOO_WEAK = 1e-5
"""A strength with which a head learns its pictures by heart, as long trainings do."""


@pytest.mark.parametrize("backbone", ["mobilenet_v2", "efficientnet_lite0"])
@pytest.mark.parametrize("name", ["trashnet", "sign_digits"])
def test_a_model_is_as_sure_as_it_is_right(real, report, name, backbone):
    found, size_px = probe.read_set(real / name), catalogue.size_for(backbone)
    pixels, scaling = probe._pictures(found, size_px), catalogue.get(backbone).preprocessing
    with tempfile.TemporaryDirectory() as scratch:
        encode = probe._pretrained(backbone, size_px, Path(scratch))
        rows = np.concatenate(
            [
                encode(registry.USUAL.scale(scaling, pixels[start : start + 64]))
                for start in range(0, len(pixels), 64)
            ]
        )
    labels, classes = found.labels, int(found.labels.max()) + 1
    for path in (L2_PATH, (0.03,), (TOO_WEAK,)):
        before, after, covered = [], [], []
        for seed in range(DIVISIONS):
            order = np.random.default_rng(seed).permutation(len(labels))
            test, val = order[:TEST], order[TEST : TEST + VALIDATION]
            learnt = order[TEST + VALIDATION :]
            held = rows[val], labels[val]
            head = fit_softmax(rows[learnt], labels[learnt], classes, path, validation=held)
            known, answers = softmax(head(rows[val])), softmax(head(rows[test]))
            divisor = temperature.of_classes(labels[val], known)
            calibrated = temperature.tempered(answers, divisor)
            before.append(reliability.error(labels[test], answers)["debiased"])
            after.append(reliability.error(labels[test], calibrated)["debiased"])
            promises = conformal.of_classes(labels[val], temperature.tempered(known, divisor))
            promise = conformal.of_share(promises, conformal.USUAL)
            assert promise is not None
            covered.append(conformal.judged(labels[test], calibrated, promise, None)["covered"])
        what = f"{name} {backbone} l2 {path[0] if len(path) == 1 else 'chosen'}"
        report(f"calibration error before, {what}", 100 * np.mean(before), "-", "%")
        report(f"calibration error after, {what}", 100 * np.mean(after), "below 5", "%")
        report(f"truth among the promised 90 %, {what}", 100 * np.mean(covered), "88", "%")
        assert np.mean(after) <= 0.05
        assert np.mean(covered) >= conformal.USUAL - 0.02

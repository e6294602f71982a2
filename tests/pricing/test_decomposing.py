"""What a closed form decomposes is part of its price."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.encoding.job import Examples, resolve
from tl_core.methods import decomposing
from tl_core.pricing import costs
from tl_core.pricing.calibration import Calibration

KNOWN = Calibration(100.0)


@pytest.fixture
def closed_form_s(made_dataset):
    dataset = made_dataset()
    looked_at = Examples(dataset.hashes, np.zeros(len(dataset), np.int32))

    def seconds(method, **own):
        config = TrainConfig(backbone="mobilenet_v2", method_name=method, method_settings=own)
        further = {"unlabelled": looked_at} if method == "alignment" else {}
        return costs.WORK["closed_form"](resolve(dataset, config, further), KNOWN)

    return seconds


def test_it_follows_the_cube_of_the_features(closed_form_s):
    plain = closed_form_s("alignment", align="statistics")
    coral = closed_form_s("alignment", align="coral") - plain
    two = 2 * decomposing.eigen(1280) / KNOWN.gigaflops
    assert two < coral < 1.5 * two
    assert closed_form_s("main_directions") > two
    assert decomposing.eigen(2560) == pytest.approx(8 * decomposing.eigen(1280))


def test_where_labelled_pictures_choose_all_that_is_tried_is_paid_for(closed_form_s):
    ways = {
        way: closed_form_s("alignment", align=way) for way in ("coral", "subspace", "statistics")
    }
    tried = ways["coral"] + ways["subspace"] - 2 * ways["statistics"]
    assert closed_form_s("alignment", align="measured") > ways["statistics"] + tried

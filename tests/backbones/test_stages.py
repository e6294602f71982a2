"""The committed table of stages: consistent in itself, and true to Keras."""

from itertools import pairwise

import pytest

from tests.backbones.unmade import without_weights
from tl_core.backbones import catalogue, stages
from tl_core.backbones.catalogue import BACKBONES
from tl_core.base.errors import UserError

SMALLEST = [
    "starter",
    "mobilenet_025",
    "mobilenet_v2_035",
    "mobilenet_v3_small",
    "efficientnet_b0",
    "efficientnet_v2_b0",
    "resnet50",
    "resnet50_v2",
    "vgg16",
    "densenet121",
    "inception_v3",
    "xception",
    "convnext_tiny",
    "nasnet_mobile",
]
MEMBERS = [
    pytest.param(name, marks=pytest.mark.slow if name in SMALLEST else pytest.mark.exhaustive)
    for name in BACKBONES
]


@pytest.mark.parametrize("name", BACKBONES)
def test_stages_cover_the_whole_network_in_order(name: str) -> None:
    found = stages.of(name)
    assert sum(stage.parameters for stage in found) == catalogue.get(name).parameters
    assert found[0].node_index == 0
    assert all(a.node_index < b.node_index for a, b in pairwise(found))
    assert found[-1].node_index < stages.output_index(name)
    assert len({stage.name for stage in found}) == len(found) <= 20
    assert len(found) >= (2 if name == "nasnet_mobile" else 5)
    assert all(stage.title and stage.mega_flops > 0 for stage in found)


@pytest.mark.parametrize("name", BACKBONES)
def test_every_depth_has_a_cut_and_no_other(name: str) -> None:
    total = len(stages.of(name))
    indices = [stages.cut_for(name, trained).node_index for trained in range(total + 1)]
    assert indices == sorted(set(indices), reverse=True)
    assert indices[-1] == 0
    for trained in (-1, total + 1):
        with pytest.raises(UserError) as refusal:
            stages.cut_for(name, trained)
        assert refusal.value.code == "freeze-depth"


def test_what_crosses_a_cut_is_known_for_any_size() -> None:
    assert stages.cut_for("mobilenet_v2", 0).trunk_shape(224) == (7, 7, 1280)
    assert stages.cut_for("mobilenet_v2", 0).trunk_shape(225) == (8, 8, 1280)
    assert stages.cut_for("mobilenet_v2", 19).trunk_shape(160) == (160, 160, 3)
    assert stages.feature_shape("inception_v3", 299) == (8, 8, 2048)


def test_work_is_that_of_the_papers() -> None:
    multiply_adds = {"mobilenet_v2": 300e6, "resnet50": 3.86e9, "vgg16": 15.3e9}
    for name, expected in multiply_adds.items():
        flops = sum(stage.mega_flops_at(224) for stage in stages.of(name)) * 1e6
        assert flops / 2 == pytest.approx(expected, rel=0.06)


def test_trunk_and_tail_share_all_the_work() -> None:
    whole = stages.cut_for("mobilenet_v2", 0).trunk_mega_flops(160)
    for trained in (1, 7, 19):
        cut = stages.cut_for("mobilenet_v2", trained)
        assert cut.trunk_mega_flops(160) + cut.tail_mega_flops(160) == pytest.approx(whole)


@pytest.mark.parametrize("name", MEMBERS)
def test_the_table_is_what_keras_builds(name: str) -> None:
    from tl_core.backbones import build, cut, liveness

    size_px = max(catalogue.get(name).min_size_px + 1, 66)
    with without_weights():
        base = build.backbone(name, size_px, None)
    assert base.count_params() == catalogue.get(name).parameters
    assert len(base.operations) - 1 == stages.output_index(name)
    found = stages.of(name)
    assert {stage.node_index for stage in found} <= set(liveness.cut_points(base))
    tensors = [node.output_tensors[0] for node in liveness.nodes_of(base)]
    for trained in range(len(found) + 1):
        point = stages.cut_for(name, trained)
        assert tensors[point.node_index].shape[1:] == point.trunk_shape(size_px), trained
    for trained in (1, len(found)):
        _, tail = cut.split(base, stages.cut_for(name, trained))
        for norm in (False, True):
            expected = stages.trainable_parameters(name, trained, norm)
            assert cut.set_trainable(tail, norm) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mobilenet_025", "mobilenet_v3_small", "xception", "nasnet_mobile"]
)
@pytest.mark.parametrize("size_px", [87, 103, 110])
def test_shapes_hold_at_sizes_where_rounding_differs(name: str, size_px: int) -> None:
    from tl_core.backbones import build, liveness

    with without_weights():
        base = build.backbone(name, size_px, None)
    tensors = [node.output_tensors[0] for node in liveness.nodes_of(base)]
    for trained in range(len(stages.of(name)) + 1):
        point = stages.cut_for(name, trained)
        assert tensors[point.node_index].shape[1:] == point.trunk_shape(size_px), trained

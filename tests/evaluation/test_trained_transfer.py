"""Kinds of transfer that train: what one training learns from, with which settings, and what judges it."""

import dataclasses

import numpy as np
import pytest

from tests.evaluation.test_side_by_side import CLASSES, target
from tl_core.base.errors import UserError
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.encoding.job import Examples
from tl_core.evaluation import side_by_side, trained_transfer, transfer_kinds
from tl_core.evaluation.transfer_found import HERE, THERE


def names(first: str, count: int) -> np.ndarray:
    return np.array([f"{first}{n:063x}" for n in range(count)])


@pytest.fixture
def everything():
    """A target, and further examples of both roles; of the unlabelled every second class is known."""
    dataset = target().dataset
    known = np.where(np.arange(40) % 2, np.arange(40) % 3, -1)
    return dataset, {
        "source": Examples(names("a", 60), np.arange(60, dtype=np.int32) % 3, CLASSES),
        "unlabelled": Examples(names("b", 40), np.zeros(40, np.int32), judged=known),
    }


def training(name, everything, judge=HERE, amount=5):
    dataset, examples = everything
    (kind,) = [kind for kind in transfer_kinds.trained(judge) if kind.name == name]
    draw = side_by_side.draw_of(dataset, amount, 0)
    return trained_transfer.training(kind, dataset, "starter", examples, draw, judge), draw


def part(made, which):
    return made.dataset.hashes[made.dataset.splits == which].tolist()


@pytest.mark.parametrize("name", ["deep_coral", "adversary", "adabn"])
def test_what_adapts_to_the_data_set_learns_elsewhere_and_only_looks_at_it(name, everything):
    made, draw = training(name, everything)
    dataset = everything[0]
    assert made.config.method.method_name == name
    assert {digest[0] for digest in part(made, TRAIN) + part(made, VALIDATION)} == {"a"}
    assert part(made, TEST) == dataset.hashes[dataset.splits == TEST].tolist()
    seen = made.further["unlabelled"]
    assert set(dataset.hashes[draw.learnt]) < set(seen.hashes) and not seen.answers.any()
    assert not set(seen.hashes) & set(part(made, TEST))


@pytest.mark.parametrize("name", ["deep_coral", "adversary", "adabn"])
def test_what_adapts_to_where_it_will_be_used_is_judged_by_what_is_known_there(name, everything):
    made, draw = training(name, everything, THERE)
    dataset, examples = everything
    assert part(made, TRAIN) == dataset.hashes[draw.learnt].tolist()
    assert part(made, VALIDATION) == dataset.hashes[draw.choosing].tolist()
    known = examples["unlabelled"].judged >= 0
    assert part(made, TEST) == examples["unlabelled"].hashes[known].tolist()
    judged = made.dataset.labels[made.dataset.splits == TEST]
    assert judged.tolist() == examples["unlabelled"].judged[known].tolist()
    assert not made.further["unlabelled"].answers.any()  # looked at without its classes


def test_a_variant_is_its_method_with_one_setting_more_and_the_control_begins_with_nothing(
    everything,
):
    plain, _ = training("fine_tune", everything)
    held, _ = training("l2_sp", everything)
    assert held.config == plain.config.but(toward_pretrained=0.01)
    scratch, _ = training("scratch", everything)
    assert scratch.config.course.start == "random" and not scratch.further
    assert scratch.config.network.trainable_stages > plain.config.network.trainable_stages
    pooled, _ = training("instances_trained", everything)
    assert set(pooled.further) == {"source"}


def test_what_came_of_a_training_is_kept_by_all_that_it_learnt_from(everything):
    made, _ = training("fine_tune", everything)
    again, _ = training("fine_tune", everything)
    assert again.key == made.key
    dataset, examples = everything
    others = [
        training("fine_tune", everything, amount=6)[0],
        training("l2_sp", everything)[0],
        training("fine_tune", everything, THERE)[0],
        training(
            "fine_tune",
            (dataclasses.replace(dataset, labels=(dataset.labels + 1) % 3), examples),
        )[0],
    ]
    assert len({made.key, *(other.key for other in others)}) == 5


def test_a_kind_takes_part_where_what_it_needs_is_there():
    def possible(roles, judge):
        return {kind.name for kind in trained_transfer.possible(roles, "starter", judge)}

    adapting = {"adabn", "deep_coral", "adversary"}
    assert not adapting & possible({"unlabelled"}, HERE)
    assert adapting < possible({"source"}, HERE)
    assert adapting < possible({"unlabelled"}, THERE) and not adapting & possible({"source"}, THERE)
    with pytest.raises(UserError, match="magic"):
        trained_transfer.chosen(["magic"], set(), "starter")

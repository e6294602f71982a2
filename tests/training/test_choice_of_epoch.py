"""Which epoch is kept: rules that need no training to be tried."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.tasks.classify import Classes
from tl_core.tasks.multilabel import Labels
from tl_core.tasks.objective import Objective
from tl_core.tasks.regress import Numbers
from tl_core.training.choice_of_epoch import ChoiceOfEpoch, sign_test, t_test


def logits(labels: np.ndarray, right: int, *, sure: float = 2.0) -> np.ndarray:
    """Answer the first `right` examples of two classes right and all others wrong."""
    said = np.where(np.arange(len(labels)) < right, labels, 1 - labels)
    return (np.eye(2)[said] * sure).astype(np.float32)


def choice(labels: np.ndarray, *, from_exact_head: bool = True) -> ChoiceOfEpoch:
    return ChoiceOfEpoch(Classes.of(TrainConfig(), labels, 2), labels, from_exact_head)


LABELS = np.arange(40) % 2


@pytest.mark.parametrize(
    ("right", "sure", "is_kept"),
    [(31, 2.0, False), (32, 2.0, True), (33, 9.0, False), (29, 2.0, False), (38, 5.0, True)],
    ids=["one more right", "two more right", "three, but far too sure", "fewer", "far more"],
)
def test_the_exact_head_gives_way_only_beyond_doubt(right, sure, is_kept):
    chosen = choice(LABELS)
    assert chosen.take(0, logits(LABELS, 30))
    assert chosen.take(1, logits(LABELS, right, sure=sure)) == is_kept
    assert chosen.kept is not None and chosen.kept.epoch == int(is_kept)
    assert chosen.trained is not None and chosen.trained.epoch == 1, "its number is known anyway"


def test_a_lower_loss_of_nearly_every_example_leaves_no_doubt_either():
    chosen = choice(LABELS)
    chosen.take(0, logits(LABELS, 36, sure=1.0))
    surer = logits(LABELS, 36, sure=1.0)
    surer[:36] *= 2
    assert chosen.take(1, surer)


def test_where_nothing_good_was_at_the_start_any_gain_counts():
    chosen = choice(LABELS, from_exact_head=False)
    chosen.take(0, logits(LABELS, 20))
    assert chosen.take(1, logits(LABELS, 21)) and not chosen.take(2, logits(LABELS, 12))
    assert chosen.improved_in == 1 and chosen.kept is chosen.trained


def test_one_lucky_epoch_weighs_less_than_several_good_ones():
    chosen = choice(LABELS, from_exact_head=False)
    chosen.take(0, logits(LABELS, 10))
    for epoch, right in enumerate((20, 33, 20, 32, 32), 1):
        chosen.take(epoch, logits(LABELS, right))
    assert chosen.improved_in == 5, "one more right in between does not make epoch 2 the best"


def test_patience_counts_from_the_best_epoch_that_trained_though_the_start_is_kept():
    chosen = choice(LABELS)
    chosen.take(0, logits(LABELS, 38))
    for epoch, right in enumerate((20, 24, 28), 1):
        assert not chosen.take(epoch, logits(LABELS, right))
    assert chosen.improved_in == 3 and chosen.kept is chosen.start


def test_a_rare_class_is_not_given_away_where_classes_count_alike():
    labels = np.array([0] * 90 + [1] * 10)
    objective = Classes.of(TrainConfig(class_weights="balanced"), labels, 2)
    chosen = ChoiceOfEpoch(objective, labels, from_exact_head=True)
    fair = np.eye(2, dtype=np.float32)[labels]
    fair[:12] = fair[:12, ::-1]
    chosen.take(0, fair)
    assert not chosen.take(1, np.tile(np.array([[1.0, 0.0]], np.float32), (100, 1)))


MADE = np.random.default_rng(0)
TASKS: dict[str, tuple[Objective, np.ndarray]] = {
    "classes": (Classes.of(TrainConfig(), np.arange(4) % 2, 2), np.arange(4) % 2),
    "labels": (Labels(3), MADE.random((4, 3)) < 0.5),
    "numbers": (Numbers("huber", np.ones(2)), MADE.normal(size=(4, 2))),
}


@pytest.mark.parametrize("task", TASKS)
def test_four_pictures_choose_for_every_task_and_losses_are_those_that_are_compared(task):
    objective, answers = TASKS[task]
    shape = (4, objective.outputs)
    random = np.random.default_rng(1)
    chosen = ChoiceOfEpoch(objective, answers, from_exact_head=True)
    for epoch in range(5):
        outputs = random.normal(size=shape).astype(np.float32)
        chosen.take(epoch, outputs)
        losses = objective.losses(outputs, answers)
        assert losses.shape == (4,)
        assert losses.mean() == pytest.approx(-objective.score(outputs, answers)[1])
    assert chosen.kept is not None and chosen.trained is not None


@pytest.mark.parametrize("task", TASKS)
def test_what_a_checkpoint_keeps_goes_on_choosing_the_same(task):
    objective, answers = TASKS[task]
    random = np.random.default_rng(2)
    outputs = random.normal(size=(8, 4, objective.outputs)).astype(np.float32)
    whole, broken = (ChoiceOfEpoch(objective, answers, from_exact_head=True) for _ in range(2))
    for epoch in range(8):
        again = ChoiceOfEpoch(objective, answers, from_exact_head=True)
        if epoch:
            again.restore(broken.state(), broken.arrays())
        broken = again
        assert broken.take(epoch, outputs[epoch]) == whole.take(epoch, outputs[epoch])
    assert broken.state() == whole.state()


@pytest.mark.parametrize("epoch", [0, 3])
def test_a_training_of_an_earlier_version_goes_on_from_its_best_epoch(epoch):
    chosen = choice(LABELS)
    chosen.restore_from(epoch, logits(LABELS, 30))
    assert chosen.kept is not None and chosen.kept.epoch == chosen.improved_in == epoch
    assert not chosen.take(4, logits(LABELS, 30)) and chosen.take(5, logits(LABELS, 39))


def test_without_validation_pictures_the_latest_weights_are_kept():
    chosen = choice(LABELS[:0])
    nothing = logits(LABELS[:0], 0)
    assert all(chosen.take(epoch, nothing) for epoch in range(3))
    assert chosen.kept is not None and chosen.kept.epoch == 2


def test_the_paired_tests_agree_with_scipy():
    from scipy import stats

    assert sign_test(7, 1) == pytest.approx(stats.binomtest(7, 8, alternative="greater").pvalue)
    assert sign_test(0, 0) == 1
    fallen = np.random.default_rng(0).normal(0.2, 1, 30)
    known = stats.ttest_1samp(fallen, 0, alternative="greater").pvalue
    assert t_test(fallen) == pytest.approx(known)
    assert t_test(fallen[:1]) == t_test(-np.abs(fallen)) == 1 and t_test(np.ones(4)) == 0


def test_where_the_rate_falls_to_nothing_the_last_epoch_is_judged_and_may_give_way_to_the_start():
    chosen = ChoiceOfEpoch(Classes.of(TrainConfig(), LABELS, 2), LABELS, True, comes_to_rest=True)
    chosen.take(0, logits(LABELS, 30))
    assert chosen.take(1, logits(LABELS, 38)), "stopped now, it would be kept"
    assert chosen.take(2, logits(LABELS, 37)), "the later, the calmer"
    assert chosen.kept is chosen.trained and chosen.kept.epoch == 2
    assert not chosen.take(3, logits(LABELS, 30))
    assert chosen.kept is chosen.start and chosen.improved_in < 3

"""Successive halving under a budget, shown on a made-up landscape in which everything is known."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from tl_core.evaluation.search.candidates import RATES, Candidate, Space
from tl_core.evaluation.search.halving import EFFORTS, Halving, Heads, Trial, heads
from tl_core.evaluation.search.proposals import BY_EXPERIENCE, Proposer
from tl_core.evaluation.search.tried import Prior, Record, Tried, chosen

JUDGED = 400
SPACE = Space({"small": (0, 2, 4), "large": (0, 3, 6)}, (False, True), ("fine_tune",))
LEVELS = {"small": 0.70, "large": 0.80}
TAKES = {"small": 1.0, "large": 4.0}


def truth(candidate: Candidate, effort: float) -> float:
    """Return the accuracy that settings reach: three stages of the large one, three times the rate."""
    if candidate.is_plain_head:
        return LEVELS[candidate.backbone]
    bonus = 0.01 * candidate.stages + 0.04 * (candidate.rate == RATES[2]) - 0.02 * candidate.copies
    return LEVELS[candidate.backbone] + bonus * (0.5 + effort / 2)


def right(candidate: Candidate, effort: float) -> str:
    """Return which of the same pictures are right: the easier ones are for all."""
    hard = np.random.default_rng(5).random(JUDGED)
    own = np.random.default_rng(zlib.crc32(repr((candidate, effort)).encode()))
    return "".join("01"[int(h + own.normal(0, 0.02) < truth(candidate, effort))] for h in hard)


def seconds(trial: Trial) -> float:
    takes = TAKES[trial.candidate.backbone]
    return takes if trial.candidate.is_head else takes + 8 * takes * trial.effort


def prior(candidate: Candidate, exact: float | None = None) -> Prior:
    return Prior(0.005 * candidate.stages, 0.03)


def halving(space: Space = SPACE, share: float = 1.0, longest_s: float = 1e9) -> Halving:
    return Halving(
        space=space,
        heads=Heads(share, tuple(space.depths)),
        seconds=seconds,
        whole_s=lambda one: seconds(Trial(one, 1.0)),
        longest_s=longest_s,
        prior=prior,
        propose=Proposer(prior, lambda one: one),
    )


def tried(trial: Trial) -> Tried:
    hits = right(trial.candidate, trial.effort)
    return Tried(
        trial.candidate, trial.effort, seconds(trial), right=hits, level=hits.count("1") / JUDGED
    )


def searched(decides: Halving, budget_s: float) -> tuple[Record, float]:
    record, used = Record(), 0.0
    while (trial := decides.next(record, budget_s - used)) is not None:
        record += tried(trial)
        used += seconds(trial)
    return record, used


def test_all_exact_heads_come_first_then_trainings_and_the_budget_holds():
    record, used = searched(halving(), 150)
    first = [one.candidate for one in record.trials[:2]]
    assert first == [Candidate("small"), Candidate("large")] and used <= 150
    assert any(one.effort == 1 and not one.candidate.is_head for one in record.trials)


@pytest.mark.parametrize(
    ("budget_s", "behind"),
    [
        (150, 0.04),
        pytest.param(600, 0.02, marks=pytest.mark.slow),
        pytest.param(3000, 0.011, marks=pytest.mark.exhaustive),
    ],
)
def test_what_is_chosen_comes_the_nearer_to_the_best_the_longer_it_takes(budget_s, behind):
    record, _ = searched(halving(), budget_s)
    found = chosen(record.standings(prior), lambda one: 1.0)
    best = max(truth(one, 1.0) for one in SPACE)
    assert found is not None and truth(found.candidate, 1.0) >= best - behind - 1e-9
    assert found.candidate.backbone == "large"


def test_the_better_of_two_goes_on_to_twice_the_epochs():
    record, _ = searched(halving(), 400)
    trained = [one for one in record.trials if not one.candidate.is_head]
    for one in trained:
        rung = EFFORTS.index(one.effort)
        earlier = trained[: trained.index(one)]
        if rung:
            assert [each.effort for each in earlier if each.candidate == one.candidate] == list(
                EFFORTS[:rung]
            )
    counts = [sum(one.effort == effort for one in trained) for effort in EFFORTS]
    assert counts[0] >= counts[1] >= counts[2] >= 1


def test_the_next_trial_follows_from_what_was_tried_alone():
    decides = halving()
    record, _ = searched(decides, 200)
    for count in range(len(record.trials)):
        before = Record(record.trials[:count])
        left = 200 - sum(one.seconds for one in before.trials)
        again = halving().next(before, left)
        assert again is not None and again.candidate == record.trials[count].candidate


def test_no_candidate_is_tried_twice_with_the_same_effort_and_all_are_in_a_long_night():
    few = Space({"small": (0, 2)}, (False,), ("fine_tune",))
    record, _ = searched(halving(few), 1e6)
    pairs = [(one.candidate, one.effort) for one in record.trials]
    assert len(set(pairs)) == len(pairs)
    everyone = {one for one in few if one.epochs == 1}  # there is time for all epochs
    assert {one.candidate for one in record.trials} == everyone


def test_what_could_not_be_tried_is_not_tried_again():
    decides, record = halving(), Record()
    for _ in range(12):
        trial = decides.next(record, 1e6)
        assert trial is not None and not record.has_failed(trial.candidate)
        failed = Tried(trial.candidate, trial.effort, 1.0, fault="no memory")
        record += tried(trial) if trial.candidate.is_plain_head else failed


def test_nothing_is_begun_that_takes_longer_than_is_left_but_the_very_first():
    decides = halving()
    assert decides.next(Record(), 0.0) == Trial(Candidate("small"), 1.0)
    record = Record() + tried(Trial(Candidate("small"), 1.0))
    assert decides.next(record, 0.5) is None


@pytest.mark.slow
def test_settings_whose_whole_training_takes_too_long_are_not_tried():
    record, _ = searched(halving(longest_s=10.0), 500)
    trained = {one.candidate.backbone for one in record.trials if not one.candidate.is_head}
    assert trained == {"small"}


@pytest.mark.slow
def test_heads_that_take_too_long_are_heard_on_a_share_and_the_promising_ones_on_all():
    def slow(trial: Trial) -> float:
        return 40 * TAKES[trial.candidate.backbone] * trial.effort

    found = heads(["large", "small"], slow, 120)
    assert found.share == 0.25 and found.backbones == ("small", "large") and not found.left_out
    decides = replace(halving(share=found.share), seconds=slow)
    record, _ = searched(decides, 300)
    efforts = [one.effort for one in record.trials if one.candidate == Candidate("large")]
    whole = [one.candidate.backbone for one in record.trials if one.effort == 1]
    assert efforts == [0.25, 1.0] and whole[:2] == ["large", "small"]


def test_backbones_whose_heads_alone_take_too_long_are_left_out_and_named():
    found = heads(["large", "small"], lambda one: 100 * TAKES[one.candidate.backbone], 120)
    assert found.backbones == ("small",) and found.left_out == ("large",)


def test_trainings_are_tried_on_the_backbones_that_promise_most_not_on_the_best_heads():
    heard = Space(dict.fromkeys(("a", "b", "c", "d"), (0, 4)), (False,), ("fine_tune", "surgical"))
    levels = {"a": 0.90, "b": 0.89, "c": 0.88, "d": 0.85}
    gains = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.08}

    def promise(candidate: Candidate, exact: float | None) -> Prior:
        assert exact == levels[candidate.backbone]
        return Prior(gains[candidate.backbone] if candidate.stages else 0.0)

    record = Record()
    for name, level in levels.items():
        hits = "1" * round(100 * level) + "0" * round(100 * (1 - level))
        record += Tried(Candidate(name), 1.0, 1.0, right=hits, level=level)
    decides = replace(
        halving(heard),
        seconds=lambda one: 10 * one.effort,
        whole_s=lambda one: 10.0,
        prior=promise,
        propose=Proposer(promise, lambda one: one),
    )
    assert decides.finalists(record) == ("d", "a", "b")
    assert decides.next(record, 1e3) == Trial(Candidate("d", 4), EFFORTS[0])
    slow = replace(decides, whole_s=lambda one: 10.0 * (1 + one.stages), longest_s=20)
    assert slow.finalists(record) == ("a", "b", "c")


@pytest.mark.slow
def test_a_training_has_fewer_epochs_only_where_all_of_them_would_take_too_long():
    def epochs(longest_s: float) -> set[float]:
        decides = replace(
            halving(longest_s=longest_s), whole_s=lambda one: 10.0 * one.stages * one.epochs
        )
        record, _ = searched(decides, 300)
        return {one.candidate.epochs for one in record.trials if one.candidate.stages == 6}

    assert (epochs(60), epochs(30), epochs(20)) == ({1.0}, {0.5}, set())


def test_the_first_training_of_a_backbone_may_take_all_the_time_that_is_left_and_be_cut_short():
    record = Record()
    for name in SPACE.depths:
        record += tried(Trial(Candidate(name), 1.0))
    decides = halving()
    best = Trial(Candidate("large", 6), EFFORTS[0])
    assert decides.next(record, seconds(best)) == best
    assert decides.next(record, seconds(Trial(best.candidate, best.effort / 2))) == best
    later = record + tried(Trial(Candidate("small", 2), EFFORTS[0]))
    assert decides.next(later, seconds(best)) == best
    later += tried(Trial(Candidate("large", 3), EFFORTS[0]))
    second = decides.next(later, seconds(best))
    assert second is not None and seconds(second) < seconds(best)


def test_where_epochs_cost_little_beside_the_rest_a_training_begins_with_more_of_them():
    def first(epochs_s: float) -> float:
        decides = replace(halving(), seconds=lambda one: 20 + epochs_s * one.effort)
        return decides.first(Candidate("large", 3)).effort

    assert (first(5.0), first(15.0), first(80.0)) == (1.0, 0.5, 0.25)
    assert halving().first(Candidate("large")).effort == 1


def test_what_takes_longer_must_promise_more():
    record = Record()
    for name in SPACE.depths:
        record += tried(Trial(Candidate(name), 1.0))

    def first(takes: float) -> Candidate:
        proposer = Proposer(
            lambda one, _: Prior(0.004 * bool(one.stages) + 0.001 * one.stages),
            lambda one: one,
        )
        return proposer.by_experience(SPACE, record, takes=lambda one: takes * one.stages / 6)[0]

    assert (first(0.0), first(1.0)) == (Candidate("large", 6), Candidate("large", 3))


def test_experience_comes_before_the_sampler_and_every_backbone_has_its_turn():
    record = Record()
    for name in SPACE.depths:
        record += tried(Trial(Candidate(name), 1.0))
    proposer = Proposer(prior, lambda one: one)
    order = proposer.by_experience(SPACE, record)
    assert order[0] == Candidate("large", 6) and order[1].backbone == "small"
    assert proposer(SPACE, record, lambda one: True) == order[0]
    while len(record.candidates()) < len(SPACE.depths) + BY_EXPERIENCE:
        found = proposer(SPACE, record, lambda one: True)
        assert found is not None
        record += tried(Trial(found, 0.25))
    first, again = (proposer(SPACE, record, lambda one: True) for _ in range(2))
    assert first == again and first not in record.candidates()
    assert proposer(SPACE, record, lambda one: False) is None

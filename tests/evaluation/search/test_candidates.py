"""What is chosen among, and the settings that a candidate stands for."""

import pytest

from tl_core.datasets.splits import TEST, TRAIN, VALIDATION
from tl_core.evaluation.search import candidates, trial_prices, words
from tl_core.evaluation.search.candidates import Candidate
from tl_core.evaluation.search.halving import Trial
from tl_core.evaluation.search.trial_prices import Prices
from tl_core.methods import inputs, recipes


def test_every_candidate_is_there_once_and_a_head_has_no_rate(made_dataset):
    space = candidates.space(made_dataset(), ["starter", "mobilenet_v2"], {})
    everyone = list(space)
    assert len(set(everyone)) == len(everyone)
    assert {(one.rate, one.epochs) for one in everyone if one.is_head} == {(1.0, 1.0)}
    assert Candidate("starter", 5, epochs=0.5) in everyone
    assert Candidate("starter") in everyone and space.methods[0] == "fine_tune"
    assert {one.method for one in everyone if one.is_head} == {"fine_tune"}
    assert set(space.of(["starter"]).depths) == {"starter"}


def test_a_method_takes_part_where_all_it_needs_is_there_and_validation_can_judge_it(made_dataset):
    dataset = made_dataset()
    with_source = candidates.methods_for(dataset, {"source": "x"})
    assert "instances" in with_source and "distillation" not in with_source
    space = candidates.space(dataset, ["starter"], {"source": "x"})
    assert Candidate("starter", method="instances") in set(space)
    everything = candidates.methods_for(
        dataset, dict.fromkeys(("source", "unlabelled", "teacher"), "x")
    )
    assert "distillation" in everything and "scratch" not in everything
    assert not {"alignment", "deep_coral", "adversary"} & set(everything)


def test_settings_are_as_recommended_but_for_what_is_chosen(made_dataset):
    dataset = made_dataset()
    usual = candidates.settings(Candidate("starter", 6), dataset)
    assert usual == recipes.suited(dataset, usual, ("trainable_stages", *candidates.PLAIN))
    faster = candidates.settings(Candidate("starter", 6, 3.0, copies=True), dataset)
    assert faster.rate.learning_rate == pytest.approx(3 * usual.rate.learning_rate)
    assert faster.changes.augments and not usual.changes.augments
    shorter = candidates.settings(Candidate("starter", 6, epochs=0.5), dataset)
    assert shorter.course.epochs == round(usual.course.epochs / 2)
    assert not faster.changes.flip


def test_a_trial_has_a_share_of_the_epochs_and_no_test_part(made_dataset):
    dataset = made_dataset(2, 24)
    priced = Prices(dataset, {}, dataset.id)
    part = priced.part(1.0)
    assert not (part.splits == TEST).any()
    for kept in (TRAIN, VALIDATION):
        assert (part.splits == kept).sum() == (dataset.splits == kept).sum()
    whole = candidates.settings(Candidate("starter", 2), dataset)
    short = trial_prices.shortened(Trial(Candidate("starter", 2), 0.25), part, priced)
    assert short.course.epochs == round(whole.course.epochs / 4) and short.course.patience == 0
    costs = [priced.trial_s(Trial(Candidate("starter", 2), effort)) for effort in (0.25, 1.0)]
    assert 0 < costs[0] < costs[1] < trial_prices.NEVER
    assert priced.trial_s(Trial(Candidate("starter", 64), 1.0)) == trial_prices.NEVER


def test_a_candidate_is_told_from_others_by_its_words():
    told = [
        words.of_candidate(one)
        for one in (
            Candidate("starter"),
            Candidate("starter", 1),
            Candidate("starter", 6),
            Candidate("starter", 6, 3.0),
            Candidate("starter", 6, 1 / 3),
            Candidate("starter", 6, copies=True),
            Candidate("starter", 6, method="instances"),
            Candidate("starter", 6, epochs=0.5),
        )
    ]
    assert len(set(told)) == len(told) and "the last 6 stages" in told[2]


def test_what_a_person_said_of_a_source_goes_to_the_methods_that_can_be_told(made_dataset):
    dataset, said = made_dataset(), {"hund": "class 1", "katze": ""}
    for stages in (0, 2):
        one = Candidate("starter", stages, method="instances")
        assert inputs.renamed_of(candidates.settings(one, dataset, renamed=said)) == said
        assert inputs.renamed_of(candidates.settings(one, dataset)) == {}
    usual = Candidate("starter", 2)
    assert candidates.settings(usual, dataset, renamed=said) == candidates.settings(usual, dataset)
    priced = Prices(dataset, {"source": "x"}, dataset.id, renamed=said)
    short = trial_prices.shortened(
        Trial(Candidate("starter", 2, method="instances"), 0.5), dataset, priced
    )
    assert inputs.renamed_of(short) == said

"""Why a run ended where it did."""

from dataclasses import replace

import pytest

from pages.parts.shared import endings
from pages.parts.shared.text import literal
from tl_core import store
from tl_core.base import said
from tl_core.base.said import Said
from tl_core.signals.progress import RunView, fold

METRICS = {"ended": "epochs", "epochs": 40, "best_epoch": 31, "val": {"count": 9}}


@pytest.fixture
def run(home):
    dataset_id = store.create_dataset(store.create_project("Mine"), "Cups")
    store.dataset_ready(dataset_id, {"pictures": 30})
    settings = {"epochs": 40, "patience": 5}
    return store.run(store.add_run(dataset_id, "First", settings, "click"))


@pytest.mark.parametrize(
    ("metrics", "reason", "kept"),
    [
        ({}, "It did all 40 epochs.", "Epoch 31 was kept"),
        (
            {"ended": "early", "epochs": 8, "best_epoch": 3},
            "Stopped after 8 of 40 epochs: on validation pictures it had not improved for 5 epochs.",
            "Epoch 3 was kept",
        ),
        (
            {"ended": "early", "epochs": 5, "best_epoch": 0},
            "Stopped after 5 of 40 epochs",
            "so the start was kept",
        ),
        (
            {"ended": "stopped", "epochs": 2, "best_epoch": 2},
            "You ended it after 2 of 40 epochs.",
            "The last epoch was kept",
        ),
        ({"epochs": 0, "best_epoch": None}, "Nothing had to be learnt step by step", "at once."),
        ({"val": {"count": 0}}, "It did all 40 epochs.", "Without validation pictures the last"),
    ],
)
def test_every_end_of_a_run_has_its_reason_and_says_what_was_kept(run, metrics, reason, kept):
    told = endings.sentence(replace(run, metrics=METRICS | metrics), RunView())
    assert told.startswith(reason) and kept in told


def test_a_run_that_failed_and_was_kept_says_so_until_it_has_gone_on(run):
    events = [
        *({"event": "epoch", "epoch": epoch} for epoch in (0, 1, 2)),
        {"event": "failed", "code": "diverged"},
        {"event": "started"},
        {"event": "epoch", "epoch": 2},
    ]
    kept = replace(run, metrics=METRICS | {"ended": "stopped", "epochs": 2, "best_epoch": 1})
    failed = fold(RunView(), events)
    assert endings.sentence(kept, failed).startswith("It failed after 2 of 40 epochs")
    went_on = fold(failed, [{"event": "epoch", "epoch": 3}])
    assert endings.sentence(kept, went_on).startswith("You ended it")


def test_what_has_no_model_or_came_from_a_file_has_no_reason(run):
    assert endings.sentence(run, RunView()) == ""
    assert endings.sentence(replace(run, metrics={"arrived": True}), RunView()) == ""


def test_lists_tell_the_epochs_of_a_run_that_did_fewer(run):
    early = replace(run, metrics=METRICS | {"epochs": 8})
    assert endings.short(early) == "8 of 40 epochs"
    assert endings.short(replace(run, metrics=METRICS)) == endings.short(run) == ""


EXACT = {
    "task": "classify",
    "test": {"count": 200},
    "best_epoch": 0,
    "handed_over": "exact_head",
    "closed_form_val_accuracy": 0.91,
    "trained_val_accuracy": 0.92,
}


def test_where_training_does_not_beat_the_exact_head_both_numbers_are_told(run):
    told = endings.sentence(replace(run, metrics=METRICS | EXACT), RunView())
    assert "reached 92\u202f% and the exact solution 91\u202f%" in told and "chance" in told
    worse = METRICS | EXACT | {"trained_val_accuracy": 0.85, "refitted": True}
    told = endings.sentence(replace(run, metrics=worse), RunView())
    assert "no more than 85\u202f%" in told and "chance" not in told
    assert "with the validation pictures as well" in told
    alike = METRICS | EXACT | {"trained_val_accuracy": 0.912}
    assert "both reached 91\u202f%" in endings.sentence(replace(run, metrics=alike), RunView())
    unknown = METRICS | EXACT | {"trained_val_accuracy": None}
    assert "surely better" in endings.sentence(replace(run, metrics=unknown), RunView())


def test_a_loss_that_ran_away_says_so_in_the_words_of_the_run(run):
    because = Said("The loss ran away in epoch {epoch}; *it* ended.", epoch=3)
    metrics = METRICS | EXACT | said.packed({"ended": "diverged", "ended_because": because})
    told = endings.sentence(replace(run, metrics=metrics), RunView())
    assert told.startswith(literal(because)) and "\\*it\\*" in told


def test_where_the_rate_fell_to_nothing_no_epoch_is_called_the_best(run):
    settled = replace(run, config=run.config | {"schedule": "cosine", "patience": 0})
    told = endings.sentence(replace(settled, metrics=METRICS | {"best_epoch": 40}), RunView())
    assert "The weights of its end were kept" in told and "best" not in told
    stopped = METRICS | {"ended": "stopped", "epochs": 2, "best_epoch": 2}
    told = endings.sentence(replace(settled, metrics=stopped), RunView())
    assert "Its last weights were kept." in told and "small" not in told


def test_where_patience_may_end_it_a_falling_rate_has_a_best_epoch(run):
    patient = replace(run, config=run.config | {"schedule": "cosine", "patience": 5})
    stopped = METRICS | {"ended": "early", "epochs": 8, "best_epoch": 8}
    assert "did best" in endings.sentence(replace(patient, metrics=stopped), RunView())


def test_a_model_without_the_hidden_layers_that_were_asked_for_says_so(run):
    kept = METRICS | {"best_epoch": 0, "handed_over": "exact_head"}
    kept |= {"trained_val_accuracy": 0.7, "closed_form_val_accuracy": 0.9}
    deep = replace(run, config={**run.config, "hidden_units": [8]}, metrics=kept)
    told = endings.sentence(deep, RunView())
    assert "has no hidden layers" in told and "no more than 70" in told
    assert "hidden layers" not in endings.sentence(replace(run, metrics=kept), RunView())


def test_a_list_tells_no_epochs_of_a_run_that_needed_none(run):
    for ended, told in (("epochs", ""), ("stopped", "0 of 40 epochs")):
        metrics = METRICS | {"ended": ended, "epochs": 0}
        assert endings.short(replace(run, metrics=metrics)) == told

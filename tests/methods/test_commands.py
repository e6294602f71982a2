"""The command line names the method and takes what else it learns from."""

import json
from dataclasses import replace
from functools import partial

import pytest

from tests.home.homes import METRICS
from tests.made import DATASET
from tests.methods.made import OTHER
from tests.pricing.made_gains import learnt_before, table
from tests.test_command_line import WorkAtOnce
from tl_core import store
from tl_core.__main__ import main
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.jobs import engines
from tl_core.methods import registry
from tl_core.methods.situation import Recipe
from tl_core.signals import events


def last(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def finish(run_id, folder, metrics=METRICS):
    with events.Writer(folder) as emit:
        emit("finished", metrics=metrics, seconds={"total": 1.5})
    store.run_finished(run_id, metrics)


def test_a_plan_names_its_method(two, capsys):
    starter = ["--set", "backbone=starter", "--json"]
    assert main(["plan", DATASET, *starter]) == 0
    usual = last(capsys)
    assert usual["method"] == "fine_tune" and len(usual["prices"]) > 1
    assert main(["plan", DATASET, "--method", "scratch", *starter]) == 0
    control = last(capsys)
    assert control["method"] == "scratch" and control["prices"] == [control["chosen"]]
    assert control["chosen"]["trainable_stages"] == len(usual["prices"]) - 1
    assert control["chosen"]["closed_form_s"] == 0
    words = ["--method", "sure_of_itself", "--input", f"unlabelled={OTHER}"]
    assert main(["plan", DATASET, *words, *starter]) == 0
    assert last(capsys)["chosen"]["pictures"] == 2 * len(manifest.load(DATASET))


def test_a_run_names_its_method_and_what_else_it_learnt_from(two, capsys, monkeypatch):
    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(finish)])
    words = ["--method", "sure_of_itself", "--input", f"unlabelled={OTHER}"]
    assert main(["train", DATASET, *words, "--set", "method.strength=0.5", "--json"]) == 0
    result = last(capsys)
    assert result["method"] == "sure_of_itself" and result["inputs"] == {"unlabelled": OTHER}
    kept = store.run(result["run"])
    assert kept.config["method"] == {
        "method_name": "sure_of_itself",
        "method_settings": {"strength": 0.5},
    }
    assert main(["train", DATASET, "--method", "scratch"]) == 0
    assert "method: From scratch" in capsys.readouterr().out


def test_what_nobody_names_is_as_recommended_and_told(two, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(finish)])
    deep = ["train", DATASET, "--set", "backbone=starter", "--set", "trainable_stages=2"]
    assert main([*deep, "--set", "stage_decay=0.5", "--json"]) == 0
    result = last(capsys)
    kept = TrainConfig.model_validate(store.run(result["run"]).config)
    assert kept.rate.stage_decay == 0.5 and "stage_decay" not in result["recommended"]
    assert result["recommended"]["schedule"] == kept.rate.schedule == "cosine"
    everything = tmp_path / "config.json"
    everything.write_text(TrainConfig(backbone="starter").model_dump_json())
    assert main(["train", DATASET, "--config", str(everything), "--json"]) == 0
    assert last(capsys)["recommended"] == {}
    assert main(deep) == 0
    assert "as recommended: " in capsys.readouterr().out


def test_the_exact_head_that_was_handed_over_is_told_in_words(two, capsys, monkeypatch):
    compared = {"trained_val_accuracy": 0.9, "closed_form_val_accuracy": 0.92, "refitted": True}
    kept = METRICS | compared | {"handed_over": "exact_head"}
    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(partial(finish, metrics=kept))])
    assert main(["train", DATASET]) == 0
    shown = capsys.readouterr().out
    assert "the exact solution, not surely beaten" in shown
    assert "(trained 90.0%, exact solution 92.0%); solved for again" in shown


def test_other_depths_are_priced_with_what_is_recommended_there(two, capsys, monkeypatch):
    longer = Recipe(name="deep", source="A test.", stages=(1, 64), values={"epochs": 40})
    monkeypatch.setattr(
        registry, "METHODS", tuple(replace(m, recipes=(longer,)) for m in registry.METHODS)
    )
    starter = ["plan", DATASET, "--set", "backbone=starter", "--json"]
    assert main(starter) == 0
    head, first, *_ = last(capsys)["prices"]
    assert (head["epochs"], first["epochs"]) == (10, 40)
    assert main([*starter, "--set", "epochs=3"]) == 0
    assert {price["epochs"] for price in last(capsys)["prices"]} == {3}


def test_a_plan_says_what_every_depth_brings(two, capsys):
    starter = ["plan", DATASET, "--set", "backbone=starter"]
    learnt_before(tuple(gain for gain in table(5) if gain.division == "0"))
    assert main([*starter, "--json"]) == 0
    told = last(capsys)
    assert len(told["brings"]) == len(told["prices"])
    assert all(each["low"] <= each["mean"] <= each["high"] for each in told["brings"])
    assert told["recommended_depth"]["trainable_stages"] in range(len(told["prices"]))
    assert main(starter) == 0
    assert "in 8 of 10 cases" in capsys.readouterr().out
    assert main([*starter, "--method", "scratch", "--json"]) == 0
    assert last(capsys)["brings"] is None


def test_sample_pictures_stay_a_lesson(two, capsys):
    store.create_dataset(store.default_project().id, "Fruit", request={"source": "samples"})
    sample = store.datasets(store.default_project().id)[0].id
    manifest.save(replace(manifest.load(DATASET), id=sample))
    store.dataset_ready(sample, {"pictures": 36})
    assert main(["plan", sample, "--set", "trainable_stages=2", "--json"]) == 0
    assert last(capsys)["recommended"] == {}


def test_the_control_asks_for_no_pretrained_weights(two, capsys, monkeypatch, home):
    monkeypatch.setenv("KERAS_HOME", str(home))
    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(finish)])
    assert main(["train", DATASET, "--set", "backbone=mobilenet_025"]) == 2
    assert "weights-missing" in capsys.readouterr().err
    assert main(["train", DATASET, "--set", "backbone=mobilenet_025", "--method", "scratch"]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--method", "magic"], "method"),
        (["--method", "sure_of_itself"], "input-missing"),
        (["--input", "source"], "input-unknown"),
        (["--input", f"source={OTHER}"], "input-unknown"),
        (["--method", "scratch", "--set", "method.speed=3"], "setting"),
        (["--method", "scratch", "--set", "trainable_stages=2"], "setting-fixed"),
    ],
)
def test_what_a_method_does_not_know_is_refused(two, capsys, words, code):
    for command in ("plan", "train"):
        assert main([command, DATASET, *words]) == 2
        assert f"error [{code}]" in capsys.readouterr().err


def test_labelled_pictures_from_there_are_let_choose_unless_somebody_says_otherwise(two, capsys):
    ask = ["plan", DATASET, "--method", "alignment", "--set", "backbone=starter"]
    assert main([*ask, "--input", f"unlabelled={OTHER}"]) == 0
    told = capsys.readouterr().out
    assert "method.align=measured: Recommended, since" in told
    assert main([*ask, "--input", f"unlabelled={OTHER}", "--json"]) == 0
    assert last(capsys)["recommended"]["method.align"] == "measured"
    assert (
        main([*ask, "--input", f"unlabelled={OTHER}", "--set", "method.align=coral", "--json"]) == 0
    )
    assert "method.align" not in last(capsys)["recommended"]

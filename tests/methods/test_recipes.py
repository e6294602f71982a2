"""Recipes: what is recommended follows the situation, and a person's own settings stay."""

from dataclasses import replace

import pytest

from tests.methods.made import OTHER
from tl_core.backbones import stages
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets import manifest
from tl_core.methods import recipes, registry
from tl_core.methods.situation import Recipe, Situation

EVERY = [(method, recipe) for method in registry.METHODS for recipe in method.recipes]
WHAT_IT_IS_OF = {"method_name", "method_settings", "backbone", "trainable_stages"}
"""A situation is told by these: a recipe that changed them would lead to another recipe."""


def situation(**other) -> Situation:
    usual = {
        "method": "fine_tune",
        "task": "classify",
        "backbone": "starter",
        "trainable_stages": 2,
        "total_stages": 10,
        "pictures": 300,
        "classes": 3,
        "per_class": 100.0,
    }
    return Situation(**usual | other)


@pytest.mark.parametrize(("method", "recipe"), EVERY, ids=lambda each: each.name)
def test_every_recipe_has_a_source_and_values_that_a_training_can_have(method, recipe):
    assert recipe.name and recipe.source.endswith(".")
    config = TrainConfig().but(**recipe.values)
    assert {name: SETTINGS[name].value(config) for name in recipe.values} == recipe.values
    assert not WHAT_IT_IS_OF & recipe.values.keys()
    assert not method.fixes(TrainConfig()).keys() & recipe.values.keys()
    own = method.settings.model_validate(dict(recipe.own)).model_dump()
    assert all(own[name] == value for name, value in recipe.own.items())
    assert bool(recipe.own) == (recipe.because is not None)


def test_the_head_alone_is_trained_as_usual_and_deeper_stages_gently():
    head = recipes.followed(TrainConfig(), situation(trainable_stages=0))
    assert head == TrainConfig()
    deep = recipes.followed(TrainConfig(trainable_stages=2), situation())
    assert deep.rate.schedule == "cosine" and deep.rate.warmup > 0
    assert deep.network == TrainConfig(trainable_stages=2).network
    back = recipes.followed(deep.but(trainable_stages=0), situation(trainable_stages=0))
    assert back == TrainConfig()


def test_what_a_person_touched_stays():
    own = TrainConfig(trainable_stages=2, schedule="plateau")
    followed = recipes.followed(own, situation(), touched={"schedule"})
    assert followed.rate.schedule == "plateau"
    assert followed.rate.stage_decay == recipes.recommended(situation())["stage_decay"]


def test_of_rows_that_suit_the_later_one_counts_and_bounds_are_included(monkeypatch):
    rows = (
        Recipe(name="all", source=".", values={"epochs": 20, "patience": 3}),
        Recipe(name="few", source=".", per_class=(0, 20), values={"epochs": 40}),
        Recipe(name="deep", source=".", share=(0.5, 1), values={"views": 4}),
        Recipe(name="one", source=".", backbones=("vgg16",), values={"patience": 9}),
    )
    monkeypatch.setattr(
        registry,
        "get",
        lambda name: registry.METHODS[0].__class__(
            name=name, title="", sentence="", paper="", recipes=rows
        ),
    )
    assert recipes.recommended(situation()) == {"epochs": 20, "patience": 3, "views": 1}
    few = recipes.recommended(situation(per_class=20.0, trainable_stages=5))
    assert few == {"epochs": 40, "patience": 3, "views": 4}
    assert recipes.recommended(situation(backbone="vgg16"))["patience"] == 9


def test_what_the_method_fixes_or_the_task_has_not_is_not_recommended():
    of_scratch = recipes.recommended(situation(method="scratch", fixed=frozenset({"epochs"})))
    assert "epochs" not in of_scratch and of_scratch["schedule"] == "cosine"


def test_a_situation_is_read_off_a_data_set(made_dataset):
    found = recipes.situation(made_dataset(3, 12), TrainConfig(trainable_stages=2))
    assert (found.pictures, found.classes, found.per_class) == (24, 3, 8.0)
    assert found.total_stages == len(stages.of("starter")) and found.share == 2 / found.total_stages
    numbers = recipes.situation(made_dataset(3, 12, values=True), TrainConfig())
    assert (numbers.pictures, numbers.classes, numbers.per_class) == (24, 1, 24.0)
    control = recipes.situation(made_dataset(), TrainConfig(method_name="scratch"))
    assert control.trainable_stages == control.total_stages and "tail_rate" in control.fixed


def test_labelled_pictures_from_there_are_let_choose_where_there_are_enough_of_them():
    few, enough = (situation(method="alignment", labelled=count) for count in (9, 10))
    assert recipes.own(few)["align"] == recipes.Recommended("statistics")
    told = recipes.own(enough)["align"]
    assert told.value == "measured" and "10 pictures from there are labelled" in told.because
    assert recipes.own(situation(labelled=10)) == {}


def test_what_is_labelled_there_counts_by_the_classes_of_the_data_set(made_dataset):
    dataset, config = made_dataset(3, 12), TrainConfig(method_name="alignment")
    other = made_dataset(3, 5, identifier=OTHER, seed=5)
    manifest.save(replace(other, classes=("Class 0", "class_1", "none of them")))
    named = {"unlabelled": OTHER}
    assert recipes.labelled(dataset, config, named) == 10
    assert recipes.labelled(dataset, config, {}) == 0
    assert recipes.labelled(dataset, config, {"unlabelled": "0" * 24}) == 0
    assert recipes.labelled(dataset, TrainConfig(), named) == 0

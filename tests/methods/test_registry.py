"""A method is one file and one line of the registry: nobody else knows its name."""

import ast
from pathlib import Path

import pytest

from tests.methods import sure_of_itself
from tests.methods.made import OTHER
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, parse, parse_assignments
from tl_core.encoding.job import resolve
from tl_core.methods import inputs, recipes, registry
from tl_core.methods.method import Ended

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "tl_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
NAMES = {method.name for method in registry.METHODS}


def trees():
    for path in SOURCES:
        yield path, ast.parse(path.read_text("utf-8"))


def imports_a_member(node: ast.AST) -> bool:
    if not isinstance(node, ast.ImportFrom):
        return False
    named = {alias.name for alias in node.names}
    is_within = (node.module or "").rpartition(".")
    return (node.module == "tl_core.methods" and bool(named & NAMES)) or (
        is_within[0] == "tl_core.methods" and is_within[2] in NAMES
    )


def compares_with_a_name(node: ast.AST) -> bool:
    if isinstance(node, ast.MatchValue):
        return isinstance(node.value, ast.Constant) and node.value.value in NAMES
    if not isinstance(node, ast.Compare):
        return False
    return any(
        isinstance(part, ast.Constant) and part.value in NAMES
        for whole in (node.left, *node.comparators)
        for part in ast.walk(whole)
    )


def test_only_the_registry_knows_the_module_of_a_method():
    knowing = {
        path.relative_to(ROOT).as_posix()
        for path, tree in trees()
        if any(map(imports_a_member, ast.walk(tree)))
    }
    assert knowing == {"tl_core/methods/registry.py"}


def test_nobody_outside_the_methods_asks_which_one_it_is():
    asking = {
        path.relative_to(ROOT).as_posix()
        for path, tree in trees()
        if any(map(compares_with_a_name, ast.walk(tree)))
    }
    assert asking <= {"tl_core/methods/scratch.py"}


def test_a_method_with_a_term_of_the_loss_fits_into_80_lines():
    assert len(Path(sure_of_itself.__file__).read_text("utf-8").splitlines()) < 80


@pytest.mark.parametrize("method", registry.METHODS, ids=lambda method: method.name)
def test_every_method_says_what_it_is_and_where_it_comes_from(method):
    assert method.title and method.sentence.endswith(".") and any(map(str.isdigit, method.paper))
    assert len({need.role for need in method.needs}) == len(method.needs)
    for name, field in method.settings.model_fields.items():
        assert field.title and (field.description or "").endswith("."), name


@pytest.mark.parametrize("method", registry.METHODS, ids=lambda method: method.name)
def test_every_method_has_a_drawing_a_formula_its_numbers_and_when_it_hurts(method):
    drawing = (ROOT / "assets" / "drawings" / f"{method.drawing}.svg").read_text("utf-8")
    assert 'role="img"' in drawing and 'aria-label="' in drawing
    lines = method.formula.splitlines()
    assert lines and all(line.count("{") == line.count("}") for line in lines)
    for stages in (0, 2):
        usual = TrainConfig(backbone="starter", trainable_stages=stages)
        config = registry.settled(registry.changed(usual, method.name))
        told = method.explains(config)
        assert any(map(str.isdigit, " ".join(told))) or not stages, told
        assert any("hurts" in sentence or "falls short" in sentence for sentence in told)


@pytest.mark.parametrize("name", ["alignment", "instances"])
def test_what_is_explained_follows_the_settings(name):
    method = registry.get(name)
    field = next(iter(method.settings.model_fields))
    usual = TrainConfig(method_name=name)
    told = {
        choice: method.explains(registry.settled(usual.but(method_settings={field: choice})))[0]
        for choice in method.choices
    }
    assert len(set(told.values())) == len(method.choices) >= 3


@pytest.mark.parametrize("backbone", ["starter", "mobilenet_v2"])
@pytest.mark.parametrize("method", registry.METHODS, ids=lambda method: method.name)
def test_every_method_as_it_is_chosen_can_start(method, backbone, made_dataset):
    dataset = made_dataset(classes=3, each=12)
    other = made_dataset(classes=3, each=12, identifier=OTHER, seed=5)
    for stages in (0, 1, 3):
        before = TrainConfig(backbone=backbone, trainable_stages=stages)
        chosen = registry.changed(before, method.name)
        config = registry.settled(recipes.suited(dataset, chosen, ()))
        named = {need.role: other.id for need in method.needs if need.kind == "dataset"}
        taught = {need.role: "4" * 24 for need in method.needs if need.kind == "run"}
        registry.require_inputs(config, {**named, **taught})
        further = inputs.examples(dataset, config, named)
        resolve(dataset, config, further)
    if method.needs_stages:
        frozen = registry.settled(config.but(trainable_stages=0))
        fault = registry.unfit(frozen)
        assert fault is not None and fault.code == "stages-frozen"


def test_settings_without_a_method_are_those_of_fine_tuning():
    usual = TrainConfig()
    assert registry.settled(usual) == usual
    assert registry.name_of({"epochs": 3}) == "fine_tune"
    assert (
        registry.title_of({"edition": 2, "method": {"method_name": "of a later version"}})
        == "of a later version"
    )


def test_what_a_method_fixes_is_in_place_and_free_again_with_another_one():
    settled = registry.settled(TrainConfig(method_name="scratch", tail_rate=0.5))
    assert settled.rate.tail_rate == 1 and settled.network.batch_norm == "learning"
    assert settled.course.start == "random"
    assert registry.settled(settled) == settled
    back = registry.changed(settled, "fine_tune")
    assert back == TrainConfig()


def test_settings_of_a_method_are_read_from_words_and_checked(one_more):
    config = parse_assignments(["method_name=sure_of_itself", "method.strength=0.3"])
    assert registry.settled(config).method.method_settings == {"strength": 0.3}
    assert parse(registry.settled(config).model_dump(mode="json")) == registry.settled(config)
    with pytest.raises(UserError) as error:
        registry.settled(parse_assignments(["method_name=sure_of_itself", "method.strength=99"]))
    assert error.value.code == "setting" and "Weight of being sure" in error.value.message
    with pytest.raises(UserError) as error:
        registry.settled(parse_assignments(["method_name=sure_of_itself", "method.speed=1"]))
    assert error.value.code == "setting" and "speed" in error.value.message


def test_an_unknown_method_and_unknown_inputs_are_named(one_more):
    with pytest.raises(UserError) as error:
        registry.settled(TrainConfig(method_name="magic"))
    assert error.value.code == "method" and "scratch" in error.value.hint
    config = TrainConfig(method_name=one_more.name)
    with pytest.raises(UserError) as error:
        registry.require_inputs(config, {})
    assert error.value.code == "input-missing" and "Pictures without a class" in error.value.message
    with pytest.raises(UserError) as error:
        registry.require_inputs(TrainConfig(), {"source": "2" * 24})
    assert error.value.code == "input-unknown"


def test_the_control_says_what_pretrained_weights_are_worth():
    own = TrainConfig(method_name="scratch").model_dump(mode="json")
    control = Ended(own, {"task": "classify", "test_accuracy": 0.5})
    twin = Ended({"backbone": "starter"}, {"test_accuracy": 0.875})  # of the first edition
    vgg16 = TrainConfig(backbone="vgg16").model_dump(mode="json")
    other = Ended(vgg16, {"test_accuracy": 1.0})
    (told,) = registry.additions(control, [twin, other, control])
    assert "87.5\u202f%" in told and "50.0\u202f%" in told
    several = Ended(own, {"task": "multilabel", "test_accuracy": 0.5})
    (told,) = registry.additions(several, [twin])
    assert "mean average precision of 87.5\u202f%" in told and "right" not in told
    (alone,) = registry.additions(control, [other])
    assert "control" in alone and "%" not in alone
    assert registry.additions(Ended({}, {}), [twin]) == []

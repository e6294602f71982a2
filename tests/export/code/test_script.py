"""The program of a training says everything that the training was set to, and nothing that a person wrote runs in it."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from tests.config.test_effects import another, base_for
from tests.export.code import made
from tl_core.backbones import catalogue
from tl_core.config import SETTINGS, TrainConfig
from tl_core.export.code import notebook, script
from tl_core.methods import registry as methods
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Entry

DATA = {"classify": made.dataset(), "regress": made.numbers()}
TOLD_BESIDE = {"folds", "method_name", "method_settings"}
"""What is no part of making the model again, and what chooses the method, see below."""


def code_lines(text: str) -> str:
    """Return a program without its comments and cells of words."""
    return ast.unparse(ast.parse(text))


def names_used(text: str) -> Iterator[str]:
    """Yield the names that a program reads, but for where they are set."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in TOLD_BESIDE])
def test_every_setting_with_an_effect_changes_what_the_program_does(home, name) -> None:
    one = SETTINGS[name]
    base = base_for(one)
    data = DATA[one.declared.task or "classify"]
    if name == "refit":  # only where the exact head is handed over
        base = TrainConfig()
    changed = base.but(**{name: another(one, base)})
    before, after = (made.text_of(config, data) for config in (base, changed))
    assert code_lines(before) != code_lines(after), f"{name} has no place in the program"
    assert f"({name}=" not in after, "it is told to be left out"


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(),
        TrainConfig(flip=True, views=2, hue=10),
        TrainConfig(trainable_stages=2, optimizer="sgd", schedule="cosine", averaging=1, mixup=0.2),
        TrainConfig(trainable_stages=2, optimizer="adamw", schedule="plateau", thaw_every=1, l2=0.1),
        TrainConfig(trainable_stages=3, batch_norm="refreshed", toward_pretrained=0.1, views=0, flip=True),
        TrainConfig(hidden_units=(8, 4), dropout=0.2, class_weights="balanced", patience=0),
        TrainConfig(pooling="flatten", start="random", label_smoothing=0.1),
    ],
    ids=lambda config: config.steps.optimizer + config.rate.schedule,
)  # fmt: skip
def test_every_value_that_stands_at_the_head_is_made_use_of(home, config) -> None:
    text = made.text_of(config)
    at_head = {line.partition(" =")[0] for line in _settings(text)}
    unused = at_head - {*names_used(text)}
    assert not unused
    loose = {name for name in names_used(text) if name.lower() in SETTINGS and name.isupper()}
    assert loose <= at_head, "named, but never set"


def test_lines_are_short_enough_to_be_read_on_a_projector(home) -> None:
    every = TrainConfig(trainable_stages=2, schedule="cosine", averaging=1, mixup=0.2, flip=True)
    for data in DATA.values():
        code = [line for line in made.text_of(every, data).splitlines() if "http" not in line]
        assert max(map(len, code)) <= 120


def _settings(text: str) -> list[str]:
    block = text.partition("# ## Settings")[2].partition("# One seed")[0]
    return [line for line in block.splitlines() if " = " in line]


@pytest.mark.parametrize("name", catalogue.BACKBONES)
def test_every_backbone_is_built_as_its_record_says(home, name) -> None:
    record = catalogue.get(name)
    text = made.text_of(TrainConfig(backbone=name, trainable_stages=1))
    if record.builder:
        assert f"keras.applications.{record.builder}(" in text
        assert record.weights_hash.partition(":")[2] in text and record.weights_url in text
        for argument, value in record.arguments.items():
            assert f"{argument}={value!r}" in text
    else:
        assert "weights.npz" in text and "get_file" not in text
    assert ("stem_conv_pad" in text) == (record.family == "EfficientNet"), "scaled twice, or not"


@pytest.mark.parametrize("scaling", sorted(modalities.USUAL.scalings))
def test_examples_are_scaled_to_the_same_numbers(scaling) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    text = modalities.USUAL.code(Entry(5, "squash", scaling, 64)).scaled
    names: dict = {"np": np}
    exec(text, names)
    found, expected = names["scaled"](pictures), modalities.USUAL.scale(scaling, pictures)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_changed_copies_are_those_of_the_training(fit) -> None:
    from PIL import Image

    from tl_core.modalities.picture import augment

    chosen = {"flip": True, "rotate": 30.0, "zoom": 0.3, "crop": 0.2, "shift": 0.1}
    chosen |= {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4, "hue": 20.0}
    config = TrainConfig(**chosen, seed=3)
    code = modalities.USUAL.code(Entry(16, fit, "tf", 64))
    names = {"np": np, "Image": Image, "SEED": 3} | {n.upper(): v for n, v in chosen.items()}
    exec(code.changed, names)
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    for view in (1, 2):
        expected = augment.change(picture, config, "ab" * 32, view)
        assert np.array_equal(names["changed"](picture, "ab" * 32, view), expected)


def test_what_a_person_wrote_is_data_in_the_program(home) -> None:
    evil = "\"]\nimport os  # '''\u2028\u202e{{ 7 * 7 }}"
    text = made.text_of(TrainConfig(), made.dataset(classes=(evil, "b")))
    found = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value == evil
    ]
    assert found == [evil]
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
    assert "os" not in {alias.name for node in imports for alias in node.names}
    assert "\u202e" not in text
    told = script.of(made.dataset(), TrainConfig(), was="it was\nimport os\r\u2028x").script
    assert "import os" not in code_lines(told)


@pytest.mark.parametrize("method", methods.METHODS, ids=lambda method: method.name)
def test_what_a_method_adds_is_done_or_said_to_be_left_out(home, method) -> None:
    config = methods.changed(TrainConfig(backbone="mobilenet_v2"), method.name)
    made_code = script.of(made.dataset(), config)
    adds = method.term or method.head_beside or method.notes or method.teacher_tells
    told = [line for line in made_code.left_out if method.title in line]
    assert bool(told) == bool(adds or method.needs)
    assert all(line in made_code.script for line in told)
    if not method.is_pretrained:
        assert "load_weights" not in made_code.script and "layer.momentum" in made_code.script


def test_a_setting_that_no_part_of_the_program_knows_is_said_to_be_left_out(home, monkeypatch) -> None:  # fmt: skip
    monkeypatch.setattr(script, "_BY_FORM", script._BY_FORM - {"optimizer"})
    left = script.of(made.dataset(), TrainConfig(optimizer="sgd")).left_out
    assert any("(optimizer='sgd')" in line for line in left)


@pytest.mark.parametrize("data", [made.dataset(), made.numbers(), made.labels()], ids=["classes", "numbers", "labels"])  # fmt: skip
def test_each_task_has_its_loss_and_says_its_results_with_intervals(home, data) -> None:
    text = made.text_of(TrainConfig(target_scale="log"), data)
    losses = {"CategoricalCrossentropy", "MeanSquaredError", "BinaryCrossentropy"}
    assert sum(f"losses.{loss}(" in text for loss in losses) == 1
    assert " to {" in text.partition("def in_words")[2]
    assert ("LOG = " in text) == (data.values is not None)


def test_the_notebook_has_the_cells_of_the_program(home) -> None:
    import nbformat

    text = made.text_of(TrainConfig())
    found = nbformat.reads(notebook.of(text), as_version=4)
    nbformat.validate(found)
    cells = [cell for cell in found.cells if cell.cell_type == "code"]
    assert len(cells) == text.count("# %%\n")
    assert code_lines("\n".join(cell.source for cell in cells)) == code_lines(text)
    assert any(cell.cell_type == "markdown" for cell in found.cells)


def test_a_program_is_written_without_keras() -> None:
    asked = "import sys; import tl_core.export.code.run_code, tl_core.export.formats.registry; print({'keras', 'tensorflow', 'jupytext'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"

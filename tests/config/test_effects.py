"""What a setting declares is what happens: rows, head and training change with it, and nothing else does."""

from typing import Literal, get_args, get_origin

import annotated_types
import numpy as np
import pytest
from pydantic import ValidationError

from pages.parts.train import setting_widgets
from tl_core.commands import settings_in_words, training
from tl_core.config import (
    SETTINGS,
    Changes,
    Network,
    Setting,
    TrainConfig,
    effects,
    parse,
    parse_assignments,
    settings_in,
)
from tl_core.config.setting import Group, setting
from tl_core.datasets.manifest import Dataset
from tl_core.encoding.job import resolve

PLAIN = TrainConfig()
BASES = (
    TrainConfig(flip=True, views=2),
    TrainConfig(trainable_stages=2, optimizer="sgd", schedule="cosine"),
    TrainConfig(trainable_stages=2, optimizer="adamw", schedule="plateau"),
)
"""Where settings that need others beside them have an effect: each applies in one of them."""
OTHERS = {
    "backbone": "mobilenet_v2",
    "image_size_px": 64,
    "method_name": "scratch",
    "method_settings": {"strength": 0.5},
}
"""Where type and bounds do not tell what a backbone allows."""


def base_for(one: Setting) -> TrainConfig:
    return next(
        base for base in BASES for task in ("classify", "regress") if one.applies(base, task)
    )


def another(one: Setting, base: TrainConfig) -> object:
    """Return a value that the setting may have and does not have in `base`."""
    kind, value = one.field.annotation, one.value(base)
    if one.name in OTHERS:
        return OTHERS[one.name]
    if kind is bool:
        return not value
    if get_origin(kind) is Literal:
        return next(choice for choice in get_args(kind) if choice != value)
    if get_origin(kind) is tuple:
        return (*value, 8)
    low, high = _bounds(one)
    if kind is int:
        return value + 1 if high is None or value + 1 <= high else value - 1
    return (value + min(high, value + 1)) / 2 if high is None or value < high else (low + value) / 2


def _bounds(one: Setting) -> tuple[float, float]:
    low, high = float("-inf"), float("inf")
    for rule in one.field.metadata:
        low = max(low, getattr(rule, "ge", low), getattr(rule, "gt", low))
        high = min(high, getattr(rule, "le", high), getattr(rule, "lt", high))
    assert any(isinstance(rule, annotated_types.BaseMetadata) for rule in one.field.metadata)
    return low, high


def rows_of(dataset: Dataset, config: TrainConfig) -> set[tuple[str, bytes]]:
    """Return the name of every row that a training needs: of its table, then of the picture's view."""
    job = resolve(dataset, config)
    return {(job.rows_dir.name, wanted.key) for wanted in job.wanted()}


def copies_of(dataset: Dataset, config: TrainConfig) -> np.ndarray:
    """Return a changed copy of every picture as the frozen part takes it."""
    job = resolve(dataset, config)
    return job.scale(job.read([str(name) for name in dataset.hashes], [1] * len(dataset)))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_changes_the_rows_and_the_training_that_it_says_and_no_other(name, made_dataset):
    one, dataset = SETTINGS[name], made_dataset()
    base = base_for(one)
    changed = base.but(**{name: another(one, base)})
    assert changed != base and parse(changed.model_dump(mode="json")) == changed
    declared = one.declared.effects
    is_of_rows = rows_of(dataset, base) != rows_of(dataset, changed)
    assert is_of_rows == ("rows" in declared)
    sees_others = not np.array_equal(copies_of(dataset, base), copies_of(dataset, changed))
    assert is_of_rows or not sees_others, "other pictures under the same names"
    ends_elsewhere = effects.fit_name(base) != effects.fit_name(changed)
    assert ends_elsewhere == (declared != {"none"} and not one.declared.may_change_later)
    is_searched_anew = effects.for_one_pass(base) != effects.for_one_pass(changed)
    assert is_searched_anew == (declared != {"none"} and one.declared.in_one_pass)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_changes_the_head_only_if_it_says_so_and_a_model_on_disk_keeps_it(
    name, made_dataset, tmp_path
):
    from tl_core.models import heads, persist

    one, dataset = SETTINGS[name], made_dataset()
    base = base_for(one)
    if "head" in one.declared.effects:
        base = base.but(dropout=0.1, hidden_units=(4,))
    changed = base.but(**{name: another(one, base)})
    built = {}
    for config in (base, changed):
        head = heads.head(config, (3, 3, 8), 2)
        built[config] = layers_of(head)
        described = persist.save_model(
            tmp_path / str(len(built)),
            config=config,
            size_px=resolve(dataset, config).size,
            classes=("a", "b"),
            tail=None,
            head=head,
        )
        again = persist.describe(tmp_path / str(len(built)))
        assert again == described
        assert layers_of(heads.head(again.settings(), (3, 3, 8), 2)) == built[config]
        assert resolve(dataset, again.settings()).rows_dir == resolve(dataset, config).rows_dir
    assert (built[base] != built[changed]) == ("head" in one.declared.effects)


def layers_of(head) -> list[dict]:
    """Return what the layers of a head are, whatever chance their weights begin with."""
    return [_without_seed(layer.get_config()) for layer in head.layers]


def _without_seed(value):
    if isinstance(value, dict):
        return {name: _without_seed(part) for name, part in value.items() if name != "seed"}
    return value


ROWS_OF_BEFORE = {
    (): "c141819afa90bb939d6f847adfe12921",
    (("pooling", "flatten"),): "17b7df294376b6ba0f57d7ff3d99f835",
    (("trainable_stages", 1),): "68ea5e1b0d043ecd637ec849f6552f3e",
    (("backbone", "mobilenet_v2"),): "c23aa57b31ed993f8e02577a952f8c15",
    (
        ("backbone", "mobilenet_v2"),
        ("image_size_px", 96),
        ("resize", "pad"),
    ): "22ad50fbe9eca792b971a33ec99990b3",
    (
        ("backbone", "efficientnet_lite0"),
        ("trainable_stages", 2),
        ("resize", "crop"),
    ): "cedb0416358f05f5129f8f2187d2cdcd",
}
"""By settings, the names of tables as they were before settings lay in groups."""
MOVED = {"flip": True, "rotate": 30, "zoom": 0.3, "crop": 0.2}
VIEWS_OF_BEFORE = [
    ({"flip": True}, 1, "b3b750ebb87f85f571db22b2e2a74c1f"),
    ({"flip": True, "seed": 7}, 2, "7dcb83c6aec2f29c340de91e77e91c4f"),
    (MOVED, 2, "9b6397046777ee5f6fb2501ee7716733"),
    (MOVED | {"seed": 3}, 1, "b6dab7333360376912a0f0e7c4dc75be"),
    ({"rotate": 10.0, "views": 3}, 1, "b5bd72baf129bd22a40c2615f645babd"),
    ({"shift": 0.1}, 1, "5c528b8b9a47a317cc7f5277a09bdd4a"),
    ({"hue": 60}, 2, "5b990a2f3c001030a3fa7c201f342716"),
    (
        MOVED | {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4, "hue": 20},
        1,
        "df6a13920eb6906593bef98edd4e2db1",
    ),
]


@pytest.mark.parametrize(("chosen", "name"), ROWS_OF_BEFORE.items())
def test_tables_of_rows_kept_before_are_found_again(chosen, name, made_dataset):
    assert resolve(made_dataset(), TrainConfig(**dict(chosen))).rows_dir.name == name


@pytest.mark.parametrize(("chosen", "view", "name"), VIEWS_OF_BEFORE)
def test_changed_copies_kept_before_are_found_again(chosen, view, name):
    assert effects.view_key(TrainConfig(**chosen), view).hex() == name


class BlurredChanges(Changes):
    """The changed copies of a later edition: one field more, and nothing else."""

    blur: float = setting(
        0.0,
        effect="rows",
        depth="more",
        shown_with="changes",
        ge=0,
        le=1,
        title="Blur by up to",
        description="Also learn from pictures out of focus.",
    )


class GreyNetwork(Network):
    """A network of a later edition, which may be shown grey pictures."""

    grey: bool = setting(
        False, effect="rows", depth="expert", title="Grey", description="Take the colours away."
    )


class Later(TrainConfig):
    """Settings of a later edition."""

    changes: BlurredChanges = BlurredChanges()
    network: GreyNetwork = GreyNetwork()


def test_a_new_setting_is_one_field_that_flags_help_widgets_and_json_know_at_once(monkeypatch):
    blurred = parse_assignments(["blur=0.5", "grey=true"], Later())
    assert isinstance(blurred, Later)
    assert (blurred.changes.blur, blurred.network.grey) == (0.5, True)
    assert Later.model_validate_json(blurred.model_dump_json()) == blurred
    assert training.described_settings(Later)["blur"]["title"] == "Blur by up to"
    assert "  blur=0.0" in settings_in_words.all_of_them(Later)
    drawn = []
    monkeypatch.setattr(
        setting_widgets,
        "for_setting",
        lambda name, config: drawn.append(name) or settings_in(type(config))[name].value(config),
    )
    assert setting_widgets.for_depth("more", blurred, "classify", group="changes") == blurred
    assert "blur" in drawn and setting_widgets.bounds(settings_in(Later)["blur"].field) == (0, 1)


def test_a_new_setting_of_rows_makes_other_rows_and_leaves_those_of_before_alone(made_dataset):
    dataset, usual, usual_later = made_dataset(), TrainConfig(flip=True), Later(flip=True)
    assert rows_of(dataset, usual_later) == rows_of(dataset, usual)
    kept = rows_of(dataset, usual)
    blurred, grey = usual_later.but(blur=0.5), usual_later.but(grey=True)
    assert len(kept - rows_of(dataset, blurred)) == sum(dataset.splits == 0), "the plain ones stay"
    assert not kept & rows_of(dataset, grey), "grey pictures have tables of their own"
    assert effects.fit_name(blurred) != effects.fit_name(usual_later) == effects.fit_name(usual)
    assert effects.for_one_pass(blurred) == blurred


def test_a_setting_that_does_not_say_what_it_has_an_effect_on_is_refused():
    with pytest.raises(TypeError, match=r"Forgetful\.strength: its effect is not declared"):

        class Forgetful(Group):
            strength: float = 0.0

    with pytest.raises(TypeError, match="an effect and none"):

        class Torn(Group):
            strength: float = setting(0.0, effect=("fit", "none"), depth="more")


def test_two_settings_of_one_name_are_refused():
    class Again(Changes):
        dropout: float = setting(0.0, effect="rows", depth="more")

    with pytest.raises(TypeError, match="something else has this name"):

        class Doubled(TrainConfig):
            changes: Again = Again()


def test_settings_cannot_be_set_to_what_they_may_not_be():
    with pytest.raises(ValidationError):
        PLAIN.but(dropout=2)
    with pytest.raises(ValidationError):
        PLAIN.but(flux=2)

"""What the automatic choice chooses among: backbone, freeze depth, rate, epochs, changed copies and method.

Everything else stays as `methods.recipes` recommends it for that backbone and depth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from math import ceil
from types import MappingProxyType
from typing import Any

from tl_core.backbones import stages
from tl_core.base.errors import UserError
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets import class_matching
from tl_core.datasets.manifest import Dataset
from tl_core.methods import inputs, recipes, registry
from tl_core.methods.method import Method

USUAL_METHOD = registry.METHODS[0].name
RATES = (1 / 3, 1.0, 3.0)
"""Times the recommended learning rate."""
EPOCHS = (1.0, 0.5)
"""Times the recommended epochs; fewer where all of them would take longer than a training may."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the stages of a backbone, how many learn."""
COPIES: Mapping[str, float] = MappingProxyType(
    {"crop": 0.2, "zoom": 0.2, "rotate": 10.0, "brightness": 0.2, "contrast": 0.2, "views": 3}
)
"""Changes that few things mind; nothing is mirrored, as left and right matter in signs and letters."""
PLAIN: Mapping[str, Any] = MappingProxyType(
    {name: one.field.default for name, one in SETTINGS.items() if one.declared.section == "changes"}
)
"""The same settings with no changed copies."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings that may be chosen.

    Attributes:
        backbone: name in the catalogue.
        stages: how many of its stages learn; 0 for the exact head alone.
        rate: times the recommended learning rate.
        copies: whether changed copies are learnt from, too.
        method: name of the way of training.
        epochs: times the recommended epochs.
    """

    backbone: str
    stages: int = 0
    rate: float = 1.0
    copies: bool = False
    method: str = USUAL_METHOD
    epochs: float = 1.0

    @property
    def is_plain_head(self) -> bool:
        """Whether it is the usual exact head on what the backbone sees, which everything is held against."""
        return self == Candidate(self.backbone)

    @property
    def is_head(self) -> bool:
        """Whether nothing is trained but solved for at once."""
        return self.stages == 0

    def told(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Space:
    """All that can be chosen.

    Attributes:
        depths: for each backbone how many stages may learn, in order, from none on.
        copies: whether changed copies may be learnt from, one or both.
        methods: names of the ways of training, the usual one first.
    """

    depths: Mapping[str, tuple[int, ...]]
    copies: tuple[bool, ...]
    methods: tuple[str, ...]

    def __iter__(self) -> Iterator[Candidate]:
        """Yield every candidate once.

        Without stages that learn there is neither rate nor epoch to choose, and a method is another one
        only where it solves for a head of its own.
        """
        heads = tuple(name for name in self.methods if _solves(name))
        for backbone, depths in self.depths.items():
            for depth in depths:
                of_head = ((1.0,), self.copies, heads, (1.0,))
                of_training = (RATES, self.copies, self.methods, EPOCHS)
                for rest in product(*(of_training if depth else of_head)):
                    yield Candidate(backbone, depth, *rest)

    def of(self, backbones: Sequence[str]) -> "Space":
        """Return the part of it with these backbones, in this order."""
        return replace(self, depths={name: self.depths[name] for name in backbones})


def _solves(name: str) -> bool:
    """Say whether a method has an exact head that is its own, or is the usual one."""
    return name == USUAL_METHOD or registry.get(name).head_beside is not None


def space(dataset: Dataset, backbones: Sequence[str], named: Mapping[str, str]) -> Space:
    """Return what can be chosen for a data set.

    Args:
        dataset: what is learnt from.
        backbones: whose weights are at hand.
        named: ids of what else may be learnt from, by role.
    """
    depths = {}
    for name in backbones:
        total = len(stages.of(name))
        depths[name] = tuple(dict.fromkeys(ceil(share * total) for share in SHARES))
    has_changes = SETTINGS["crop"].is_for(dataset.modality)
    return Space(depths, (False, True) if has_changes else (False,), methods_for(dataset, named))


def methods_for(dataset: Dataset, named: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ways of training that have all they need and that validation can judge.

    A method whose model is for examples from elsewhere is none of them: validation pictures are not
    what it is meant for. Training from scratch is the control, and no choice.
    """
    return tuple(
        method.name
        for method in inputs.methods_for(dataset)
        if method.is_pretrained and method.keeps == "best" and _has_needs(method, named)
    )


def require_inputs(
    dataset: Dataset, named: Mapping[str, str], renamed: Mapping[str, str] | None = None
) -> None:
    """Refuse what is named where every way of training that would learn from it refuses it.

    Args:
        dataset: what is learnt from.
        named: ids of what else may be learnt from, by role.
        renamed: which class of the source is which of the data set's, where the name does not tell.

    Raises:
        UserError: why the first of them does.
    """
    refusals = {
        name: _refusal(dataset, name, named, renamed or {}) for name in methods_for(dataset, named)
    }
    for role in named:
        told = [refusals[name] for name in refusals if role in _roles(name)]
        if told and all(told):
            raise next(each for each in told if each)


def _refusal(
    dataset: Dataset, method: str, named: Mapping[str, str], renamed: Mapping[str, str]
) -> UserError | None:
    config = _called(TrainConfig().but(method_name=method), renamed)
    try:
        inputs.examples(dataset, config, _taken_by(method, named))
    except UserError as error:
        return error
    return None


def _taken_by(method: str, named: Mapping[str, str]) -> dict[str, str]:
    roles = _roles(method)
    return {role: identifier for role, identifier in named.items() if role in roles}


def _roles(method: str) -> set[str]:
    return {need.role for need in registry.get(method).needs}


def _has_needs(method: Method, named: Mapping[str, str]) -> bool:
    required = [need.role for need in method.needs if not need.is_optional]
    return all(named.get(role) for role in required)


def _called(config: TrainConfig, renamed: Mapping[str, str]) -> TrainConfig:
    """Return settings with what a person said of a source's classes, where the method can be told."""
    if not renamed or inputs.renamed_of(config) is None:
        return config
    own = registry.settings_of(config).model_dump(mode="json")
    told = {**own, inputs.RENAMED: class_matching.written(renamed)}
    return config.but(method_settings=told)


def settings(
    candidate: Candidate,
    dataset: Dataset,
    seed: int = 0,
    renamed: Mapping[str, str] | None = None,
) -> TrainConfig:
    """Return all settings of the training that a candidate stands for.

    Args:
        candidate: what is chosen.
        dataset: that it trains on.
        seed: of the training.
        renamed: which class of the source is which of the data set's, where the name does not tell.

    Raises:
        UserError: "backbone", "freeze-depth" or "method".
    """
    bare = TrainConfig().but(
        method_name=candidate.method,
        backbone=candidate.backbone,
        trainable_stages=candidate.stages,
        seed=seed,
    )
    called = _called(bare, renamed or {})
    suited = recipes.suited(dataset, registry.settled(called), ("trainable_stages",))
    changes = COPIES if candidate.copies else PLAIN
    rate = suited.rate.learning_rate * candidate.rate
    epochs = max(1, round(suited.course.epochs * candidate.epochs))
    return registry.settled(suited.but(learning_rate=rate, epochs=epochs, **{**PLAIN, **changes}))


def recommended(candidate: Candidate, dataset: Dataset) -> Candidate:
    """Return the same backbone and depth with changed copies where a recipe recommends some."""
    bare = TrainConfig().but(backbone=candidate.backbone, trainable_stages=candidate.stages)
    return replace(candidate, copies=recipes.suited(dataset, bare, ()).changes.augments)


def inputs_of(candidate: Candidate, named: Mapping[str, str]) -> dict[str, str]:
    """Return what the method of a candidate takes of what is there, ids by role."""
    return _taken_by(candidate.method, named)

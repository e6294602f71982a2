"""A trained model on disk: `model.json` says what it is, `tail.safetensors` holds what was learnt.

The network is rebuilt from code; nothing stored is ever executed. The frozen part is not stored:
its published weights are named by their hash. Functions that need Keras import it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from tl_core.backbones import catalogue, stages, weight_files, weights
from tl_core.backbones.card import Card
from tl_core.base import file_version, files, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import Head, Network, Resize, TrainConfig, changed, effects
from tl_core.measures import temperature
from tl_core.measures.conformal import Promise
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Entry
from tl_core.modalities.of_modality import OfModality, ReadBy
from tl_core.models import heads
from tl_core.tasks import registry
from tl_core.tasks.registry import Kind
from tl_core.tasks.task import Rules

if TYPE_CHECKING:
    import keras

NO_RULES = Rules()
DESCRIPTION = "model.json"
TAIL = "tail.safetensors"
BACKBONE = "backbone.safetensors"
"""Present in models that travelled with their pretrained weights."""
FORMAT = 3
"""The newest that is known."""
SURE, STANDING = 2, 3
"""Of models that say how sure they are to be, and of those that stand on another model; others are of the first format."""
LAST_MAP = "last_map"
"""What the layer is called, in a model that a person takes home, that gives the backbone's last map."""
RANDOM = "random"
"""Stands for pretrained weights where a model began with none; then all of its own are stored."""
_SCALED_ONCE = {"efficientnet_v2_s": "tf"}
"""Backbones whose input was scaled otherwise before models said how."""
LONGEST_NAME = 10_000
"""Characters that the name of a class may have; imports of today allow far fewer."""

_ClassName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Share = Annotated[float, Field(ge=0, le=1)]


class Description(OfModality):
    """Everything about a trained model except its weights.

    It may come from anywhere, so whatever a training could not have been set to is refused: the
    bounds are those of `TrainConfig` and of the backbone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1, 2, 3] = 1
    backbone: str = Field(max_length=64)
    """The published one that it has the shape of."""
    backbone_weights: str = Field(max_length=80)
    """What fixes the weights that it began with: "sha256:…" or "md5:…", or `RANDOM`."""
    stands_on: Card | None = None
    """What those weights are where they were a trained model before."""
    trainable_stages: int = Field(ge=0, le=64)
    size_px: int = Field(ge=1, le=4096)
    """This and what follows is as in `Entry`; files name it as models of pictures do."""
    resize: Resize
    preprocessing: str | None = Field(None, max_length=64)
    """How an example is scaled; earlier versions did not say, see `scaling`."""
    stored_side_px: int = Field(0, ge=0, le=65_536)
    read_by: ReadBy = None
    classes: tuple[_ClassName, ...] = Field(min_length=1, max_length=100_000)
    """Names in the order of the outputs; for regression, the names of the numbers."""
    task: Kind = registry.USUAL.kind
    log: tuple[bool, ...] = Field(default=(), max_length=100_000)
    """For regression, which outputs are logarithms of the numbers; empty for none."""
    thresholds: tuple[_Share, ...] = Field(default=(), max_length=100_000)
    """For several labels, from which probability on each is given; empty for one half."""
    temperature: float = Field(default=1.0, ge=temperature.LOWEST, le=temperature.HIGHEST)
    """By what the outputs are divided before they become probabilities."""
    promises: tuple[Promise, ...] = Field(default=(), max_length=16)
    """What is answered beside the one answer, for each promised share."""
    head: Head
    """All that the head is rebuilt from: every setting with an effect on it."""
    inputs: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    """Further settings, by name, of what enters the network, where they are not at their default."""
    tail_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _could_have_been_trained(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("two classes have one name")
        if flaw := registry.get(self.task).flaw_of_rules(self.rules, len(self.classes)):
            raise ValueError(str(flaw))
        if flaw := self._flaw_of_entry() or self._flaw_of_base():
            raise ValueError(flaw)
        try:
            self.settings()
            catalogue.size_for(self.backbone, self.size_px)
            stages.cut_for(self.backbone, self.trainable_stages)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self

    def _flaw_of_entry(self) -> str:
        """Return what does not fit its modality, "" for nothing."""
        modality = modalities.of(self)
        if self.preprocessing is not None and self.preprocessing not in modality.scalings:
            return "its examples are scaled in no way that there is"
        record = catalogue.BACKBONES.get(self.backbone)
        is_other = record is not None and record.modality != self.modality
        return "its backbone takes other examples" if is_other else ""

    def _flaw_of_base(self) -> str:
        """Return what does not fit the model that it stands on, "" for nothing."""
        card = self.stands_on
        if card is None:
            return ""
        if (card.architecture, card.fingerprint) != (self.backbone, self.backbone_weights):
            return "the model that it stands on is another one than its weights say"
        return ""

    @property
    def began_on(self) -> str:
        """Return the name of the backbone that it began with, which may not be on this computer."""
        return self.stands_on.name if self.stands_on else self.backbone

    def settings(self) -> TrainConfig:
        """Return what a model alone tells of the settings that it was trained with."""
        network = Network(
            backbone=self.backbone,
            trainable_stages=self.trainable_stages,
            image_size_px=self.size_px,
            resize=self.resize,
        )
        return changed(TrainConfig(network=network, head=self.head), **self.inputs)

    def head_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight of the head, by its stored name, without building it."""
        last_map = stages.of(self.backbone)[-1].shape_at(self.size_px)
        layers = heads.shapes(self.settings(), last_map, len(self.classes))
        return {f"head/{name}": shape for name, shape in layers.items()}

    def tail_parameters(self) -> int:
        """Return how many numbers of the backbone are stored, those that learnt."""
        if not self.trainable_stages:
            return 0
        tail = stages.of(self.backbone)[-self.trainable_stages :]
        return sum(stage.parameters for stage in tail)

    @property
    def rules(self) -> Rules:
        """Return what becomes of the network's outputs."""
        return Rules(self.log, self.thresholds, self.temperature, self.promises)

    @property
    def scaling(self) -> str:
        """Return how examples became the numbers that this model learnt from."""
        once = _SCALED_ONCE.get(self.backbone)
        return self.preprocessing or once or catalogue.get(self.backbone).preprocessing

    @property
    def entry(self) -> Entry:
        """Return what an example has to become."""
        return Entry(self.size_px, self.resize, self.scaling, self.stored_side_px, self.read_by)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A trained network in memory.

    Attributes:
        base: the whole backbone with what was learnt, scaled examples to its last map.
        head: the last map to logits.
    """

    description: Description
    base: keras.Model
    head: keras.Model


def save_model(
    folder: Path,
    *,
    config: TrainConfig,
    size_px: int,
    classes: tuple[str, ...],
    tail: keras.Model | None,
    head: keras.Model,
    task: str = registry.USUAL.kind,
    rules: Rules = NO_RULES,
    read_by: BaseModel | None = None,
    begun_with: str | None = None,
) -> Description:
    """Write a trained model into `folder`, the description last.

    Args:
        folder: made when it does not exist.
        config: what the network and its head are rebuilt from is read.
        size_px: size of what the network sees, see `Entry`.
        classes: names in the order of the outputs.
        tail: from `cut.split`; None when only the head learnt.
        head: from `heads.head`.
        task: what the answers are, by its name.
        rules: what becomes of the network's outputs.
        read_by: by what the files of its data set were read.
        begun_with: `RANDOM` for a model without pretrained weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weight_files.save(weight_files.variables(tail, head), folder / TAIL)
    record = catalogue.get(config.network.backbone)
    described = Description(
        modality=record.modality,
        backbone=record.architecture,
        stands_on=None if begun_with else record.card,
        backbone_weights=begun_with or weights.fingerprint(config.network.backbone),
        trainable_stages=config.network.trainable_stages,
        size_px=size_px,
        resize=config.network.resize,
        preprocessing=record.preprocessing,
        stored_side_px=settings.current().stored_side_px,
        read_by=read_by,
        classes=classes,
        task=task,
        head=config.head,
        inputs=effects.table_name(config),
        tail_sha256=weights.file_hash(folder / TAIL),
    )
    described = ruled(described, rules)
    describe_as(folder, described)
    return described


def ruled(described: Description, rules: Rules) -> Description:
    """Return a description that says these rules; a version that knows none of them refuses it."""
    told = {field.name: getattr(rules, field.name) for field in fields(rules)}
    is_sure = rules.temperature != NO_RULES.temperature or rules.promises != NO_RULES.promises
    form = STANDING if described.stands_on else SURE if is_sure else 1
    return described.model_copy(update=told | {"format": form})


def describe_as(folder: Path, described: Description) -> None:
    """Write `model.json`; without what is empty, earlier versions can read it, too."""
    usual = {"thresholds": (), "inputs": {}, "temperature": 1.0, "promises": ()}
    usual |= {"stands_on": None}
    empty = {name for name, value in usual.items() if getattr(described, name) == value}
    empty |= {"modality"} - set(modalities.named(described.modality))
    text = described.model_dump_json(indent=1, exclude=empty)
    files.write_whole(folder / DESCRIPTION, text.encode())


def describe(folder: Path) -> Description:
    """Read and check `model.json`. Needs no Keras.

    Raises:
        UserError: "model-format" when it is missing or not ours.
    """
    try:
        text = (folder / DESCRIPTION).read_bytes()
        if file_version.is_newer(text, "format", FORMAT):
            raise weight_files.unreadable(file_version.NEWER)
        return Description.model_validate_json(text)
    except ValidationError as error:
        raise weight_files.unreadable(_first_fault(error)) from error
    except OSError as error:
        raise weight_files.unreadable(error.strerror or str(error)) from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])[:80]
    fault = first["msg"].removeprefix("Value error, ")
    return Said("{place}: {fault}", place=place, fault=fault) if place else fault


def load_model(folder: Path) -> Assembled:
    """Rebuild the network of `folder` from code and fill it. Imports Keras.

    Raises:
        UserError: "model-format" when files do not fit together, "weights-missing" when the
            backbone's published weights are not on this machine.
    """
    described = describe(folder)
    if weights.file_hash(folder / TAIL) != described.tail_sha256:
        raise weight_files.unreadable(Said("{file} has changed since it was written", file=TAIL))
    base, tail = _rebuilt(described, folder)
    head = heads.head(described.settings(), base.output_shape[1:], len(described.classes))
    weight_files.fill(weight_files.variables(tail, head), folder / TAIL)
    return Assembled(described, base, head)


def full_model(folder: Path) -> keras.Model:
    """Return the model a person takes home: examples in, probabilities out. Imports Keras.

    Returns:
        Opened examples (pictures as uint8 (n, any height, any width, 3) RGB) to float32 (n, classes)
        that sum to 1; for regression, to float32 (n, numbers).
    """
    return whole(load_model(folder))


def whole(assembled: Assembled) -> keras.Model:
    """Put what the modality needs before, and the task's activation after, an assembled network."""
    import keras

    described = assembled.description
    given, scaled = modalities.of(described).layers(described.entry)
    # By its name other programs find what the backbone saw.
    last_map = keras.layers.Identity(name=LAST_MAP)(assembled.base(scaled))
    answers: Any = assembled.head(last_map)
    answers = registry.get(described.task).activation(answers, described.rules)
    return keras.Model(given, answers, name="graft_model")


def with_features(assembled: Assembled) -> keras.Model:
    """Return `whole` with a second output: the mean of the backbone's last map, (n, channels). Imports Keras."""
    described = assembled.description
    given, scaled = modalities.of(described).layers(described.entry)
    return _telling_features(assembled, given, scaled)


def fitted(assembled: Assembled) -> keras.Model:
    """Return `with_features` for examples of the network's own size, as `Modality.decode` gives them.

    For formats that take one size only; what brings examples to it is `Modality.fitting`. Imports Keras.
    """
    described = assembled.description
    given, scaled = modalities.of(described).fitted_layers(described.entry)
    return _telling_features(assembled, given, scaled)


def _telling_features(assembled: Assembled, given: Any, scaled: Any) -> keras.Model:
    import keras

    described = assembled.description
    last_map: Any = assembled.base(scaled)
    answers = registry.get(described.task).activation(assembled.head(last_map), described.rules)
    sides = tuple(range(1, len(last_map.shape) - 1))
    features: Any = keras.ops.mean(last_map, axis=sides) if sides else last_map
    return keras.Model(given, [answers, features], name="graft_model_with_features")


def save_backbone(folder: Path, file: Path) -> None:
    """Write all weights of the backbone that the model in `folder` began with. Imports Keras where it is published."""
    from tl_core.backbones import build

    described = describe(folder)
    if described.stands_on is not None:
        carried = folder / BACKBONE
        shutil.copyfile(carried if carried.is_file() else weights.locate(described.began_on), file)
        return
    weight_files.save(
        weight_files.layer_variables(build.PREFIX, _rebuilt(described, folder)[0]), file
    )


def _rebuilt(described: Description, folder: Path) -> tuple[keras.Model, keras.Model | None]:
    """Return the backbone and the part of it whose weights are stored."""
    from tl_core.backbones import build, cut

    name = described.backbone
    carried = folder / BACKBONE
    all_learnt = described.trainable_stages == len(stages.of(name)) or carried.is_file()
    began_on = name if all_learnt else described.began_on
    if not all_learnt and weights.fingerprint(began_on) != described.backbone_weights:
        raise UserError(
            "weights-changed",
            "This model stands on other weights of {title} than those here.",
            hint="Train it again, or use the version of Graft that made it.",
            title=catalogue.get(name).title,
        )
    base = build.backbone(began_on, described.size_px, None if all_learnt else "pretrained")
    if carried.is_file():
        weight_files.fill(weight_files.layer_variables(build.PREFIX, base), carried)
    if described.trainable_stages == 0:
        return base, None
    return base, cut.split(base, stages.cut_for(name, described.trainable_stages))[1]

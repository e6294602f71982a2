"""The seam of modalities: what an example is, and all that follows from it.

A member says which files are examples, how one is opened, stored, shown and changed, what a network
takes of it and what an exported model does to it first. It lies in a folder beside this module and
in one line of `registry`; whoever needs to know asks it, so that nobody else knows how large a picture is.

Imports neither TensorFlow nor Keras; members import Keras inside what needs it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np
from pydantic import BaseModel

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.base.settings import Settings
from tl_core.config import TrainConfig
from tl_core.modalities import kept
from tl_core.modalities.checks import Check, Words
from tl_core.modalities.exported_opening import AS_OPENED, ExampleCode, Fitting, Program
from tl_core.modalities.opening_children import Opened, Opener
from tl_core.modalities.phrases import OF_EXAMPLES, Phrases
from tl_core.modalities.related import Related

Files = list[tuple[str, Path]]
"""Files of an upload: relative path as uploaded, and where each lies."""
Shape = tuple[int, ...]
OnProgress = Callable[[int, int], None]
"""Told how many of how many are done, now and then."""
Aspect = tuple[float, np.ndarray]
"""One thing that a label is judged by: how much it counts, and float (n, d)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an example has to become before a network takes it.

    Attributes:
        size: how large the network's input is, in the modality's own measure, such as the side of a
            square picture.
        fit: how an example is brought to that size, where there are several ways.
        scaling: how what was decoded becomes the numbers that the backbone expects.
        stored_size: what larger examples are first made smaller to, as the store did; 0 for nothing.
        read_by: by what files are read, see `Modality.read_by`.
    """

    size: int
    fit: str = ""
    scaling: str = ""
    stored_size: int = 0
    read_by: BaseModel | None = None


class OpenAll(Protocol):
    """Opens files in children with limits and keeps them; `options` are those of the child."""

    def __call__(self, paths: Sequence[Path], phase: str, **options: Any) -> list[Opened]: ...


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of each file, by what all were read, and what a person should know of that."""

    opened: list[Opened]
    read_by: BaseModel | None = None
    notes: tuple[str, ...] = ()


class Standing(Protocol):
    """What a modality asks of the data set that examples are added to."""

    @property
    def read_by(self) -> BaseModel | None: ...


class Modality(ABC):
    """One kind of example. What is kept of one is named by its hash, 64 hexadecimal digits."""

    name: ClassVar[str]
    """What it is called in manifests and models and on the command line."""
    examples: ClassVar[Said]
    """What people call several of them, inside a sentence."""
    phrases: ClassVar[Phrases] = OF_EXAMPLES
    """What pages say of them, in whole sentences."""

    # Files that come

    endings: ClassVar[frozenset[str]]
    """How the names of files end that it opens, in lower case with their dot."""
    foreign_endings: ClassVar[frozenset[str]] = frozenset()
    """The same of files that are examples to a person but are not opened: set aside, not skipped."""
    head_bytes: ClassVar[int] = 0
    """How much of a file `is_known` has to see."""
    opener: ClassVar[Opener]
    """The program that opens a file of unknown content in a child with limits."""
    facts: ClassVar[tuple[str, ...]] = ()
    """Whole numbers that a manifest notes of each example, by the names of their columns."""
    read_by: ClassVar[type[BaseModel] | None] = None
    """By what all files of a data set are read, where that is found from all of them together."""
    read_by_key: ClassVar[str] = "read_by"
    """What that is called in manifests and models."""

    def is_known(self, head: bytes) -> bool:
        """Tell by its first bytes whether a file without an ending is an example."""
        return False

    def unfold(self, files: Files, into: Path) -> Files:
        """Return one file for each example, where a file may hold many of them.

        Args:
            files: of an upload, those that may be examples.
            into: an empty folder to write into.
        """
        return files

    def options(self, limits: Settings) -> dict[str, Any]:
        """Return what the child that opens files is told of limits, beside the `folder` to keep them in."""
        return {}

    def take_in(
        self, open_all: OpenAll, paths: Sequence[Path], base: Standing | None = None
    ) -> TakenIn:
        """Open files of unknown content and keep what is an example.

        Args:
            open_all: opens some of them.
            paths: the files.
            base: the data set that they are added to.
        """
        return TakenIn(open_all(paths, "pictures"))

    def keep_measured(self, opened: Sequence[Opened]) -> None:
        """Keep what the children measured, so that no example is opened again for `fingerprints`."""
        return

    def facts_of(self, opened: Sequence[Opened]) -> dict[str, np.ndarray]:
        """Return the `facts` of examples as columns, int32 (n,)."""
        return {
            name: np.array([one.facts[name] for one in opened], np.int32) for name in self.facts
        }

    def facts_of_kept(self, hashes: Sequence[str] | np.ndarray) -> dict[str, np.ndarray]:
        """Return the `facts` of examples that are kept already, as columns, int32 (n,)."""
        if self.facts:
            raise NotImplementedError
        return {}

    def reading(self, details: Mapping[str, Any]) -> BaseModel | None:
        """Return by what files were read, from what a manifest or a model keeps; None where each had its own.

        Raises:
            pydantic.ValidationError: it is not of `read_by`.
        """
        kept_of_it = details.get(self.read_by_key)
        return self.read_by.model_validate(kept_of_it) if self.read_by and kept_of_it else None

    def depends(self, form: str) -> bool:
        """Say whether a file of this form, see `Opened`, becomes another example if read by something else."""
        return False

    def variant(self, read_by: BaseModel | None) -> str:
        """Return a name for what files are read by, for those that depend on it."""
        return ""

    # What is kept

    suffix: ClassVar[str]
    """How files of kept examples end. The `opener` opens such a file, too, and keeps it as the same."""

    def stored(self, digest: str) -> Path:
        """Return where an example is kept."""
        return kept.path(digest, self.suffix)

    def preview(self, digest: str) -> Path | None:
        """Return where a small picture of an example is kept, None where there is none."""
        return None

    # What a network takes

    media_type: ClassVar[str] = ""
    """What other programs take an example for, as the first half of a MIME type; "" for nothing that has a name."""
    map_sides: ClassVar[int]
    """How many sides a map inside a network has beside its channels: two for pictures, none for rows."""
    kept_type: ClassVar[str]
    """The dtype of what `decode` gives."""
    decode_s: ClassVar[float]
    """Seconds that a core takes to decode one example."""
    compare_s: ClassVar[float] = 0.0
    """Seconds that it takes to look for copies of one example among others; 0 where that is not done."""
    scalings: ClassVar[frozenset[str]]
    """All ways to `scale`, one of which a backbone's record names."""

    @abstractmethod
    def input_shape(self, size: int) -> Shape:
        """Return the shape of what a network of this size takes of one example."""

    def wrong_size(self, backbone: str, size: int, least: int, most: int) -> UserError:
        """Return the error for a size that a backbone, called so by people, does not take."""
        return UserError(
            "input-size",
            "{title} does not take examples of size {size}.",
            hint="Choose {least} to {most}, or 0 for its own size.",
            title=backbone,
            size=size,
            least=least,
            most=most,
        )

    @abstractmethod
    def decode(
        self, hashes: Sequence[str] | np.ndarray, entry: Entry, *, threads: int = 0
    ) -> np.ndarray:
        """Return kept examples at the size of a network, (n, *input_shape) of `kept_type`.

        On `threads` threads; 0 takes the setting in force.

        Raises:
            UserError: the store lost one.
        """

    def change(
        self,
        decoded: np.ndarray,
        config: TrainConfig,
        hashes: list[str],
        views: list[int],
        threads: int,
    ) -> np.ndarray:
        """Return changed copies of examples, by the number of the view; 0 is the example itself."""
        return decoded

    @abstractmethod
    def scale(self, scaling: str, decoded: np.ndarray) -> np.ndarray:
        """Return what was decoded as a backbone expects it, float32."""

    def table_name(self, entry: Entry) -> list[Any]:
        """Return what names the table of decoded examples, as JSON allows it."""
        return [self.name, entry.size]

    # A trained model

    @abstractmethod
    def see(self, source: bytes | Path, entry: Entry) -> tuple[Any, np.ndarray]:
        """Open a file of unknown content, or its bytes, as a trained model is shown it.

        Returns:
            What `small` makes a picture of; and what the network takes, as `decode` gives it.

        Raises:
            UserError: why it cannot be opened.
        """

    def small(self, shown: Any) -> bytes:
        """Return a small picture (JPEG) of what `see` gave; nothing where there is none."""
        return b""

    # Explanations

    shows_places: ClassVar[bool] = False
    """Whether the places of a network's last map are places that a person sees: `hidden` and
    `overlaid` are there then. Its nearest examples explain an answer of any modality."""

    def hidden(self, decoded: np.ndarray, covered: np.ndarray) -> np.ndarray:
        """Return one decoded example without the places that are `covered`, bool (h, w)."""
        raise NotImplementedError

    def overlaid(self, decoded: np.ndarray, places: np.ndarray) -> bytes:
        """Return a picture (WebP) of a decoded example with what each place adds to an answer, float (h, w)."""
        raise NotImplementedError

    @abstractmethod
    def layers(self, entry: Entry) -> tuple[Any, Any]:
        """Return the input of an exported model, and what the backbone takes of it, as Keras tensors.

        Stock operations alone, so that it reloads anywhere. Imports Keras.
        """

    def fitted_layers(self, entry: Entry) -> tuple[Any, Any]:
        """Return the same for a model that takes examples as `decode` gives them, of one size only.

        What brings an opened example to that size is `fitting`.
        """
        return self.layers(entry)

    def fitting(self, entry: Entry) -> Fitting:
        """Return how the script beside such a model brings opened examples to its size."""
        return AS_OPENED

    @abstractmethod
    def program(self, read_by: BaseModel | None) -> Program:
        """Return how the script that travels with an exported model opens examples."""

    def code(self, entry: Entry) -> ExampleCode | None:
        """Return how the program of a training prepares examples, None where none can be written yet."""
        return None

    def in_browser(self) -> str:
        """Return JavaScript that opens examples in a browser as Graft does; "" where none can.

        It defines `opened(source)`, a promise of what a file, a video or a canvas shows, and
        `fitted(opened, {size, fit, stored})`, which returns it as `decode` does; and `isReadOtherwise(file)`,
        a promise of whether browsers read a file by rules of their own.
        """
        return ""

    def awkward(self, folder: Path) -> list[Path]:
        """Write files of all kinds that programs open differently into `folder`; return them."""
        return []

    # Quality

    checks: ClassVar[Mapping[str, Check]] = MappingProxyType({})
    """What is looked for in the fingerprints of single examples, by the kind of the finding."""
    measures: ClassVar[tuple[str, ...]] = ()
    """Columns of fingerprints whose spread a report shows."""
    usual: ClassVar[Words] = Words("fact", "Sizes", "How much examples differ from one another.")
    """What is said of that spread, with the median of every one of the `facts` by its name."""

    def content(self, dataset_facts: Mapping[str, np.ndarray], count: int) -> np.ndarray:
        """Return how much each of `count` examples holds: of copies, the one that holds most is kept."""
        return np.ones(count)

    def fingerprints(
        self, hashes: Sequence[str], on_progress: OnProgress | None = None
    ) -> np.ndarray | None:
        """Return what `checks` look at, one row for each example; None where there are none."""
        return None

    def related(
        self,
        prints: np.ndarray,
        features: np.ndarray | None = None,
        on_progress: OnProgress | None = None,
    ) -> Related:
        """Return which examples were made from one another, by their `fingerprints` (n,).

        Args:
            prints: fingerprints.
            features: float (n, d) of a backbone, which may bring a few more to light.
            on_progress: called with pairs compared and pairs in all.
        """
        return Related()

    def made_from(
        self, prints: np.ndarray, of: np.ndarray, on_progress: OnProgress | None = None
    ) -> np.ndarray:
        """Return which examples are, or were made from, one of others, bool (n,), by their `fingerprints`.

        Args:
            prints: fingerprints (n,).
            of: those of the others (m,).
            on_progress: called with pairs compared and pairs in all.
        """
        return np.zeros(len(prints), bool)

    def aspects(self, features: np.ndarray, prints: np.ndarray) -> Sequence[Aspect]:
        """Return what an example is judged by when its label is doubted.

        Args:
            features: float (n, d) of a backbone.
            prints: fingerprints (n,).
        """
        return ((1.0, features),)

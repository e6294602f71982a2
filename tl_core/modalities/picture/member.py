"""Pictures as a modality: what each of its parts does, by the module that does it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
from pydantic import BaseModel

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.base.settings import Settings
from tl_core.config import TrainConfig
from tl_core.modalities.exported_opening import ExampleCode, Fitting, Program
from tl_core.modalities.modality import (
    Aspect,
    Entry,
    Modality,
    OnProgress,
    OpenAll,
    Shape,
    Standing,
    TakenIn,
)
from tl_core.modalities.opening_children import Opened, Opener
from tl_core.modalities.picture import (
    appearance,
    aspects,
    augment,
    code,
    explaining,
    fingerprints,
    greys,
    images,
    near_copies,
    one_scale,
    pictures,
    preprocessing,
    program,
    resize,
)
from tl_core.modalities.picture.greys import Greys
from tl_core.modalities.picture.phrases import PHRASES
from tl_core.modalities.related import Related

OPENER = Opener(
    program=("-m", "tl_core.modalities.picture.opener"),
    too_slow=Opened(
        code="picture-timeout",
        reason="Opening the picture took too long, so it was stopped.",
        hint="Save it again as JPEG or PNG, or leave it out.",
    ),
    over_budget=Opened(
        code="picture-budget",
        reason="The pictures before it took far longer to open than pictures do, so it was not opened.",
        hint="Leave out the pictures that took too long, and import the others again.",
    ),
    crashed=Opened(
        code="picture-crashed",
        reason="The decoder broke down on this file.",
        hint="Save it again as JPEG or PNG, or leave it out.",
    ),
)


class Picture(Modality):
    """A photograph, a drawing, a scan: red, green and blue at every place of a rectangle."""

    name = "picture"
    examples = Said("pictures")
    phrases = PHRASES
    endings = images.SUFFIXES
    foreign_endings = images.FOREIGN_SUFFIXES
    head_bytes = images.HEAD_BYTES
    opener = OPENER
    facts = ("width", "height")
    read_by: ClassVar[type[BaseModel] | None] = Greys
    read_by_key = "greys"
    suffix = pictures.SUFFIX
    media_type = "image"
    map_sides = 2
    kept_type = "uint8"
    decode_s = 0.003
    compare_s = 0.0008
    shows_places = True
    scalings = frozenset(preprocessing.KINDS)
    usual = appearance.USUAL
    measures = ("width", "height", "sharpness", "brightness", "contrast", "colourfulness")
    checks = appearance.CHECKS

    def is_known(self, head: bytes) -> bool:
        return images.sniff(head) != ""

    def options(self, limits: Settings) -> dict[str, Any]:
        return {"side_px": limits.stored_side_px, "limit_pixels": limits.picture_limit_pixels}

    def take_in(
        self, open_all: OpenAll, paths: Sequence[Path], base: Standing | None = None
    ) -> TakenIn:
        return one_scale.by_one_scale(open_all, paths, base)

    def keep_measured(self, opened: Sequence[Opened]) -> None:
        fingerprints.keep(fingerprints.unpacked(one.measured for one in opened))

    def facts_of_kept(self, hashes: Sequence[str] | np.ndarray) -> dict[str, np.ndarray]:
        prints = fingerprints.of(list(map(str, hashes)))
        return {name: prints[name].astype(np.int32) for name in self.facts}

    def depends(self, form: str) -> bool:
        return images.is_deep(form)

    def variant(self, read_by: BaseModel | None) -> str:
        return greys.variant(_scale(read_by))

    def preview(self, digest: str) -> Path:
        return pictures.thumbnail_path(digest)

    def input_shape(self, size: int) -> Shape:
        return size, size, 3

    def wrong_size(self, backbone: str, size: int, least: int, most: int) -> UserError:
        return UserError(
            "picture-size",
            "{title} cannot look at pictures of {size} pixels.",
            hint="Choose {least} to {most}, or 0 for its own size.",
            title=backbone,
            size=size,
            least=least,
            most=most,
        )

    def decode(
        self, hashes: Sequence[str] | np.ndarray, entry: Entry, *, threads: int = 0
    ) -> np.ndarray:
        return pictures.pixels(hashes, entry.size, _mode(entry), threads=threads)

    def change(
        self,
        decoded: np.ndarray,
        config: TrainConfig,
        hashes: list[str],
        views: list[int],
        threads: int,
    ) -> np.ndarray:
        return augment.change_all(decoded, config, hashes, views, threads)

    def scale(self, scaling: str, decoded: np.ndarray) -> np.ndarray:
        return preprocessing.scale_numpy(_kind(scaling), decoded)

    def table_name(self, entry: Entry) -> list[Any]:
        return ["pixels", entry.size, entry.fit]

    def see(self, source: bytes | Path, entry: Entry) -> tuple[Any, np.ndarray]:
        scale = _scale(entry.read_by)
        image = images.open_image(source, greys=None if scale is None else scale.scales())
        if entry.stored_size:
            image = pictures.shrunk(image, entry.stored_size)
        return image, resize.resize(np.array(image), entry.size, _mode(entry))

    def small(self, shown: Any) -> bytes:
        return pictures.tiny(shown)

    def hidden(self, decoded: np.ndarray, covered: np.ndarray) -> np.ndarray:
        return explaining.hidden(decoded, covered)

    def overlaid(self, decoded: np.ndarray, places: np.ndarray) -> bytes:
        return explaining.overlaid(decoded, places)

    def layers(self, entry: Entry) -> tuple[Any, Any]:
        import keras

        given = keras.Input((None, None, 3), dtype="uint8", name="pictures")
        kind = _kind(entry.scaling)
        return given, preprocessing.layers(kind, entry.size, _mode(entry), given, entry.stored_size)

    def fitted_layers(self, entry: Entry) -> tuple[Any, Any]:
        import keras

        shape = self.input_shape(entry.size)
        given = keras.Input(shape, dtype="uint8", name="pictures")
        levels = keras.ops.cast(given, "float32")
        return given, preprocessing.scale_layers(_kind(entry.scaling), levels)

    def fitting(self, entry: Entry) -> Fitting:
        return program.fitting(entry.size, _mode(entry), entry.stored_size)

    def program(self, read_by: BaseModel | None) -> Program:
        return program.of(_scale(read_by))

    def code(self, entry: Entry) -> ExampleCode:
        return code.of(entry)

    def in_browser(self) -> str:
        return Path(__file__).with_name("browser.js").read_text("utf-8")

    def awkward(self, folder: Path) -> list[Path]:
        from tl_core.modalities.picture import awkward

        return awkward.write(folder)

    def content(self, dataset_facts: Mapping[str, np.ndarray], count: int) -> np.ndarray:
        return dataset_facts["width"].astype(np.int64) * dataset_facts["height"]

    def fingerprints(
        self, hashes: Sequence[str], on_progress: OnProgress | None = None
    ) -> np.ndarray:
        return fingerprints.of(hashes, on_progress)

    def related(
        self,
        prints: np.ndarray,
        features: np.ndarray | None = None,
        on_progress: OnProgress | None = None,
    ) -> Related:
        return near_copies.related(prints, features, on_progress)

    def made_from(
        self, prints: np.ndarray, of: np.ndarray, on_progress: OnProgress | None = None
    ) -> np.ndarray:
        return near_copies.made_from(prints, of, on_progress)

    def aspects(self, features: np.ndarray, prints: np.ndarray) -> Sequence[Aspect]:
        return aspects.of(features, prints)


MODALITY = Picture()


def _scale(read_by: BaseModel | None) -> Greys | None:
    return cast(Greys | None, read_by)


def _mode(entry: Entry) -> resize.Mode:
    return cast(resize.Mode, entry.fit)


def _kind(scaling: str) -> preprocessing.Preprocessing:
    return cast(preprocessing.Preprocessing, scaling)

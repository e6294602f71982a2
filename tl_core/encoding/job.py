"""One training resolved: which trunk, which rows, how pictures are read and encoded.

Imports no TensorFlow: with a converted trunk everything here runs in a light process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from tl_core.backbones import catalogue, preprocessing, stages, weights
from tl_core.backbones.record import Preprocessing
from tl_core.base import accelerator, cores
from tl_core.config import TrainConfig, effects
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding import augment, cache, encode
from tl_core.encoding.encode import Encoder, Progress, Reader, Wanted
from tl_core.encoding.features import Features, Fresh, Kept, Unkept
from tl_core.encoding.pixels import PixelReader
from tl_core.encoding.rows import Rows
from tl_core.encoding.trunk import Runners, Trunk

Keeps = Literal["rows", "pixels", "nothing"]
"""What is kept of each picture: what leaves the frozen part, the picture at the network's size, or nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Examples that a run learns from beside those of its data set.

    Attributes:
        hashes: str (n,), names in the picture store.
        answers: int (n,) classes or float (n, numbers); zeros where there are none.
        names: of the classes or numbers; empty where there are no answers.
        left_out: how many the run judges itself by, which it must not see before.
    """

    hashes: np.ndarray
    answers: np.ndarray
    names: tuple[str, ...] = ()
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.hashes)


@dataclass(frozen=True, slots=True)
class Job:
    """One data set with one configuration.

    Attributes:
        size_px: side of the square that the network sees.
        cut: where the network is cut.
        trunk: the frozen part; None when every stage trains and nothing is frozen.
        pooled: the tail takes one number per channel, not maps.
        keeps: but for "rows" the frozen part runs again whenever a picture is used; with "nothing"
            the picture is decoded again, too.
        half: a GPU computes the rows in half precision. They have a table of their own, so that a
            run on the processor never takes them for its own.
        further: examples of other data sets that the method learns from, by their role.
    """

    dataset: Dataset
    config: TrainConfig
    size_px: int
    cut: stages.Cut
    trunk: Trunk | None
    pooled: bool
    keeps: Keeps = "rows"
    half: bool = False
    further: Mapping[str, Examples] = field(
        default_factory=lambda: MappingProxyType({}), hash=False, compare=False
    )

    @property
    def keeps_pixels(self) -> bool:
        """Whether rows are pictures; where nothing is frozen they always are."""
        return self.keeps == "pixels" or (self.trunk is None and self.keeps == "rows")

    @property
    def rows_dir(self) -> Path:
        """Return the folder of the table of rows."""
        if self.trunk is None or self.keeps_pixels:
            plain = ["pixels", self.size_px, self.config.network.resize]
            return cache.table_folder([*plain, self._more] if self._more else plain)
        what = [self.trunk.key, self.size_px, self.config.network.resize]
        if self.scaling == "tf128":  # rows of before were made of pixels scaled as "tf"
            what.append(self.scaling)
        if self._more:
            what.append(self._more)
        return cache.table_folder([*what, "half"] if self.half else what)

    @property
    def _more(self) -> dict[str, Any]:
        """Return what else than the size and the fitting tells one table of pictures from another."""
        return effects.table_name(self.config)

    @property
    def scaling(self) -> Preprocessing:
        """Return how pixels become what the backbone expects."""
        return catalogue.get(self.config.network.backbone).preprocessing

    @property
    def fresh_views(self) -> bool:
        """Whether training pictures are changed anew in every epoch."""
        return self.config.changes.augments and self.config.changes.views == 0

    @property
    def passes_again(self) -> bool:
        """Whether pictures pass through the frozen part in every epoch, not only once."""
        return self.trunk is not None and (self.keeps != "rows" or self.fresh_views)

    def members(self, part: int) -> np.ndarray:
        """Return the indices of the pictures in a part of the split, int (n,)."""
        return np.flatnonzero(self.dataset.splits == part)

    def wanted(self) -> list[Wanted]:
        """Return every row to encode before training starts."""
        wanted = [item for view in self.views(None) for item in view]
        for examples in self.further.values():
            hashes = examples.hashes.tolist()
            wanted += [item for view in self._seen(hashes, hashes) for item in view]
        return wanted

    def views(self, part: int | None) -> list[list[Wanted]]:
        """Return the rows of a part (None: all pictures), one list for each view.

        Only training pictures have more than the plain view.
        """
        everything = np.arange(len(self.dataset)) if part is None else self.members(part)
        learnt_from = self.members(TRAIN) if part in (None, TRAIN) else []
        return self._seen(
            [str(self.dataset.hashes[i]) for i in everything],
            [str(self.dataset.hashes[i]) for i in learnt_from],
        )

    def _seen(self, plain: list[str], learnt_from: list[str]) -> list[list[Wanted]]:
        """Return the rows of the plain pictures, and those of each changed copy of some of them."""
        changed = self.config.changes.views if self.config.changes.augments and learnt_from else 0
        names = [augment.view_id(self.config, view) for view in range(1, changed + 1)]
        return [[Wanted(h) for h in plain]] + [
            [Wanted(h, view, name) for h in learnt_from] for view, name in enumerate(names, 1)
        ]

    def read(self, hashes: list[str], views: list[int]) -> np.ndarray:
        """Return decoded, resized and changed pictures, uint8 (n, s, s, 3)."""
        plain = manifest.pixels(hashes, self.size_px, self.config.network.resize)
        return self._changed(plain, hashes, views)

    def reader(self, plain: PixelReader, threads: int = 0) -> Reader:
        """Return a function like `read` that takes the unchanged pictures from `plain`.

        It works on `threads` threads; 0 takes the setting in force.
        """
        return lambda hashes, views: self._changed(plain(hashes, threads), hashes, views, threads)

    def _changed(
        self, plain: np.ndarray, hashes: list[str], views: list[int], threads: int = 0
    ) -> np.ndarray:
        return augment.change_all(plain, self.config, hashes, views, threads or cores.threads())

    def encode(
        self,
        rows: Rows,
        wanted: Sequence[Wanted],
        plain: PixelReader | None,
        encoder: Encoder,
        *,
        on_progress: Progress = lambda done, total, seconds_left: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> int:
        """Add the rows that are missing, in the way that suits `encoder`; see `encode.encode`.

        Args:
            rows: the table.
            wanted: rows that must be there on return.
            plain: reads pictures and keeps their pixels; None where pixels are what rows are.
            encoder: the frozen part, or the identity to keep pixels.
            on_progress: called a few times a second.
            should_stop: asked between batches.
        """
        threads, side_by_side, at_once = 0, 1, encode.READ_AT_ONCE
        if isinstance(encoder, LightEncoder) and encoder.side_by_side > 1:
            threads, side_by_side = encoder.threads_each, encoder.side_by_side
            at_once = encode.READ_AT_ONCE_SIDE_BY_SIDE
        elif accelerator.gpu():
            at_once = encode.READ_AT_ONCE_FOR_GPU
        return encode.encode(
            rows,
            wanted,
            self.reader(plain, threads) if plain else self.read,
            encoder,
            at_once=at_once,
            side_by_side=side_by_side,
            on_progress=on_progress,
            should_stop=should_stop,
        )

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels as the backbone expects them, float32."""
        return preprocessing.scale_numpy(self.scaling, pixels)

    def rows(self, *, use: bool = True) -> Rows:
        """Open the table of rows; `use` marks it as used just now."""
        if self.keeps_pixels:
            return Rows(self.rows_dir, (self.size_px, self.size_px, 3), "uint8", use=use)
        shape = self.cut.trunk_shape(self.size_px)
        return Rows(self.rows_dir, shape[-1:] if self.pooled else shape, "float32", use=use)

    def features(
        self, rows: Rows | None, encoder: Encoder, part: int, read: Reader | None = None
    ) -> Features:
        """Return the inputs of a part of the split, once its rows are there.

        Args:
            rows: the table; None where nothing is kept.
            encoder: the frozen part; where nothing is frozen it is not used.
            part: of the split.
            read: reads pictures that are not kept, or changed afresh; `self.read` when None.
        """
        hashes = [str(self.dataset.hashes[i]) for i in self.members(part)]
        views = self.views(part)
        return self._inputs(hashes, views, rows, encoder, read, is_learnt=part == TRAIN)

    def further_features(
        self, role: str, rows: Rows | None, encoder: Encoder, read: Reader | None = None
    ) -> Features:
        """Return the inputs of further examples as `features` does those of the training part."""
        hashes = self.further[role].hashes.tolist()
        views = self._seen(hashes, hashes)
        return self._inputs(hashes, views, rows, encoder, read, is_learnt=True)

    def _inputs(
        self,
        hashes: list[str],
        views: list[list[Wanted]],
        rows: Rows | None,
        encoder: Encoder,
        read: Reader | None,
        *,
        is_learnt: bool,
    ) -> Features:
        read, encodes = read or self.read, encoder if self.trunk else self.scale
        plain: Features
        if rows is None:
            plain = Unkept(hashes, len(views), read, self.config.course.seed, encodes)
        else:
            finish = encodes if self.keeps_pixels else _as_it_is
            plain = Kept(rows, views, self.config.course.seed, finish)
        if is_learnt and self.fresh_views:
            return Fresh(plain, hashes, read, encodes)
        return plain


def resolve(
    dataset: Dataset, config: TrainConfig, further: Mapping[str, Examples] | None = None
) -> Job:
    """Work out what training `config` on `dataset` needs: trunk, rows and how pictures are read.

    With further examples by their role.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth".
    """
    size_px = catalogue.size_for(config.network.backbone, config.network.image_size_px)
    cut = stages.cut_for(config.network.backbone, config.network.trainable_stages)
    pooled = config.network.trainable_stages == 0 and config.head.pooling == "average"
    frozen = config.network.trainable_stages < len(stages.of(config.network.backbone))
    fixed_by = weights.fingerprint(config.network.backbone)
    return Job(
        dataset=dataset,
        config=config,
        size_px=size_px,
        cut=cut,
        trunk=Trunk(config.network.backbone, cut.node_index, size_px, pooled, fixed_by)
        if frozen
        else None,
        pooled=pooled,
        further=further or MappingProxyType({}),
    )


def _as_it_is(rows: np.ndarray) -> np.ndarray:
    return rows


class LightEncoder:
    """Scales pictures and runs a converted trunk, without TensorFlow.

    Attributes:
        side_by_side: how many threads are best to call it, each with pictures of its own.
        threads_each: cores that each of those calls keeps busy.
    """

    side_by_side: int
    threads_each: int

    def __init__(self, job: Job, path: Path) -> None:
        self._job, self._runners = job, Runners(path)
        self.side_by_side = self._runners.side_by_side
        self.threads_each = self._runners.threads_each

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        return self._runners.run(self._job.scale(pixels))

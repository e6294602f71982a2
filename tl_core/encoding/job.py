"""One training resolved: which trunk, which rows, how examples are read and encoded.

Imports no TensorFlow: with a converted trunk everything here runs in a light process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from tl_core.backbones import catalogue, stages, weights
from tl_core.base import accelerator, cores
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import TrainConfig, effects, settings_in
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding import cache, encode
from tl_core.encoding.decoded import Decoder
from tl_core.encoding.encode import Encoder, Progress, Reader, Wanted
from tl_core.encoding.features import Features, Fresh, Kept, Unkept
from tl_core.encoding.rows import Rows
from tl_core.encoding.trunk import Runners, Trunk
from tl_core.modalities import registry
from tl_core.modalities.modality import Entry, Modality

Keeps = Literal["rows", "pixels", "nothing"]
"""What is kept of each example: what leaves the frozen part, the example as it enters the network, or nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Examples that a run learns from beside those of its data set.

    Attributes:
        hashes: str (n,), names in the store.
        answers: int (n,) classes or float (n, numbers); zeros where there are none.
        names: of the classes or numbers; empty where there are no answers.
        left_out: how many the run judges itself by, which it must not see before.
        judged: int (n,), the class of each by the run's own numbers, -1 for none that is known: to judge
            by at the end, never to learn from. None where nothing is known.
    """

    hashes: np.ndarray
    answers: np.ndarray
    names: tuple[str, ...] = ()
    left_out: int = 0
    judged: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.hashes)

    def only(self, rows: np.ndarray) -> "Examples":
        """Return some of them, given as bool (n,) or as int (m,)."""
        judged = None if self.judged is None else self.judged[rows]
        return replace(self, hashes=self.hashes[rows], answers=self.answers[rows], judged=judged)

    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which of them have a class that is known, and that class by the run's own numbers, int (m,) each."""
        judged = np.full(len(self), -1) if self.judged is None else self.judged
        rows = np.flatnonzero(judged >= 0)
        return rows, judged[rows]

    def numbered(self, outputs: Sequence[str]) -> np.ndarray:
        """Return the class of each example among `outputs`, int (n,); -1 where none has its name."""
        places = {name: place for place, name in enumerate(outputs)}
        renumbered = np.array([places.get(name, -1) for name in self.names], np.int64)
        return renumbered[self.answers]


@dataclass(frozen=True, slots=True)
class Job:
    """One data set with one configuration.

    Attributes:
        size: of what the network sees, in the modality's measure: the side of a square.
        cut: where the network is cut.
        trunk: the frozen part; None when every stage trains and nothing is frozen.
        pooled: the tail takes one number per channel, not maps.
        keeps: but for "rows" the frozen part runs again whenever an example is used; with "nothing"
            the example is decoded again, too.
        half: a GPU computes the rows in half precision. They have a table of their own, so that a
            run on the processor never takes them for its own.
        further: examples of other data sets that the method learns from, by their role.
        teacher: folder of the run whose model is asked about everything that is learnt from.
    """

    dataset: Dataset
    config: TrainConfig
    size: int
    cut: stages.Cut
    trunk: Trunk | None
    pooled: bool
    keeps: Keeps = "rows"
    half: bool = False
    further: Mapping[str, Examples] = field(
        default_factory=lambda: MappingProxyType({}), hash=False, compare=False
    )
    teacher: Path | None = None

    @property
    def modality(self) -> Modality:
        """Return what the examples are."""
        return registry.of(self.dataset)

    @property
    def entry(self) -> Entry:
        """Return what an example has to become."""
        record = catalogue.get(self.config.network.backbone)
        return Entry(self.size, self.config.network.resize, record.preprocessing)

    @property
    def keeps_decoded(self) -> bool:
        """Whether rows are decoded examples; where nothing is frozen they always are."""
        return self.keeps == "pixels" or (self.trunk is None and self.keeps == "rows")

    @property
    def rows_dir(self) -> Path:
        """Return the folder of the table of rows."""
        if self.trunk is None or self.keeps_decoded:
            plain = self.modality.table_name(self.entry)
            return cache.table_folder([*plain, self._more] if self._more else plain)
        entry = self.entry
        what: list[Any] = [self.trunk.key, entry.size, entry.fit]
        if entry.scaling == "tf128":  # rows of before were made of what was scaled as "tf"
            what.append(entry.scaling)
        if self._more:
            what.append(self._more)
        return cache.table_folder([*what, "half"] if self.half else what)

    @property
    def _more(self) -> dict[str, Any]:
        """Return what else than the size and the fitting tells one table of examples from another."""
        return effects.table_name(self.config)

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
        names = [effects.view_key(self.config, view) for view in range(1, changed + 1)]
        return [[Wanted(h) for h in plain]] + [
            [Wanted(h, view, name) for h in learnt_from] for view, name in enumerate(names, 1)
        ]

    def read(self, hashes: list[str], views: list[int]) -> np.ndarray:
        """Return decoded and changed examples, (n, *input_shape), as the modality keeps them."""
        return self._changed(self.modality.decode(hashes, self.entry), hashes, views)

    def decoder(self, reserved_bytes: int = 0) -> Decoder:
        """Return what reads plain examples, leaving `reserved_bytes` of the cache to others."""
        return Decoder(self.modality, self.entry, reserved_bytes)

    def reader(self, plain: Decoder, threads: int = 0) -> Reader:
        """Return a function like `read` that takes the unchanged examples from `plain`.

        It works on `threads` threads; 0 takes the setting in force.
        """
        return lambda hashes, views: self._changed(plain(hashes, threads), hashes, views, threads)

    def _changed(
        self, plain: np.ndarray, hashes: list[str], views: list[int], threads: int = 0
    ) -> np.ndarray:
        threads = threads or cores.threads()
        return self.modality.change(plain, self.config, hashes, views, threads)

    def encode(
        self,
        rows: Rows,
        wanted: Sequence[Wanted],
        plain: Decoder | None,
        encoder: Encoder,
        *,
        on_progress: Progress = lambda done, total, seconds_left: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> int:
        """Add the rows that are missing, in the way that suits `encoder`; see `encode.encode`.

        Args:
            rows: the table.
            wanted: rows that must be there on return.
            plain: reads examples and keeps them decoded; None where that is what rows are.
            encoder: the frozen part, or the identity to keep what was decoded.
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

    def scale(self, decoded: np.ndarray) -> np.ndarray:
        """Return what was decoded as the backbone expects it, float32."""
        return self.modality.scale(self.entry.scaling, decoded)

    def rows(self, *, use: bool = True) -> Rows:
        """Open the table of rows; `use` marks it as used just now."""
        if self.keeps_decoded:
            shape = self.modality.input_shape(self.size)
            return Rows(self.rows_dir, shape, self.modality.kept_type, use=use)
        shape = self.cut.trunk_shape(self.size)
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
            finish = encodes if self.keeps_decoded else _as_it_is
            plain = Kept(rows, views, self.config.course.seed, finish)
        if is_learnt and self.fresh_views:
            return Fresh(plain, hashes, read, encodes)
        return plain


def resolve(
    dataset: Dataset,
    config: TrainConfig,
    further: Mapping[str, Examples] | None = None,
    teacher: Path | None = None,
) -> Job:
    """Work out what training `config` on `dataset` needs: trunk, rows and how examples are read.

    With further examples by their role, and the folder of a run that is learnt from.

    Raises:
        UserError: "backbone", "backbone-modality", "setting-modality", "picture-size" or "freeze-depth".
    """
    _require_fitting(dataset, config)
    size = catalogue.size_for(config.network.backbone, config.network.image_size_px)
    cut = stages.cut_for(config.network.backbone, config.network.trainable_stages)
    pooled = config.network.trainable_stages == 0 and config.head.pooling == "average"
    frozen = config.network.trainable_stages < len(stages.of(config.network.backbone))
    fixed_by = weights.fingerprint(config.network.backbone)
    return Job(
        dataset=dataset,
        config=config,
        size=size,
        cut=cut,
        trunk=Trunk(config.network.backbone, cut.node_index, size, pooled, fixed_by)
        if frozen
        else None,
        pooled=pooled,
        further=further or MappingProxyType({}),
        teacher=teacher,
    )


def _require_fitting(dataset: Dataset, config: TrainConfig) -> None:
    """Refuse a backbone, or a setting that somebody chose, for examples of another modality."""
    held = registry.of(dataset).examples
    record = catalogue.get(config.network.backbone)
    if record.modality != dataset.modality:
        others = catalogue.of_modality(dataset.modality)
        raise UserError(
            "backbone-modality",
            "{title} takes {taken}, and this data set holds {held}.",
            "Choose one of: {names}.",
            title=record.title,
            taken=registry.of(record).examples,
            held=held,
            names=", ".join(other.name for other in others),
        )
    for one in settings_in(type(config)).values():
        if not one.is_for(dataset.modality) and not one.is_usual(config):
            raise UserError(
                "setting-modality",
                "{title} ({name}) is nothing for {held}.",
                "Leave it out.",
                title=Said(one.field.title or one.name),
                name=one.name,
                held=held,
            )


def _as_it_is(rows: np.ndarray) -> np.ndarray:
    return rows


class LightEncoder:
    """Scales examples and runs a converted trunk, without TensorFlow.

    Attributes:
        side_by_side: how many threads are best to call it, each with examples of its own.
        threads_each: cores that each of those calls keeps busy.
    """

    side_by_side: int
    threads_each: int

    def __init__(self, job: Job, path: Path) -> None:
        self._job, self._runners = job, Runners(path)
        self.side_by_side = self._runners.side_by_side
        self.threads_each = self._runners.threads_each

    def __call__(self, decoded: np.ndarray) -> np.ndarray:
        return self._runners.run(self._job.scale(decoded))

"""One training resolved: which trunk, which rows, how pictures are read and encoded.

Imports no TensorFlow: with a converted trunk everything here runs in a light process.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tl_core.config import TrainConfig
from tl_core.data import datasets
from tl_core.data.datasets import Dataset
from tl_core.data.splits import TRAIN
from tl_core.models import catalogue, preprocessing, stages, weights
from tl_core.training import augment, cache, trunk
from tl_core.training.encode import Encoder, Wanted
from tl_core.training.features import Features, Fresh, Kept
from tl_core.training.rows import Rows
from tl_core.training.trunk import Runner, Trunk


@dataclass(frozen=True, slots=True)
class Job:
    """One data set with one configuration.

    Attributes:
        size_px: side of the square that the network sees.
        cut: where the network is cut.
        trunk: the frozen part; None when every stage trains and nothing is frozen.
        pooled: rows are one number per channel, not maps.
    """

    dataset: Dataset
    config: TrainConfig
    size_px: int
    cut: stages.Cut
    trunk: Trunk | None
    pooled: bool

    @property
    def rows_dir(self) -> Path:
        """Return the folder of the feature table."""
        what = [self.trunk.key if self.trunk else "pixels", self.size_px, self.config.resize]
        return cache.features_dir() / hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]

    @property
    def fresh_views(self) -> bool:
        """Whether training pictures are changed anew in every epoch."""
        return self.config.augments and self.config.views == 0

    def members(self, part: int) -> np.ndarray:
        """Return which pictures belong to a part of the split, int (n,)."""
        return np.flatnonzero(self.dataset.splits == part)

    def wanted(self) -> list[Wanted]:
        """Return every row to encode before training starts."""
        return [item for view in self.views(None) for item in view]

    def views(self, part: int | None) -> list[list[Wanted]]:
        """Return the rows of a part (None: all pictures), one list for each view.

        Only training pictures have more than the plain view.
        """
        everything = np.arange(len(self.dataset)) if part is None else self.members(part)
        plain = [Wanted(str(self.dataset.hashes[i])) for i in everything]
        changed = self.config.views if self.config.augments and part in (None, TRAIN) else 0
        learnt_from = [str(self.dataset.hashes[i]) for i in self.members(TRAIN)]
        names = [augment.view_id(self.config, view) for view in range(1, changed + 1)]
        return [plain] + [
            [Wanted(h, view, name) for h in learnt_from] for view, name in enumerate(names, 1)
        ]

    def read(self, hashes: list[str], views: list[int]) -> np.ndarray:
        """Return decoded, resized and changed pictures, uint8 (n, s, s, 3)."""
        pixels = datasets.pixels(hashes, self.size_px, self.config.resize)
        return augment.change_all(pixels, self.config, hashes, views, trunk.threads())

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels as the backbone expects them, float32."""
        return preprocessing.scale_numpy(catalogue.get(self.config.backbone).preprocessing, pixels)

    def finish(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as the tail takes them: kept pixels are scaled only now."""
        return rows if self.trunk else self.scale(rows)

    def rows(self, *, use: bool = True) -> Rows:
        """Open the feature table; `use` marks it as used just now."""
        shape = self.cut.trunk_shape(self.size_px)
        return Rows(
            self.rows_dir,
            shape[-1:] if self.pooled else shape,
            "float32" if self.trunk else "uint8",
            use=use,
        )

    def features(self, rows: Rows, encoder: Encoder, part: int) -> Features:
        """Return the inputs of a part of the split, once its rows are encoded."""
        if part == TRAIN and self.fresh_views:
            hashes = [str(self.dataset.hashes[i]) for i in self.members(part)]
            return Fresh(
                Kept(rows, self.views(part), finish=self.finish), hashes, self.read, encoder
            )
        return Kept(rows, self.views(part), self.config.seed, self.finish)


def resolve(dataset: Dataset, config: TrainConfig) -> Job:
    """Return the job of training `config` on `dataset`.

    Raises:
        UserError: "backbone", "picture-size" or "freeze-depth".
    """
    size_px = catalogue.size_for(config.backbone, config.image_size_px)
    cut = stages.cut_for(config.backbone, config.trainable_stages)
    pooled = config.trainable_stages == 0 and config.pooling == "average"
    frozen = config.trainable_stages < len(stages.of(config.backbone))
    fixed_by = weights.fingerprint(config.backbone)
    return Job(
        dataset=dataset,
        config=config,
        size_px=size_px,
        cut=cut,
        trunk=Trunk(config.backbone, cut.node_index, size_px, pooled, fixed_by) if frozen else None,
        pooled=pooled,
    )


class LightEncoder:
    """Scales pictures and runs a converted trunk, without TensorFlow."""

    def __init__(self, job: Job, path: Path) -> None:
        self._job, self._runner = job, Runner(path)

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        return self._runner.run(self._job.scale(pixels))

"""A trained model in Python, from a run or from a `.graft` file: `tl_core.load`.

It answers as the app does: children with limits open the pictures, and temperature, promises and the detector of
unknowns are the model's own. Where its frozen part is converted (once a machine), nothing imports TensorFlow.
"""

from __future__ import annotations

import base64
import shutil
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tl_core.base.errors import UserError
from tl_core.graft_files import reading
from tl_core.jobs import predictor
from tl_core.modalities.opening_children import Opened
from tl_core.models import persist
from tl_core.serving import plain_answer, pool
from tl_core.serving.batches import Example
from tl_core.serving.plain_answer import Answer
from tl_core.serving.pool import Gives, Pool
from tl_core.training.results import MODEL_DIR

if TYPE_CHECKING:
    from tl_core.serving.features import PictureFeatures

Picture = str | Path | bytes
"""The path of a file, or what is in one."""


class Model:
    """A trained model that answers pictures; safe to be asked by many threads.

    Its processes start with the first question and end with `close`, with a `with` block, or with the program.

    Args:
        source: a `.graft` file, the folder of a run or of its model, or the id of a run in GRAFT_HOME.

    Raises:
        UserError: "E-MODEL-FORMAT" or "model-format" where it is no model, or damaged; "no-model", "unknown".
    """

    def __init__(self, source: str | Path) -> None:
        self.source = str(source)
        self.folder, unpacked = _opened(source)
        self.description = persist.describe(self.folder)
        self._pools: dict[Gives, Pool] = {}
        self._making = threading.Lock()
        weakref.finalize(self, _end, self._pools, unpacked)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes or labels, or of the numbers."""
        return self.description.classes

    @property
    def task(self) -> str:
        """What it answers: classify, multilabel or regress."""
        return self.description.task

    def predict(self, pictures: Iterable[Picture]) -> list[Answer]:
        """Return what the model says about pictures, in their order.

        Args:
            pictures: paths of files or their bytes, of unknown content.

        Raises:
            UserError: why one of them cannot be opened, with its number.
        """
        told: list[Answer] = []
        for found in self.predict_each(pictures):
            if isinstance(found, UserError):
                raise _numbered(found, len(told))
            told.append(found)
        return told

    def predict_each(self, pictures: Iterable[Picture]) -> Iterator[Answer | UserError]:
        """Yield what came of each picture in their order: an answer, or why it cannot be opened."""
        for opened in self._each(pictures, "answers"):
            if opened.code:
                yield pool.refusal(opened)
            else:
                yield self.answer_of(opened)

    def answer_of(self, opened: Opened) -> Answer:
        """Return the answer that a child of a pool gave.

        Raises:
            UserError: why it gave none.
        """
        pool.reply(opened)
        prediction = predictor.reply_of(opened).prediction
        assert prediction is not None
        return plain_answer.of(prediction, self.description.rules)

    def features_of(self, pictures: Iterable[Picture]) -> np.ndarray:
        """Return what the network saw in pictures: the mean of the backbone's last map.

        Args:
            pictures: as for `predict`.

        Returns:
            float32 (n, channels).

        Raises:
            UserError: as `predict`.
        """
        rows: list[np.ndarray] = []
        for opened in self._each(pictures, "features"):
            if opened.code:
                raise _numbered(pool.refusal(opened), len(rows))
            rows.append(np.frombuffer(base64.b64decode(opened.reply["features"]), "<f4"))
        return np.stack(rows) if rows else np.zeros((0, self.channels), np.float32)

    @property
    def channels(self) -> int:
        """How many features a picture has."""
        from tl_core.backbones import stages

        described = self.description
        return stages.of(described.backbone)[-1].shape_at(described.entry.size)[-1]

    def features(self) -> PictureFeatures:
        """Return a transformer of scikit-learn that takes pictures to `features_of` them."""
        from tl_core.serving.features import PictureFeatures

        return PictureFeatures(self)

    def pool_of(self, gives: Gives = "answers", waiting: int = pool.WAITING) -> Pool:
        """Return the children that answer, made when first asked for; then `waiting` may be on their way.

        Raises:
            UserError: why they cannot be made ready.
        """
        with self._making:
            if gives not in self._pools:
                self._pools[gives] = Pool(self.folder, gives, waiting)
            return self._pools[gives]

    def close(self) -> None:
        """End its processes; the next question starts them again."""
        _close(self._pools)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"load({self.source!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return load, (self.source,)

    def __sklearn_clone__(self) -> Self:
        """Share one model among the clones of what is built on it: nobody teaches it anything."""
        return self

    def _each(self, pictures: Iterable[Picture], gives: Gives) -> Iterator[Opened]:
        """Yield what came of each picture, with a few on their way so that no child waits."""
        if isinstance(pictures, str | bytes | Path):
            raise UserError(
                "one-picture",
                "A list of pictures is wanted, not one.",
                "Put it into a list: [picture].",
            )
        children = self.pool_of(gives)
        ahead = 2 * pool.BATCH * children.children
        asked: deque[Future[Opened]] = deque()
        for picture in pictures:
            asked += children.ask([_example(picture)], waits=True)
            if len(asked) >= ahead:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()


def load(source: str | Path) -> Model:
    """Return a trained model; see `Model`."""
    return Model(source)


def _opened(source: str | Path) -> tuple[Path, Path | None]:
    """Return the folder of a model, and what is to be removed with it: a bundle is checked and unpacked."""
    path = Path(source)
    if path.is_file():
        unpacked = Path(tempfile.mkdtemp(prefix="graft-model-"))
        try:
            reading.read(path.resolve(), unpacked / MODEL_DIR)
        except BaseException:
            shutil.rmtree(unpacked, ignore_errors=True)
            raise
        return unpacked / MODEL_DIR, unpacked
    for folder in (path, path / MODEL_DIR):
        if (folder / persist.DESCRIPTION).is_file():
            return folder.resolve(), None
    if path.suffix or path.is_dir() or len(path.parts) > 1:
        raise UserError(
            "no-model",
            "There is no model at {path}.",
            "Name a .graft file, the folder of a run, or a run's id.",
            path=source,
        )
    return predictor.model_folder(str(source)), None


def _example(picture: Picture) -> Example:
    return picture if isinstance(picture, bytes) else Path(picture)


def _numbered(error: UserError, place: int) -> UserError:
    return UserError(
        error.code, "Picture {number}: {why}", error.hint, number=place + 1, why=error.message
    )


def _close(pools: dict[Gives, Pool]) -> None:
    while pools:
        pools.popitem()[1].close()


def _end(pools: dict[Gives, Pool], unpacked: Path | None) -> None:
    _close(pools)
    if unpacked is not None:
        shutil.rmtree(unpacked, ignore_errors=True)

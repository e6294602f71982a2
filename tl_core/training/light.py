"""Answers of a trained model, and what it saw, without TensorFlow: LiteRT in front, a head in NumPy behind.

Example ─ trunk ─► row ─ body ─► last map ─ head ─► answers. The trunk is frozen and shared by models
(`encoding.trunk`); the body is what learnt of the backbone, converted beside the model; the head
is read from the model's weights. Any of the first two may be missing.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tl_core.backbones import stages, weights
from tl_core.base import files
from tl_core.encoding import unpooled
from tl_core.encoding.trunk import Runner, Trunk
from tl_core.modalities import registry as modalities
from tl_core.models import persist, plain_head
from tl_core.models.persist import Description
from tl_core.tasks import registry

BODY = "body.tflite"
"""Rows to the last map; not there where only the head learnt."""
TAIL = "tail.tflite"
"""Rows to outputs, as earlier versions kept it; it tells no map."""
ABOUT = "tail.json"


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What a model made of examples on its way to its answers.

    Attributes:
        map: the backbone's last map, float32 (n, *sides, channels).
        features: its average over all places, float32 (n, channels).
        answers: as `LightModel.answer` gives them, float (n, outputs).
    """

    map: np.ndarray
    features: np.ndarray
    answers: np.ndarray


class LightModel:
    """A model folder, ready to answer and to be looked into.

    Args:
        folder: `model/` of a run.
        trunk_file: the converted trunk, see `trunk_of`; None when nothing is frozen.
        threads: of each part; 0 takes the setting in force.
    """

    def __init__(self, folder: Path, trunk_file: Path | None, threads: int = 0) -> None:
        self.description = persist.describe(folder)
        self.head = plain_head.read(folder, self.description)
        self._modality = modalities.of(self.description)
        self._frozen, self._threads = trunk_of(folder), threads
        self._trunk = Runner(trunk_file, threads) if trunk_file else None
        self._body = Runner(folder / BODY, threads) if (folder / BODY).is_file() else None
        has_old_tail = self.description.trainable_stages and not self._body
        self._old_tail = Runner(folder / TAIL, threads) if has_old_tail else None
        self._unpooled: Runner | None = None

    def answer(self, decoded: np.ndarray) -> np.ndarray:
        """Return probabilities (or numbers), float (n, outputs).

        Args:
            decoded: (n, *input_shape), as `Modality.see` gives them.
        """
        rows = self._rows(decoded)
        if self._old_tail:
            return self._told(self._old_tail.run(rows))
        return self._told(self.head.outputs(self._body.run(rows) if self._body else rows))

    def answer_with_features(self, decoded: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what `answer` and `features` do, computed once; None for a model that tells no map."""
        rows = self._rows(decoded)
        if self._old_tail:
            return self._told(self._old_tail.run(rows)), None
        last_map = self._body.run(rows) if self._body else rows
        return self._told(self.head.outputs(last_map)), plain_head.averaged(last_map)

    @property
    def has_old_tail(self) -> bool:
        """Whether an earlier version kept this model, which tells no map and no features."""
        return self._old_tail is not None

    def of_rows(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return answers, float (n, outputs), and features, float32 (n, channels), of what left the trunk.

        Args:
            rows: float32 (n, ...), as a run keeps them.
        """
        last_map = self._body.run(rows) if self._body else rows
        return self._told(self.head.outputs(last_map)), plain_head.averaged(last_map)

    def features(self, decoded: np.ndarray) -> np.ndarray:
        """Return the average of the last map, float32 (n, channels): what pictures are compared by.

        As quick as an answer: where only the head learnt, the map itself is never computed.

        Args:
            decoded: as for `answer`.

        Raises:
            LookupError: an earlier version kept this model; see `looking.prepare`.
        """
        if self._old_tail:
            raise _kept_by_an_earlier_version()
        rows = self._rows(decoded)
        return plain_head.averaged(self._body.run(rows) if self._body else rows)

    def look(self, decoded: np.ndarray) -> Looked:
        """Return the last map of examples, its average, and the answers.

        Args:
            decoded: as for `answer`.

        Raises:
            LookupError: a file is not there that TensorFlow has to make; see `looking.prepare`.
        """
        last_map = self.last_map(decoded)
        outputs = self.head.outputs(last_map)
        return Looked(last_map, plain_head.averaged(last_map), self._told(outputs))

    def last_map(self, decoded: np.ndarray) -> np.ndarray:
        """Return the map of `look` alone."""
        if self._old_tail:
            raise _kept_by_an_earlier_version()
        if self._frozen is not None and self._frozen.pooled:
            return self._map_runner(self._frozen).run(self._scaled(decoded))
        rows = self._rows(decoded)
        return self._body.run(rows) if self._body else rows

    def _map_runner(self, frozen: Trunk) -> Runner:
        if self._unpooled is None:
            path = unpooled.converted(frozen)
            if path is None:
                raise LookupError("the frozen part that gives maps has not been converted")
            self._unpooled = Runner(path, self._threads)
        return self._unpooled

    def _rows(self, decoded: np.ndarray) -> np.ndarray:
        scaled = self._scaled(decoded)
        return self._trunk.run(scaled) if self._trunk else scaled

    def _scaled(self, decoded: np.ndarray) -> np.ndarray:
        return self._modality.scale(self.description.scaling, decoded)

    def _told(self, outputs: np.ndarray) -> np.ndarray:
        task = registry.get(self.description.task)
        return task.activated(outputs, self.description.rules)


def answers(folder: Path) -> bool:
    """Say whether what is kept beside the model is enough to answer once its trunk is converted."""
    return gives_maps(folder) or (folder / TAIL).is_file()


def gives_maps(folder: Path) -> bool:
    """Say whether what is kept beside the model is enough to look into it, the same."""
    return not persist.describe(folder).trainable_stages or (folder / BODY).is_file()


def describe_trunk(folder: Path, frozen: Trunk | None) -> None:
    """Write beside the model which trunk belongs in front of it."""
    files.write_whole(folder / ABOUT, about(frozen))


def about(frozen: Trunk | None) -> bytes:
    """Return what stands in `ABOUT` of a model with that trunk."""
    return json.dumps({"trunk": asdict(frozen) if frozen else None}).encode()


def trunk_of(folder: Path) -> Trunk | None:
    """Return the trunk that belongs in front of a model, None when nothing is frozen.

    It was noted when the model was made; of one that came from elsewhere it follows from its description.
    """
    noted = folder / ABOUT
    if not noted.is_file():
        return _trunk_as_described(persist.describe(folder), folder / persist.BACKBONE)
    told = json.loads(noted.read_text("utf-8"))["trunk"]
    return Trunk(**told) if told else None


def _trunk_as_described(described: Description, carried: Path) -> Trunk | None:
    """Return the trunk of a model, named by the weights that it brought with it if it did.

    What those are said to be proves nothing: others must never take them for their own.
    """
    learning, name = described.trainable_stages, described.backbone
    if learning == len(stages.of(name)):
        return None
    fixed_by = described.backbone_weights
    if carried.is_file():
        fixed_by = f"carried:{weights.file_hash(carried)}"
    is_pooled = not learning and described.head.pooling == "average"
    node = stages.cut_for(name, learning).node_index
    return Trunk(described.began_on, node, described.entry.size, is_pooled, fixed_by)


def _kept_by_an_earlier_version() -> LookupError:
    return LookupError("an earlier version kept this model without what its map is made by")

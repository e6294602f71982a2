"""The journal of a study: one line of JSON a training, appended as soon as it is made.

What a line holds is enough to judge the training again by another rule: for every epoch looked at, each
validation picture's loss and whether it was right, beside what was reached on the test part.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.recipes.plan import Cell
from tl_core.tasks.closed_form import cross_entropy, negative_log_likelihoods
from tl_core.training.choice_of_epoch import Judged

SUFFIX = ".jsonl"
TEMPERATURES = np.geomspace(0.25, 8, 41)

LATEST, AVERAGED = "latest", "averaged"
"""The weights an epoch ends with, and their running mean over about one epoch."""
PLAIN, REFITTED = "plain", "refitted"
"""The exact head, and the one solved for on training and validation pictures together."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How good some weights are.

    Attributes:
        right: bool (n,), which validation pictures are right.
        losses: float (n,), their losses in nats.
        accuracy: on the test part, 0 to 1.
        log_loss: on the test part, in nats.
        scaled_log_loss: the same after the temperature that suits the validation part best.
        temperature: that.
    """

    right: np.ndarray
    losses: np.ndarray
    accuracy: float
    log_loss: float
    scaled_log_loss: float
    temperature: float

    @classmethod
    def of(
        cls,
        validation: tuple[np.ndarray, np.ndarray],
        test: tuple[np.ndarray, np.ndarray],
    ) -> "Answer":
        """Return the answer of weights, given logits (n, classes) and labels int (n,) of both parts."""
        (logits, labels), (test_logits, test_labels) = validation, test
        by_temperature = [cross_entropy(logits / each, labels) for each in TEMPERATURES]
        temperature = float(TEMPERATURES[np.argmin(by_temperature)])
        return cls(
            logits.argmax(axis=1) == labels,
            negative_log_likelihoods(logits, labels),
            float(np.mean(test_logits.argmax(axis=1) == test_labels)),
            cross_entropy(test_logits, test_labels),
            cross_entropy(test_logits / temperature, test_labels),
            temperature,
        )

    @property
    def judged(self) -> Judged:
        """What the product's own rule compares; the epoch plays no part in it."""
        return Judged(0, np.zeros((0, 0)), float(self.right.mean()), self.losses, self.right)

    def as_json(self) -> dict[str, Any]:
        return {
            "right": "".join("01"[int(each)] for each in self.right),
            "losses": [float(f"{loss:.4g}") for loss in self.losses],
            "test": [self.accuracy, self.log_loss, self.scaled_log_loss, self.temperature],
        }

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "Answer":
        right = np.array([letter == "1" for letter in held["right"]])
        return cls(right, np.array(held["losses"], np.float64), *held["test"])


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was seen after an epoch.

    Attributes:
        number: counted from 1 through all phases; 0 is the exact head.
        answers: by the kind of weights.
    """

    number: int
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Training:
    """One training that was made.

    Attributes:
        backbone: its name.
        cell: what was asked for.
        total_stages: of the backbone.
        pictures: learnt from.
        classes: how many.
        median: of the pictures of a class that were learnt from.
        tested: pictures of the test part.
        seconds: of training, judging included.
        epochs: those looked at, in order; those of a training whose loss ran away end early.
        ran_away: whether answers were no longer finite.
    """

    backbone: str
    cell: Cell
    total_stages: int
    pictures: int
    classes: int
    median: float
    tested: int
    seconds: float
    epochs: tuple[Epoch, ...]
    ran_away: bool = False

    def as_json(self) -> dict[str, Any]:
        held: dict[str, Any] = {
            name: getattr(self, name) for name in self.__slots__ if name not in ("cell", "epochs")
        }
        epochs = [
            {"number": each.number} | {kind: a.as_json() for kind, a in each.answers.items()}
            for each in self.epochs
        ]
        return held | {"cell": asdict(self.cell), "epochs": epochs}

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "Training":
        epochs = tuple(
            Epoch(
                each["number"],
                {kind: Answer.from_json(a) for kind, a in each.items() if kind != "number"},
            )
            for each in held["epochs"]
        )
        return cls(**{**held, "cell": Cell(**held["cell"]), "epochs": epochs})


def append(path: Path, training: Training) -> None:
    """Add a training to the end of a journal, which need not exist yet."""
    line = json.dumps(training.as_json(), separators=(",", ":")) + "\n"
    with path.open("a+b") as file:
        if file.tell() and not _ends_whole(path):
            file.write(b"\n")  # a line that was cut off stays by itself and is passed over
        file.write(line.encode())


def read(paths: Iterable[Path]) -> list[Training]:
    """Return the trainings of some journals; a line that was cut off is passed over."""
    return [
        Training.from_json(held)
        for path in paths
        for line in path.read_text("utf-8").splitlines()
        if (held := _parsed(line)) is not None
    ]


def made(folder: Path, backbone: str) -> set[Cell]:
    """Return the cells of a backbone that stand in any journal of a folder."""
    found = read(sorted(folder.glob(f"*{SUFFIX}")))
    return {training.cell for training in found if training.backbone == backbone}


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"

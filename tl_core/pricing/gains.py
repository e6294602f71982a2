"""What trainings of several depths brought beside the exact head: the study's table, and this machine's own.

Both are CSV with the same columns, one row a training. The study lies in `assets/studies`, chosen and
measured apart from this machine; what its own runs add lies in GRAFT_HOME/gains.csv, which backups
leave out as they do the speed of the machine. A damaged row is left out, as is one of a backbone that
nobody knows. Imports no TensorFlow.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from tl_core.backbones import catalogue
from tl_core.base import files, locks, settings

STUDY = Path(__file__).resolve().parents[2] / "assets" / "studies" / "fine_tuning_gains.csv"
KEPT = 300
"""Own trainings that are remembered, the newest; more would only slow the adviser down."""
POINTS = 100.0

COLUMNS = (
    "set",
    "pictures",
    "classes",
    "per_class",
    "backbone",
    "stages",
    "total_stages",
    "exact_head_accuracy",
    "trained_accuracy",
    "test_pictures",
    "division",
    "judged_on",
)
"""Of the machine's own table; the study's has the two log losses beside them."""

JudgedOn = Literal["test", "validation"]


@dataclass(frozen=True, slots=True)
class Case:
    """A training as it can be described before Start.

    Attributes:
        set: of which data set; versions of one have one name. Of the study a word, else an id.
        pictures: to learn from.
        classes: how many there are.
        per_class: pictures to learn from, the median of all classes.
        backbone: name in the catalogue.
        stages: that learn, counted from the output.
        total_stages: of the backbone.
        judged: pictures that the gain is measured on, at least 1.
    """

    set: str
    pictures: int
    classes: int
    per_class: float
    backbone: str
    stages: int
    total_stages: int
    judged: int


@dataclass(frozen=True, slots=True)
class Gain:
    """What one training brought.

    Attributes:
        case: the training.
        exact_accuracy: of the exact head, 0 to 1.
        trained_accuracy: of the model that was handed over, on the same pictures, 0 to 1.
        judged_on: the part of the pictures that both were measured on.
        division: tells trainings apart whose pictures were divided differently.
    """

    case: Case
    exact_accuracy: float
    trained_accuracy: float
    judged_on: JudgedOn = "test"
    division: str = ""

    @property
    def points(self) -> float:
        """Points of accuracy that the training brought: 4.0 from 80 % to 84 %."""
        return POINTS * (self.trained_accuracy - self.exact_accuracy)


def known() -> tuple[Gain, ...]:
    """Return everything known: the study, then what this machine learnt by itself."""
    return (*_as_it_stands(STUDY), *_as_it_stands(own_file()))


def keep(gain: Gain) -> None:
    """Remember what a training on this machine brought."""
    path = own_file()
    with locks.held(path.with_suffix(".lock")):
        gathered = [*_as_it_stands(path), gain][-KEPT:]
        files.write_whole(path, as_text(gathered).encode())


def own_file() -> Path:
    """Return the file of what this machine learnt, which need not exist."""
    return settings.current().home / "gains.csv"


def _as_it_stands(path: Path) -> tuple[Gain, ...]:
    try:
        now = path.stat()
    except FileNotFoundError:
        return ()
    return _read(path, now.st_mtime_ns, now.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _changed_ns: int, _bytes: int) -> tuple[Gain, ...]:
    return gains_in(path.read_text("utf-8", "replace"))


def gains_in(text: str) -> tuple[Gain, ...]:
    """Return the rows of a table that can be read, given as CSV with a head."""
    read = (_gain(row) for row in csv.DictReader(io.StringIO(text)))
    return tuple(gain for gain in read if gain is not None)


def _gain(row: dict[str, str]) -> Gain | None:
    try:
        exact, trained = float(row["exact_head_accuracy"]), float(row["trained_accuracy"])
        case = Case(
            set=row["set"],
            pictures=int(row["pictures"]),
            classes=int(row["classes"]),
            per_class=float(row["per_class"]),
            backbone=row["backbone"],
            stages=int(row["stages"]),
            total_stages=int(row["total_stages"]),
            judged=int(row["test_pictures"]),
        )
        part: JudgedOn = "validation" if row.get("judged_on") == "validation" else "test"
        gain = Gain(case, exact, trained, part, row["division"])
    except (KeyError, TypeError, ValueError):
        return None
    return gain if _is_sound(gain) else None


def _is_sound(gain: Gain) -> bool:
    case = gain.case
    return (
        case.backbone in catalogue.BACKBONES
        and min(case.pictures, case.classes, case.judged, case.per_class) > 0
        and 0 <= case.stages <= case.total_stages
        and all(0 <= share <= 1 for share in (gain.exact_accuracy, gain.trained_accuracy))
    )


def as_text(gains: Sequence[Gain]) -> str:
    """Return rows as CSV that `gains_in` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, gains))
    return text.getvalue()


def _row(gain: Gain) -> tuple[object, ...]:
    """Return the values of `COLUMNS`."""
    case = gain.case
    return (
        case.set,
        case.pictures,
        case.classes,
        f"{case.per_class:g}",
        case.backbone,
        case.stages,
        case.total_stages,
        f"{gain.exact_accuracy:.6f}",
        f"{gain.trained_accuracy:.6f}",
        case.judged,
        gain.division,
        gain.judged_on,
    )

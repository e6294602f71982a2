"""A run beside the teacher that it learnt from: accuracy kept, size and speed.

Accuracies are those of the results, and stand side by side only where all were judged by the very same
test pictures. Sizes and times are those that Take it home tells of a LiteRT file before it is packed: what
is measured there depends on what else the machine does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base import figures, ids
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import as_far_as_known
from tl_core.evaluation import comparison
from tl_core.export import estimate
from tl_core.export.formats import registry as formats
from tl_core.methods import registry

FORMAT = "litert"
"""Runs without TensorFlow, so that the network's own work decides and not what calls it."""
Part = Literal["teacher", "own", "alone"]
PARTS: dict[Part, Said] = {
    "teacher": Said("Teacher"),
    "own": Said("This model"),
    "alone": Said("Without a teacher"),
}
GONE = Said("The teacher is not there any more, so nothing can be held against it.")
OTHER_PICTURES = Said(
    "The teacher was judged by other test pictures, so its share of right ones says nothing beside this one."
)


@dataclass(frozen=True, slots=True)
class Partners:
    """The runs that a run is held against.

    Attributes:
        own: the run.
        teacher: that it learnt from; None where it is gone.
        alone: the newest run of the same backbone on the same data set that learnt from that alone, of the
            same freeze depth where there is one; None where there is none.
    """

    own: store.RunRow
    teacher: store.RunRow | None
    alone: store.RunRow | None

    @property
    def runs(self) -> dict[Part, store.RunRow]:
        """The runs that are there, in the order in which they are told."""
        every: dict[Part, store.RunRow | None] = {
            "teacher": self.teacher,
            "own": self.own,
            "alone": self.alone,
        }
        return {part: run for part, run in every.items() if run is not None}


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the table.

    Attributes:
        run_id, backbone: which it is; the title of its backbone.
        accuracy, low, high: share of the test pictures that it has right, with the interval of its result;
            None where it was judged by other pictures.
        file_bytes: of the file, about; None where the model is gone.
        seconds_each: that an answer takes on this machine, about; None likewise.
    """

    run_id: str
    backbone: str
    accuracy: float | None
    low: float | None
    high: float | None
    file_bytes: float | None
    seconds_each: float | None


@dataclass(frozen=True, slots=True)
class BesideTeacher:
    """The table.

    Attributes:
        rows: by what they are to the run; without those that are gone.
        caveat: what cannot be said and why; "" for nothing.
        pictures: how many test pictures the teacher and the run have in common.
        verdicts: of the teacher and of the run without one: 1 where this run is better beyond doubt, -1 where
            it is worse, 0 where that cannot be told; only of those that were judged by the same pictures.
    """

    rows: dict[Part, Row]
    caveat: str = ""
    pictures: int = 0
    verdicts: Mapping[Part, int] = field(default_factory=dict)

    def kept(self, name: Literal["accuracy", "file_bytes", "seconds_each"]) -> float | None:
        """Return what the run has of its teacher's, as a share of that; None where one is not known."""
        values = [
            getattr(self.rows[part], name) if part in self.rows else None
            for part in ("own", "teacher")
        ]
        return values[0] / values[1] if values[0] is not None and values[1] else None

    def sentences(self) -> list[Said]:
        """Return what came of it, and what cannot be said."""
        return [*self._kept_in_words(), *([Said(self.caveat)] if self.caveat else [])]

    def told(self) -> dict[str, Any]:
        """Return the same for a program."""
        models = [
            {"part": part, "title": PARTS[part], **asdict(row)} for part, row in self.rows.items()
        ]
        kept = {name: self.kept(name) for name in ("accuracy", "file_bytes", "seconds_each")}
        return {
            "models": models,
            "kept": kept,
            "pictures": self.pictures,
            "verdicts": dict(self.verdicts),
            "sentences": self.sentences(),
        }

    def _kept_in_words(self) -> list[Said]:
        accuracy, size, time = map(self.kept, ("accuracy", "file_bytes", "seconds_each"))
        told = []
        if accuracy is not None:
            share = figures.percent(accuracy, _digits(accuracy))
            told.append(Said("It keeps {share} of the teacher's accuracy.", share=share))
        told += [_VERDICTS[part][verdict] for part, verdict in self.verdicts.items()]
        if size is not None and time is not None:
            told.append(
                Said(
                    "Its file has {size} of the teacher's size, and an answer takes {time} of the time.",
                    size=figures.percent(size),
                    time=figures.percent(time),
                )
            )
        return told


_VERDICTS: dict[Part, dict[int, Said]] = {
    "teacher": {
        1: Said("On the same test pictures it is better than its teacher beyond doubt."),
        0: Said("The same test pictures tell no difference to its teacher."),
        -1: Said("On the same test pictures it is worse than its teacher beyond doubt."),
    },
    "alone": {
        1: Said("It is better than the same network without a teacher beyond doubt."),
        0: Said("The same test pictures tell no difference to the same network without a teacher."),
        -1: Said("It is worse than the same network without a teacher beyond doubt."),
    },
}


def _digits(share: float) -> int:
    """Return the decimals with which a share that is not the whole does not look like it."""
    return 1 if share != 1 and round(100 * share) == 100 else 0


def partners(run: store.RunRow) -> Partners | None:
    """Return whom a run is held against; None where it learnt from no teacher or has no result."""
    teacher_id = (run.inputs or {}).get(store.TEACHER)
    if not teacher_id or not _accuracy(run):
        return None
    try:
        teacher = store.run(teacher_id)
    except UserError:
        teacher = None
    if teacher is not None and teacher.deleted_at is not None:
        teacher = None
    return Partners(run, teacher, _alone(run))


def held(found: Partners) -> BesideTeacher:
    """Return the table; reads the answers of the runs, without Keras."""
    rows: dict[Part, Row] = {part: _row(each) for part, each in found.runs.items()}
    both: dict[Part, comparison.Comparison | None] = {
        part: _compared(other, found.own) for part, other in found.runs.items() if part in _VERDICTS
    }
    verdicts: dict[Part, int] = {
        part: each.headline.verdict for part, each in both.items() if each is not None
    }
    if found.teacher is None:
        return BesideTeacher(rows, GONE, 0, verdicts)
    compared = both["teacher"]
    if compared is None:
        rows["teacher"] = replace(rows["teacher"], accuracy=None, low=None, high=None)
        return BesideTeacher(rows, OTHER_PICTURES, 0, verdicts)
    return BesideTeacher(rows, "", len(compared.rows), verdicts)


def _alone(run: store.RunRow) -> store.RunRow | None:
    """Return the run without a teacher that says most about what the teacher brought."""
    found = [
        other
        for other in store.runs(dataset_id=run.dataset_id)
        if other.id != run.id
        and not other.inputs
        and registry.name_of(other.config) == registry.USUAL.name
        and _network(other) == _network(run)
        and _accuracy(other)
        and not (other.metrics or {}).get("arrived")
    ]
    depth = run.setting("trainable_stages")
    found.sort(key=lambda other: other.setting("trainable_stages") != depth)  # newest first else
    return found[0] if found else None


def _network(run: store.RunRow) -> object:
    """Return the settings of a run's network, but for how much of it learnt."""
    return as_far_as_known(run.config).but(trainable_stages=0).network


def _accuracy(run: store.RunRow) -> dict[str, Any]:
    """Return what is reported of the test part; nothing where no share of right answers is."""
    test = (run.metrics or {}).get("test") or {}
    return test if test.get("count") and test.get("accuracy") is not None else {}


def _row(run: store.RunRow) -> Row:
    test = _accuracy(run)
    format_ = formats.get(FORMAT)
    try:
        size, seconds = estimate.bytes_of(format_, run.id), estimate.seconds_of(format_, run.id)
    except UserError:  # the model is gone, or its backbone
        size = seconds = None
    name = str(run.setting("backbone") or "")
    return Row(
        run.id,
        catalogue.title(name),
        test.get("accuracy"),
        test.get("accuracy_low"),
        test.get("accuracy_high"),
        size,
        seconds,
    )


def _compared(teacher: store.RunRow, own: store.RunRow) -> comparison.Comparison | None:
    """Return the run held against its teacher; None where they were not judged by the same pictures alone."""
    try:
        first, second = (
            comparison.answers_of(ids.run_folder(each.id), each.dataset_id)
            for each in (teacher, own)
        )
        found = comparison.compare(first, second)
    except UserError:
        return None
    return found if set(found.counts) == {len(found.rows)} else None

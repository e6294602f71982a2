"""One way to understand what a person brought: what is to be learnt, from where, and what stays out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tl_core.base.said import Said, counted, packed, unpacked
from tl_core.intake.tables import Columns

Source = Literal["folders", "column", "one_hot", "numbers", "names", "one_class"]
Labels = Literal["one", "combined", "first", "each"]

SURE = 0.8
"""A reading with a lower score is proposed, not taken."""
SHOWN_NAMES = 6
EXAMPLE_CLASSES = 8
EXAMPLES_EACH = 4
PARTS = ("train", "val", "test")


class Choice(BaseModel):
    """What a person answers to “what do you want to learn?”."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(default="", description="The reading; empty for the first.")
    columns: tuple[str, ...] = Field(default=(), description="Which of its columns; empty for all.")
    class_name: str = Field(default="", max_length=200, description="What all pictures show.")


@dataclass(frozen=True, slots=True)
class Out:
    """Pictures that stay out, and why: a part without classes, loose ones, no line in the table."""

    kind: Literal["unlabelled", "loose", "unlisted", "doubtful"]
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an upload; all of it can be written as JSON.

    Attributes:
        key: names it among the readings of this upload, the same each time.
        task: what is to be learnt, by the name of the task.
        source: where the answer comes from.
        level: of folders, which one below the outermost; 0 is the first that says something.
        tables: names of the tables that it uses.
        columns: what each column of them says; None for other sources.
        answers: the columns that hold the answer: one, those of 0 and 1, or the numbers.
        labels: what becomes of several labels a picture: "combined" into classes, or the "first".
        pieces: those labels, where there are several.
        classes: pictures a class, in order; empty for numbers.
        parts: pictures in train, val and test as they came; empty where nothing says.
        groups: the column or folder that keeps pictures together, "" for none.
        found: how many pictures it has an answer for.
        count: how many pictures there are.
        out: what stays out.
        examples: names of a few pictures of each of the first classes, or values.
        evidence: what speaks for it, in sentences.
        score: how much speaks for it, 0 to 1.
        title: the sentence that says what is learnt.
        unlabelled: rows of the pictures of parts without classes, by the name of the part; not
            written.
    """

    key: str
    task: str
    source: Source
    title: str
    score: float
    level: int = 0
    tables: tuple[str, ...] = ()
    columns: dict[str, Any] | None = None
    answers: tuple[str, ...] = ()
    labels: Labels = "one"
    pieces: tuple[str, ...] = ()
    classes: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    groups: str = ""
    found: int = 0
    count: int = 0
    out: tuple[Out, ...] = ()
    examples: dict[str, list[str]] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    unlabelled: Mapping[str, Sequence[str]] = field(default_factory=dict, compare=False)

    @property
    def is_sure(self) -> bool:
        return self.score >= SURE and not self.needs_name

    @property
    def needs_name(self) -> bool:
        """Whether a person must say what all pictures show."""
        return self.source == "one_class" and not self.classes

    @property
    def offered(self) -> tuple[str, ...]:
        """The columns among which a person may choose, where there are several."""
        if self.source == "one_hot":
            return self.answers
        return tuple((self.columns or {}).get("targets", ())) if self.source == "numbers" else ()

    @property
    def sentence(self) -> Said:
        """The title with what was found: “2 classes from …; 30 of 30 pictures; groups by …”."""
        return Said("{title}; {facts}", title=self.title, facts=self.facts)

    @property
    def facts(self) -> Said:
        """How many pictures have an answer, what keeps some together, and which part has none."""
        apart = sum(out.count for out in self.out if out.kind == "unlabelled")
        told = counted(
            "{found} of {count} picture found",
            "{found} of {count} pictures found",
            self.count - apart,
            found=self.found,
        )
        if self.groups:
            told = Said("{so_far}; groups by {column}", so_far=told, column=self.groups)
        for out in self.out:
            if out.kind == "unlabelled":
                told = Said(
                    "{so_far}; {count} more in “{part}”, where nothing says what they show",
                    so_far=told,
                    count=out.count,
                    part=out.name,
                )
        return told

    def as_json(self) -> dict[str, Any]:
        """Return the reading for JSON, sentences with their sources beside them."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        del told["unlabelled"]
        told |= {
            "tables": list(self.tables),
            "answers": list(self.answers),
            "pieces": list(self.pieces),
            "out": [asdict(out) for out in self.out],
            "evidence": list(self.evidence),
            "unlabelled": {name: len(names) for name, names in self.unlabelled.items()},
        }
        return packed(told)

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> Self:
        """Undo `as_json`; names of unlabelled pictures are not known then."""
        told = unpacked(read)
        told.pop("unlabelled", None)
        known = {each.name for each in fields(cls)}
        told = {name: value for name, value in told.items() if name in known}
        return cls(
            **told
            | {
                "tables": tuple(told["tables"]),
                "answers": tuple(told["answers"]),
                "pieces": tuple(told["pieces"]),
                "out": tuple(Out(**out) for out in told["out"]),
                "evidence": tuple(told["evidence"]),
            }
        )

    def told(self) -> dict[str, Any]:
        """Return what a program wants to know of it, without the sources of sentences."""
        return {
            "key": self.key,
            "sentence": str(self.sentence),
            "task": self.task,
            "source": self.source,
            "columns": self.columns,
            "answers": list(self.answers),
            "labels": self.labels,
            "classes": self.classes,
            "parts": self.parts,
            "groups": self.groups,
            "out": [asdict(out) for out in self.out],
            "evidence": list(map(str, self.evidence)),
            "score": round(self.score, 2),
        }


def listed(names: Sequence[str]) -> str:
    """Return the first few names with commas; it is data, and no sentence."""
    shown = ", ".join(name if len(name) <= 40 else f"{name[:39]}…" for name in names[:SHOWN_NAMES])
    return shown + (" …" if len(names) > SHOWN_NAMES else "")


def examples_of(
    labelled: Iterable[tuple[str, str]], classes: Iterable[str]
) -> dict[str, list[str]]:
    """Return the names of a few pictures for each of the first classes.

    Args:
        labelled: (class, name) of the pictures.
        classes: in their order.
    """
    found: dict[str, list[str]] = {name: [] for name in islice(classes, EXAMPLE_CLASSES)}
    for label, name in labelled:
        if len(found.get(label, range(EXAMPLES_EACH))) < EXAMPLES_EACH:
            found[label].append(name)
    return found


def columns_json(columns: Columns) -> dict[str, Any]:
    """Return columns for `Reading.columns`."""
    return columns.model_dump(mode="json")

"""What is known of a backbone that was a trained model before: its shape, and all that its weights have learnt.

A card travels inside every model that stands on such a backbone, so it may come from anywhere: whatever is
drawn of it is bounded and plain.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PREFIX = "own-"
"""How the names of such backbones begin; the rest follows from their weights."""
LONGEST_TITLE = 60
MOST_LESSONS = 32
NAMES_KEPT = 50
"""Of the answers that a training taught, so many are named."""
SIGNS = " ,'()-"
"""What a title may have beside letters and digits: no mark-up and no address can be made of these."""
_POINT = re.compile(r"(?<=\d)\.(?=\d)")


def is_plain(title: str) -> bool:
    """Say whether a title can stand wherever those of published networks do, unescaped."""
    are_known = all(map(_is_known, _POINT.sub("", title)))
    return title[:1].isalnum() and len(title) <= LONGEST_TITLE and are_known


def plain(title: str) -> str:
    """Return a title with what it may not have left out, shortened; empty where nothing remains."""
    parts = _POINT.split(" ".join(title.split()))
    kept = ".".join("".join(s if _is_known(s) else " " for s in part) for part in parts)
    words = (
        " ".join(kept.split()).lstrip(SIGNS)[:LONGEST_TITLE].rstrip(f"{SIGNS.replace(')', '')}.")
    )
    return words if is_plain(words) else ""


def _is_known(sign: str) -> bool:
    return sign.isalnum() or sign in SIGNS or unicodedata.category(sign).startswith("M")


def _plain(title: str) -> str:
    if not is_plain(title):
        raise ValueError("its name is empty, too long, or has signs that a name cannot have")
    return title


Title = Annotated[str, AfterValidator(_plain)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Name = Annotated[str, Field(max_length=10_000)]


class Lesson(BaseModel):
    """One training that changed the weights.

    Attributes:
        data: what its data set was called; empty where that did not travel along.
        answers: what it learnt to tell, the first `NAMES_KEPT`.
        answers_count: how many there were.
        task: what kind of answers, by the name of the task.
        examples: that it learnt from; 0 where that is not known.
        stages: that learnt, counted from the output.
        result: how good it was on examples it had not learnt from, in words; empty where not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: _Name = ""
    answers: tuple[_Name, ...] = Field(default=(), max_length=NAMES_KEPT)
    answers_count: int = Field(ge=1, le=100_000)
    task: str = Field(max_length=40)
    examples: int = Field(default=0, ge=0)
    stages: int = Field(ge=0, le=64)
    result: str = Field(default="", max_length=400)


class Card(BaseModel):
    """A backbone that was a trained model before.

    Attributes:
        title: what a person called it.
        architecture: the published backbone that it has the shape of, by name; takes the same examples.
        began_with: what fixes the weights that its first training began with: a hash, or "random".
        lessons: every training since, the first one first.
        scaling: how an example is scaled for it.
        size: that it was trained at, see `Entry`.
        weights_sha256: of the file of all its weights.
        weights_bytes: of that file.
        made_at: when, in seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    title: Title
    architecture: str = Field(max_length=64)
    began_with: str = Field(max_length=80)
    lessons: tuple[Lesson, ...] = Field(min_length=1, max_length=MOST_LESSONS)
    scaling: str = Field(max_length=64)
    size: int = Field(ge=1, le=4096)
    weights_sha256: _Hash
    weights_bytes: int = Field(ge=1)
    made_at: float = Field(ge=0)

    @property
    def name(self) -> str:
        """Return its name in settings: the same weights have the same name everywhere."""
        return name_of(self.weights_sha256)

    @property
    def fingerprint(self) -> str:
        """Return what fixes its weights."""
        return f"sha256:{self.weights_sha256}"

    @property
    def last(self) -> Lesson:
        """Return the training that it comes from."""
        return self.lessons[-1]


def name_of(weights_sha256: str) -> str:
    """Return what a backbone with these weights is called in settings."""
    return f"{PREFIX}{weights_sha256[:16]}"

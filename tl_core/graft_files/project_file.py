"""A whole project in one file: pictures, versions of its data sets, runs and their models.

A `sealed` file. Everything in it is data that is checked against the models below; pictures are
opened again by whoever reads the file, and numbers of runs are worked out anew from the answers.
Imports no Keras.

Longer than 400 lines because every part of the file is described by a model that stands here.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tl_core.base.errors import UserError
from tl_core.base.files import is_disk_full
from tl_core.base.said import Said
from tl_core.datasets import code_pages
from tl_core.datasets.splits import TEST, VALIDATION, Split
from tl_core.graft_files import bundle, sealed
from tl_core.modalities import registry as modalities
from tl_core.modalities.modality import Modality
from tl_core.modalities.of_modality import OfModality, ReadBy
from tl_core.models import detector_file, persist
from tl_core.tasks import registry

KIND = "graft-project"
CONTENTS = "project.json"
RUN = "run.json"
PENDING = "pending.json"
CHECKPOINT = ("checkpoint.safetensors", "checkpoint.json")
"""What a run goes on from, weights and all else."""
ANSWERS = "answers.f64"
"""The answers of a run: of type `ANSWER_TYPE`, those on the parts `JUDGED` one after the other."""
ANSWER_TYPE = "<f8"
JUDGED = (VALIDATION, TEST)
TEXT_LIMIT_BYTES = 256 * 1024**2
EXAMPLE_LIMIT_BYTES = 64 * 1024**2
MOST_ENTRIES = 1_000_000
_NAMES: tuple[tuple[re.Pattern[str], int], ...] = (
    (
        re.compile(r"project\.json|datasets/[0-9]{1,6}\.json|runs/[0-9]{1,6}/run\.json"),
        TEXT_LIMIT_BYTES,
    ),
    (re.compile(r"pending/[0-9]{1,6}/pending\.json"), TEXT_LIMIT_BYTES),
    (re.compile(r"(runs|pending)/[0-9]{1,6}/checkpoint\.json"), TEXT_LIMIT_BYTES),
    (
        re.compile(r"(runs|pending)/[0-9]{1,6}/checkpoint\.safetensors"),
        bundle.WEIGHTS_LIMIT_BYTES,
    ),
    (re.compile(r"runs/[0-9]{1,6}/model\.json"), bundle.TEXT_LIMIT_BYTES),
    (re.compile(r"runs/[0-9]{1,6}/(tail\.safetensors|answers\.f64)"), bundle.WEIGHTS_LIMIT_BYTES),
    (re.compile(r"runs/[0-9]{1,6}/unknowns\.safetensors"), detector_file.LIMIT_BYTES),
    (re.compile(r"weights/[0-9a-f]{64}\.safetensors"), bundle.WEIGHTS_LIMIT_BYTES),
)
"""Every name that may stand in such a file but those of examples, and how large what it names may be."""
_EXAMPLE = re.compile(r"pictures/([0-9a-f]{64})(\.[a-z0-9]+)")


def _visible(title: str) -> str:
    """Return a title if something of it can be seen."""
    if not "".join(sign for sign in title if ord(sign) > 31).strip():
        raise ValueError("it has no name")
    return title


def _known_codec(name: str) -> str:
    """Return the name of an encoding if it is one of text."""
    try:
        return code_pages.named(name[:40])
    except UserError:
        raise ValueError("it names an encoding that there is not") from None


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)


Name = Annotated[str, Field(max_length=1024)]
Label = Annotated[str, Field(max_length=persist.LONGEST_NAME)]
Title = Annotated[Name, AfterValidator(_visible)]
Sentence = Annotated[str, Field(max_length=4000)]
Codec = Annotated[str, AfterValidator(_known_codec)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]
Index = Annotated[int, Field(ge=0, lt=100_000)]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Numbers = tuple[float, ...]
Model = TypeVar("Model", bound=BaseModel)


class Checked(BaseModel):
    """A part of the file: nothing that it does not know, and no number that is none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Input(Checked):
    """What else there is to learn from: the place of a data set, or of a run.

    As the input of a run, a run comes before it.
    """

    dataset: Index | None = None
    run: Index | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        _require((self.dataset is None) != (self.run is None), "it names no input, or two at once")
        return self


class Serving(Checked):
    """What has a role for a data set, which is named by the place of one of its versions."""

    dataset: Index
    role: Literal["source", "unlabelled", "teacher"]
    by: Input

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        is_run = self.by.run is not None
        _require(is_run == (self.role == "teacher"), "it names something else than its role is for")
        return self


class Matched(Checked):
    """Which class of one data set a person said is which of another's, "" for none of them."""

    dataset: Index
    source: Index
    renamed: dict[Label, Label] = Field(max_length=100_000)


class Contents(Checked):
    """What the file holds: `pictures` by hash, so many data sets, runs, and `pending` ones without a model.

    `serving` and `matched` are what a person said of data sets, whichever version is learnt from.
    """

    name: Title
    pictures: tuple[Hash, ...]
    datasets: Index
    runs: Index
    pending: Index = 0
    serving: tuple[Serving, ...] = ()
    matched: tuple[Matched, ...] = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        _require(len(set(self.pictures)) == len(self.pictures), "a picture is there twice")
        return self

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        inputs = [each.by for each in self.serving]
        datasets = [each.dataset for each in (*self.serving, *self.matched, *inputs)]
        datasets += [each.source for each in self.matched]
        runs = [each.run for each in inputs]
        _require(
            all(place is None or place < self.datasets for place in datasets)
            and all(place is None or place < self.runs for place in runs),
            "it names what is not there",
        )
        return self


class SetAside(Checked):
    """A file that was not taken, and why."""

    name: Name
    code: Name
    reason: Sentence
    hint: Sentence = ""


class Reading(Checked):
    """What names were read as, see `datasets.naming.Reading`; bytes as hexadecimal digits."""

    codec: Codec
    others: tuple[Codec, ...] = ()
    texts: tuple[Name, ...]
    bytes: tuple[Annotated[str, Field(pattern=r"^([0-9a-f]{2}){0,4096}$")], ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _require(len(self.texts) == len(self.bytes), "its lists are not equally long")
        return self


class DataSet(Checked, OfModality):
    """One version of a data set; lists run over its pictures, as in `manifest.Dataset`.

    `pictures` are places in the list of `Contents`; `parent` is the place of the data set that it
    is an edited version of, which comes before it. A deleted one is there for the runs on it.
    `unlabelled` are pictures to be answered, places as well.
    """

    name: Title
    parent: Index | None = None
    is_deleted: bool = False
    history: Sentence = ""
    classes: tuple[Label, ...]
    targets: tuple[Label, ...]
    pictures: tuple[Count, ...]
    names: tuple[Label, ...]
    labels: tuple[Count, ...]
    splits: tuple[Annotated[int, Field(ge=0, le=2)], ...]
    values: tuple[Numbers, ...] | None = None
    shows: tuple[tuple[bool, ...], ...] | None = None
    groups: tuple[Label, ...] | None = None
    twins: tuple[Int32, ...] | None = None
    given: tuple[Annotated[int, Field(ge=-1, le=2)], ...] | None = None
    naive: tuple[Annotated[int, Field(ge=0, le=2)], ...] | None = None
    unseen: tuple[bool, ...] | None = None
    split: Split | None = None
    read_by: ReadBy = None
    moved: Count = 0
    torn: Count = 0
    notes: tuple[Sentence, ...] = ()
    aside: tuple[SetAside, ...] = ()
    junk: Count = 0
    unlabelled: tuple[Count, ...] = ()
    unlabelled_names: tuple[Name, ...] = ()
    reading: Reading | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = len(self.pictures)
        columns = (self.names, self.labels, self.splits)
        further = (
            self.values,
            self.shows,
            self.groups,
            self.twins,
            self.given,
            self.naive,
            self.unseen,
        )
        _require(
            all(len(column) == count for column in columns)
            and all(column is None or len(column) == count for column in further),
            "its lists are not equally long",
        )
        _require(
            len(self.unlabelled) == len(self.unlabelled_names), "its lists are not equally long"
        )
        flaw = registry.of(self).flaw(self)
        _require(not flaw, flaw)
        return self


class Epoch(Checked):
    """What one epoch told; see `signals.events`."""

    epoch: Count
    epochs: Count
    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    val_mae: Numbers | None = None
    learning_rate: float | None = None
    stages: Count | None = None
    seconds: float | None = None
    best: bool = False


class ClosedForm(Checked):
    """What the best linear head reached: in validation while training began, and on the test."""

    val: float | None = None
    test: float | None = None
    val_mae: Numbers | None = None
    test_mae: Numbers | None = None
    baseline: float | None = None
    baseline_mae: tuple[float | None, ...] | None = None


class NaiveClaim(Checked):
    """What a split that ignores copies and groups would have claimed."""

    score: float
    leaked: Count


class Folds(Checked):
    """Scores of a cross-validation."""

    scores: Numbers
    mean: float
    spread: float


class Run(Checked):
    """One run that has a model; its answers lie beside it, in the order of the data set.

    `weights` is the hash of the backbone's pretrained weights where they travel along; `arrived`
    marks a model that came as a file of its own, without pictures and answers. `inputs` are what
    else it learnt from, by role. `handed_over` says which of its two candidates the model is,
    `trained_val` how the trained one did on validation; `refitted` that the exact head was solved for
    once more on validation pictures; `checkpoint` after how many epochs the one was saved that lies beside it.
    """

    name: Title
    dataset: Index
    status: Literal["finished", "cancelled"]
    config: dict[str, Any]
    inputs: dict[Name, Input] = Field({}, max_length=16)
    weights: Hash | None = None
    arrived: bool = False
    ended: Literal["epochs", "early", "stopped", "diverged"] = "epochs"
    epochs: Count = 0
    best_epoch: Count = 0
    steps: Count = 0
    handed_over: Literal["exact_head", "trained"] | None = None
    trained_val: float | None = None
    refitted: bool = False
    curve: tuple[Epoch, ...] = ()
    closed_form: ClosedForm | None = None
    naive: NaiveClaim | None = None
    folds: Folds | None = None
    checkpoint: Count | None = None


def is_one(file: Path) -> bool:
    """Say whether a file seems to be a project; cheap, and to be checked by `unpack`."""
    return sealed.first_name(file) == CONTENTS


def dataset_name(number: int) -> str:
    """Return what a data set is called inside the file."""
    return f"datasets/{number}.json"


def run_part(number: int, part: str) -> str:
    """Return what a part of a run is called inside the file."""
    return f"runs/{number}/{part}"


def pending_part(number: int, part: str) -> str:
    """Return what a part of a run without a model is called inside the file."""
    return f"pending/{number}/{part}"


def weights_name(digest: str) -> str:
    """Return what pretrained weights are called inside the file."""
    return f"weights/{digest}.safetensors"


def example_name(digest: str, modality: Modality) -> str:
    """Return what an example is called inside the file."""
    return f"pictures/{digest}{modality.suffix}"


def example_hash(name: str) -> str:
    """Return the hash of the example that is called so, "" where it is none."""
    found = _EXAMPLE.fullmatch(name)
    known = {modality.suffix for modality in modalities.MODALITIES}
    return found[1] if found and found[2] in known else ""


def as_text(content: BaseModel) -> bytes:
    """Return what is written of a part."""
    return content.model_dump_json(exclude_defaults=True).encode("utf-8")


def unpack(file: Path, folder: Path, on_progress: sealed.Step) -> Contents:
    """Write the parts of a project file of unknown origin below `folder`, which is empty.

    Raises:
        UserError: "E-PROJECT", saying what is wrong with it.
    """
    with refusing():
        names = set(_unpacked(file, folder, on_progress))
        contents = read(folder / CONTENTS, Contents)
        if names != _expected(contents, names):
            raise sealed.BrokenError(Said("it holds other files than its contents say"))
    return contents


def read(file: Path, kind: type[Model]) -> Model:
    """Return a part that was unpacked; call it inside `refusing`."""
    return kind.model_validate_json(file.read_bytes())


def picked(kind: type[Model], told: Mapping[str, Any]) -> Model:
    """Return what a file keeps of something that was told."""
    return kind.model_validate({name: told[name] for name in kind.model_fields if name in told})


@contextmanager
def refusing() -> Iterator[None]:
    """Turn whatever shows that the file is not one of ours into one error with the reason."""
    try:
        yield
    except sealed.BrokenError as error:
        raise refused(error.reason) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])[:80]
        reason = Said("its content is not as it should be")
        if place:
            reason = Said("“{place}” in it is not as it should be", place=place)
        raise refused(reason) from error
    except UserError as error:
        if error.code not in ("E-MODEL-FORMAT", "model-format"):
            raise
        why = error.message
        reason = why.values.get("reason", why) if isinstance(why, Said) else why
        raise refused(Said("one of its models cannot be used: {reason}", reason=reason)) from error
    except _DAMAGES as error:
        raise refused(Said("it is damaged or not a Graft project")) from error


def refused(reason: str) -> UserError:
    """Return the error that says why a file is not opened."""
    return UserError(
        "E-PROJECT",
        "This file cannot be opened as a project: {reason}.",
        "Save the project again where it comes from, and copy the file once more.",
        reason=reason,
    )


_DAMAGES = (
    zipfile.BadZipFile,
    ValueError,
    KeyError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
)


def _unpacked(file: Path, folder: Path, on_progress: sealed.Step) -> list[str]:
    try:
        return sealed.unpack(
            file, folder, KIND, _limit_bytes, on_progress, most_entries=MOST_ENTRIES
        )
    except OSError as error:
        if is_disk_full(error):
            raise
        raise sealed.BrokenError(Said("it is damaged or not a Graft project")) from error


def _expected(contents: Contents, names: Set[str]) -> set[str]:
    """Return the names that have to be there; weights are there where a run says so."""
    examples = {example_hash(name): name for name in names}
    expected = {CONTENTS, *(examples.get(digest, "") for digest in contents.pictures)}
    expected |= {dataset_name(number) for number in range(contents.datasets)}
    for number in range(contents.runs):
        parts = (RUN, ANSWERS, persist.DESCRIPTION, persist.TAIL)
        expected |= {run_part(number, part) for part in parts}
        beside = (detector_file.FILE, *CHECKPOINT)
        expected |= {run_part(number, part) for part in beside} & names
    for number in range(contents.pending):
        expected |= {pending_part(number, part) for part in (PENDING, *CHECKPOINT)}
    return expected | {name for name in names if name.startswith("weights/")}


def _limit_bytes(name: str) -> int:
    if example_hash(name):
        return EXAMPLE_LIMIT_BYTES
    return next((limit for pattern, limit in _NAMES if pattern.fullmatch(name)), 0)

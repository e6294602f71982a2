"""What an export format declares: page, command line, exporter, certificate and help read it here.

A format is one module with one `Format`, and one line in `registry.FORMATS`. Its module imports nothing heavy:
the command line's help and the pages read every record. What writing needs is imported by the functions that write.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.export.formats.device_recipe import Recipe
from tl_core.export.formats.needed_package import Package

if TYPE_CHECKING:
    import numpy as np

    from tl_core.evaluation.report.subject import Subject as Report
    from tl_core.export.clean_room import Answers
    from tl_core.export.parity import Certificate
    from tl_core.models.persist import Description

MadeOf = Literal["run", "project"]
"""What a file is made of: the model of one run, or a project with everything in it."""

Goes = Literal["program", "phone", "board", "web", "server", "graft", "code"]
"""Where a file goes: a program, a phone, a small board, a web page, a server, another Graft, the code of a person."""

PLACES: dict[Goes, Said] = {
    "program": Said("Into a program"),
    "phone": Said("Onto a phone"),
    "board": Said("Onto a small board"),
    "web": Said("Onto a web page"),
    "server": Said("Onto a server"),
    "graft": Said("To another Graft"),
    "code": Said("As code"),
}
"""Where formats go, in the order in which people are offered them."""

Runtime = Literal["keras", "lean"]
"""What runs the model: Keras, or a runtime that was made for it alone and is quicker."""

WRITTEN = "written"
"""The folder that a format writes into, in one that is removed when all is done."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is packed.

    Attributes:
        id: of the run or the project.
        title: what names it in the name of the file.
        folder: the run's, which holds its model; the project's.
        owner: whose it is; None asks for the one in the settings.
        language: in which the texts beside the model are written.
        renamed: today's names of classes that had another one in training, by that; `folder` bears them.
        with_checkpoints: of a project, whether what its trainings go on from travels along.
    """

    id: str
    title: str
    folder: Path
    owner: str | None = None
    language: str = "en"
    renamed: Mapping[str, str] = field(default_factory=dict)
    with_checkpoints: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What a format wrote.

    Attributes:
        file: what is handed over, or what lies in the zip that is, where it may be a folder; it bears the name there.
        left_out: how many runs of a project could not be written; None for a model.
        note: what a person should know of how it was made, as sentences; "" for nothing.
        holds: what lies in the file by name, each with a few words about it, where it is a zip already: what
            lies beside a model then goes into it. Empty for a bare model.
    """

    file: Path
    left_out: int | None = None
    note: str = ""
    holds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How far the answers of a file may be from the app's, for the certificate to pass.

    Attributes:
        difference: the largest between two answers about one picture; float sums vary by less than
            the default. None for a file that keeps its numbers so coarsely that only what they
            come to can be compared.
        agreement: least share of pictures with the same label, 0 to 1.
        lost: by how much the file's result on known pictures may be worse, 0 to 1, or one picture; None for no bound.
    """

    difference: float | None = 1e-4
    agreement: float = 1.0
    lost: float | None = None


EXACT = Allowance()
"""Of files that calculate as the app does."""


class Write(Protocol):
    """Writes one file into an empty folder; what else it writes there is thrown away."""

    def __call__(self, subject: Subject, folder: Path) -> Written: ...


class Ask(Protocol):
    """The clean-room runner: asks a written file in a process that knows nothing of Graft.

    It opens the pictures by what travels with the file, from the files that people have.

    Returns:
        float32 (pictures, outputs), alone or with how long an answer took and by which versions.

    Raises:
        UserError: "export-unreadable" when the file cannot be used there.
    """

    def __call__(
        self, file: Path, pictures: tuple[Path, ...], described: Description
    ) -> np.ndarray | Answers: ...


@dataclass(frozen=True, slots=True)
class Handover:
    """All that is known of a model that is packed, for the texts that lie beside it.

    Attributes:
        format: as which it is packed.
        subject: what is packed.
        described: the model.
        file: what was written of it.
        certificate: what came of the comparison; None for a format without a runner.
        report: the run with its data set, settings and results; None where the model is all that is known.
        files: what else lies in the zip, for its README.
        holds: what was written of it, by name; see `Written`.
    """

    format: Format
    subject: Subject
    described: Description
    file: Path
    certificate: Certificate | None = None
    report: Report | None = None
    files: tuple[Companion, ...] = ()
    holds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Companion:
    """A text that lies beside the model in the zip.

    Attributes:
        name: of the file.
        text: what it says of what is packed; where that is nothing, the file is left out.
        about: what the file is, in a few words, for the README; "" where that need not be said.
    """

    name: str
    text: Callable[[Handover], str]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """How the file is used in other programs: a sentence, and the program that does it.

    Attributes:
        text: may name {command}, which is shown as code.
        command: what a person types.
        program: the text of the program, for a model.
        install: what a person types before, so that all that it needs is there; "" for nothing.
    """

    text: str
    command: str
    program: Callable[[Description], str]
    install: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to take something home.

    Attributes:
        name: as the command line takes it and as files of the exporter are called: lower case
            letters and digits.
        title: what it is for, as a heading.
        sentence: what a beginner should know of it, for the page.
        help: the same in a few words, for the command line.
        button: what the button says that begins to pack it.
        ending: of the file, with its dot; ".zip" where something lies beside the model.
        made_of: a run or a project.
        goes: where people take it.
        weight_bytes: what one weight takes in the file, by which its size is told before it is packed;
            None where that cannot be told.
        own_bytes: tells the size of the file where it does not follow from the weights alone, for the id of what is packed.
        runtime: what runs it, by which its speed is told before it is packed; None where that cannot be told.
        write: makes the file.
        ask: the clean-room runner that the certificate uses. None for Graft's own files: they are
            checked in full by the Graft that opens them.
        goes_unchecked: whether a model that came without its pictures is packed all the same, unchecked.
        cannot_run: says why no computer of this kind runs such a file, so that its answers stay
            unchecked, as a sentence; None where it does.
        allowed: how far its answers may be from the app's.
        beside: what lies beside the model in the zip besides what every zip has (`beside.SHARED`);
            without any, the file goes bare.
        is_page: whether the bare model is a page that a browser opens.
        alone: what the link to the bare model is called, where that is of use without its zip.
        guide: how to use it in other programs.
        recipes: how to use it in other places.
        packages: what has to be installed for it.
        needs_training: whether it is of no use for a model that came without its training.
        to_fetch: says what packing fetches from the internet first, as a sentence; None where nothing.
        builds: whether a whole network is built for it, which takes memory: such packings wait for
            one another.
        usual_s: what packing takes on an ordinary computer; None where that depends on how much
            there is, so that bytes are counted instead.
    """

    name: str
    title: str
    sentence: str
    help: str
    button: str
    ending: str
    made_of: MadeOf = "run"
    goes: Goes = "program"
    weight_bytes: float | None = 4.0
    own_bytes: Callable[[str], float] | None = None
    runtime: Runtime | None = None
    write: Write
    ask: Ask | None = None
    goes_unchecked: bool = False
    cannot_run: Callable[[], str | None] = lambda: None
    allowed: Allowance = EXACT
    beside: tuple[Companion, ...] = ()
    is_page: bool = False
    alone: str = ""
    guide: Guide | None = None
    recipes: tuple[Recipe, ...] = ()
    packages: tuple[Package, ...] = ()
    needs_training: bool = False
    to_fetch: Callable[[], str | None] = lambda: None
    builds: bool = True
    usual_s: float | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_judged(self) -> bool:
        """Whether the file is held against pictures that the app judged, which have to be there."""
        return self.ask is not None and not self.goes_unchecked

    @property
    def may_change(self) -> bool:
        """Whether what it is made of goes on changing after it was packed."""
        return self.made_of == "project"

    @property
    def work_prefix(self) -> str:
        """How folders are called that it is packed in."""
        return f".pack-{self.name}-"

    @property
    def unfinished(self) -> str:
        """A pattern of what it has written so far, in the folder that it is packed into."""
        return f"{self.work_prefix}*/{WRITTEN}/*{self.ending}"

    def folder_of(self, identifier: str) -> Path:
        """Return the folder of the run or project that is packed."""
        from tl_core.base import ids  # reads the settings, which the help can do without

        folders = {"run": ids.run_folder, "project": ids.project_folder}
        return folders[self.made_of](identifier)

    def missing(self) -> Package | None:
        """Return a package that is not installed or too old, without importing any."""
        return next((need for need in self.packages if not need.is_here), None)

    def require_packages(self) -> None:
        """Refuse where a package is missing or too old.

        Raises:
            UserError: "format-package", with the exact reason.
        """
        need = self.missing()
        if need is not None:
            raise UserError(
                "format-package",
                "The format {format} cannot be made here. {lacking} {reason}",
                "Run: pip install {package}",
                format=self.name,
                lacking=need.lacking,
                package=shlex.quote(need.wanted),
                reason=need.reason,
            )

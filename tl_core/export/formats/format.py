"""What an export format declares: page, command line, exporter, certificate and help read it here.

A format is one module with one `Format`, and one line in `registry.FORMATS`. Its module imports
nothing heavy: the command line's help and the pages read every record. What writing needs is
imported by the functions that write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from tl_core.base.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from tl_core.export.parity import Certificate
    from tl_core.models.persist import Description

MadeOf = Literal["run", "project"]
"""What a file is made of: the model of one run, or a project with everything in it."""

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
    """

    id: str
    title: str
    folder: Path
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a format wrote.

    Attributes:
        file: what is handed over, or what lies in the zip that is; it bears the name that it has
            there.
        left_out: how many runs of a project could not be written; None for a model.
    """

    file: Path
    left_out: int | None = None


class Write(Protocol):
    """Writes one file into an empty folder; what else it writes there is thrown away."""

    def __call__(self, subject: Subject, folder: Path) -> Written: ...


class Ask(Protocol):
    """The clean-room runner: asks a written file in a process that knows nothing of Graft.

    It opens the pictures by what travels with the file, from the files that people have.

    Returns:
        float32 (pictures, outputs).

    Raises:
        UserError: "export-unreadable" when the file cannot be used there.
    """

    def __call__(
        self, file: Path, pictures: tuple[Path, ...], described: Description
    ) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Companion:
    """A text that lies beside the model in the zip.

    Attributes:
        name: of the file.
        text: what it says, from what the model is and what came of the comparison (None for a
            format without a runner).
    """

    name: str
    text: Callable[[Description, Certificate | None], str]


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that a format cannot do without and that Graft does not install.

    Attributes:
        name: as pip takes it.
        module: what it is imported as.
        reason: what the format needs it for, as a sentence for people.
    """

    name: str
    module: str
    reason: str


@dataclass(frozen=True, slots=True)
class Guide:
    """How the file is used in other programs: a sentence, and the program that does it.

    Attributes:
        text: may name {command}, which is shown as code.
        command: what a person types.
        program: the text of the program, for a model.
    """

    text: str
    command: str
    program: Callable[[Description], str]


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
        write: makes the file.
        ask: the clean-room runner that the certificate uses. None for Graft's own files: they are
            checked in full by the Graft that opens them.
        beside: what lies beside the model in the zip; without any, the file goes bare.
        alone: what the link to the bare model is called, where that is of use without its zip.
        guide: how to use it in other programs.
        packages: what has to be installed for it.
        needs_training: whether it is of no use for a model that came without its training.
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
    write: Write
    ask: Ask | None = None
    beside: tuple[Companion, ...] = ()
    alone: str = ""
    guide: Guide | None = None
    packages: tuple[Package, ...] = ()
    needs_training: bool = False
    builds: bool = True
    usual_s: float | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_judged(self) -> bool:
        """Whether the file is held against pictures that the app judged, which have to be there."""
        return self.ask is not None

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
        """Return a package that is not installed, without importing any."""
        return next((need for need in self.packages if find_spec(need.module) is None), None)

    def require_packages(self) -> None:
        """Refuse where a package is missing.

        Raises:
            UserError: "format-package", with the exact reason.
        """
        need = self.missing()
        if need is not None:
            raise UserError(
                "format-package",
                "The format {format} needs the package {package}, which is not installed: {reason}",
                "Run: pip install {package}",
                format=self.name,
                package=need.name,
                reason=need.reason,
            )

"""What formats share whose model the script beside it loads: how it is written and asked, and that script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tl_core.base.said import Said
from tl_core.export.formats.format import Companion, Subject, Written

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.export.clean_room import Answers
    from tl_core.export.formats.script import Backend
    from tl_core.models.persist import Description


class ModelFile(Protocol):
    """A module that writes one kind of model."""

    @property
    def MODEL(self) -> str:  # noqa: N802 - a constant of the module
        """What the model is called, a file or a folder."""
        ...

    @property
    def BACKEND(self) -> Backend:  # noqa: N802
        """What the script is made with."""
        ...

    def write(self, model_dir: Path, file: Path) -> None:
        """Write the trained model of `model_dir`. May import Keras."""
        ...


@dataclass(frozen=True, slots=True)
class Scripted:
    """A kind of model that the script beside it loads and asks.

    Attributes:
        module: returns what writes it; imports that only then, since it is heavy.
        name: of the script.
    """

    module: Callable[[], ModelFile]
    name: str = "predict.py"

    def write(self, subject: Subject, folder: Path) -> Written:
        """Write the model of a run; see `format.Write`. May import Keras.

        Raises:
            UserError: when the model cannot be rebuilt; see `persist.load_model`.
        """
        from tl_core.training.results import MODEL_DIR

        kind = self.module()
        file = folder / kind.MODEL
        kind.write(subject.folder / MODEL_DIR, file)
        return Written(file)

    def ask(self, file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
        """Return what the model says by the script that travels with it; see `format.Ask`."""
        from tl_core.export.formats import script

        return script.ask(self.module().BACKEND, file, pictures, described)

    def program(self, described: Description) -> str:
        """Return the script that travels with the model."""
        from tl_core.export.formats import script

        return script.of(described, self.module().BACKEND)

    @property
    def script(self) -> Companion:
        """What it is in the zip."""
        about = Said("a program that uses the model")
        return Companion(self.name, lambda made: self.program(made.described), about)

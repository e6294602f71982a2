"""For other programs: a zip with the `.keras` model, a script that uses it, certificate and licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats.format import Companion, Format, Guide, Subject, Written

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.export.clean_room import Answers
    from tl_core.export.formats.format import Handover
    from tl_core.models.persist import Description

SCRIPT = "use_model.py"


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run as one `.keras` file. Imports Keras.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    from tl_core.export.formats import keras_file
    from tl_core.training.results import MODEL_DIR

    file = folder / keras_file.MODEL
    keras_file.write(subject.folder / MODEL_DIR, file)
    return Written(file)


def ask(file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
    """Return what the file says by the script that travels with it; see `format.Ask`."""
    from tl_core.export.formats import keras_file, script

    return script.ask(keras_file.BACKEND, file, pictures, described)


def program(described: Description) -> str:
    """Return the script that travels with the model."""
    from tl_core.export.formats import keras_file

    return keras_file.script(described)


def _script(made: Handover) -> str:
    return program(made.described)


FORMAT = Format(
    name="keras",
    title=Said("For your own programs"),
    sentence=Said(
        "A zip with the model (.keras), the names of its answers, a short Python script that uses it, and a certificate. "
        "It takes pictures of any size; everything that prepares them is inside."
    ),
    help="the model for other programs",
    button=Said("Pack the model"),
    ending=".zip",
    runtime="keras",
    write=write,
    ask=ask,
    beside=(Companion(SCRIPT, _script, Said("a program that uses the model")),),
    alone=Said("Only the .keras file"),
    guide=Guide(
        text=Said(
            "Unpack the zip. In a Python that has Keras, TensorFlow and Pillow, run {command}. This is the script; "
            "its lower half opens pictures of every kind exactly as Graft does:"
        ),
        command="python use_model.py photo.jpg",
        program=program,
        install='pip install "keras>=3.10" tensorflow pillow',
    ),
    usual_s=40.0,
)

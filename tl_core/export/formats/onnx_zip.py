"""For programs in other languages: a zip with the ONNX model and a script that shows how it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats import beside
from tl_core.export.formats.format import Companion, Format, Guide, Package, Subject, Written

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from tl_core.export.parity import Certificate
    from tl_core.models.persist import Description

PACKAGES = (
    Package("onnx", "onnx", Said("it writes ONNX files.")),
    Package("tf2onnx", "tf2onnx", Said("it turns networks into ONNX.")),
    Package("onnxruntime", "onnxruntime", Said("it runs ONNX files, which the check needs.")),
)


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run as one ONNX file. Imports Keras.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    from tl_core.export.formats import onnx_file
    from tl_core.training.results import MODEL_DIR

    file = folder / onnx_file.MODEL
    onnx_file.write(subject.folder / MODEL_DIR, file)
    return Written(file)


def ask(file: Path, pictures: tuple[Path, ...], described: Description) -> np.ndarray:
    """Return what the file says by the script that travels with it; see `format.Ask`."""
    from tl_core.export.formats import onnx_file, script

    return script.ask(onnx_file.BACKEND, file, pictures, described)


def program(described: Description) -> str:
    """Return the script that travels with the model."""
    from tl_core.export.formats import onnx_file, script

    return script.of(described, onnx_file.BACKEND)


def _script(described: Description, certificate: Certificate | None) -> str:
    return program(described)


FORMAT = Format(
    name="onnx",
    title=Said("For programs in any language"),
    sentence=Said(
        "A zip with the model as ONNX, which runs in C, C#, Java, JavaScript, Python and many others without TensorFlow, "
        "the names of its answers, a script that shows how it is used, and a certificate."
    ),
    help="the model as ONNX, for programs in any language",
    button=Said("Pack as ONNX"),
    ending=".zip",
    write=write,
    ask=ask,
    beside=(
        beside.NAMES,
        Companion("predict.py", _script),
        *beside.CERTIFICATES,
        beside.LICENCES,
    ),
    alone=Said("Only the .onnx file"),
    guide=Guide(
        text=Said(
            "Unpack the zip. In a Python that has ONNX Runtime and Pillow, run {command}. In another language, bring pictures to the "
            "size of the network as this script does:"
        ),
        command="python predict.py photo.jpg",
        program=program,
    ),
    packages=PACKAGES,
    usual_s=40.0,
)

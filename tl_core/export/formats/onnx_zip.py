"""For programs in other languages: a zip with the ONNX model and a script that shows how it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats.format import (
    Allowance,
    Format,
    Guide,
    Subject,
    Written,
)
from tl_core.export.formats.needed_package import Package
from tl_core.export.formats.scripted import ModelFile, Scripted

if TYPE_CHECKING:
    from pathlib import Path


PACKAGES = (
    Package("onnx", "onnx", Said("It writes ONNX files."), "1.20"),
    Package("tf2onnx", "tf2onnx", Said("It turns networks into ONNX."), "1.17"),
    Package(
        "onnxruntime", "onnxruntime", Said("It runs ONNX files, which the check needs."), "1.23"
    ),
)


def write_int8(subject: Subject, folder: Path) -> Written:
    """Write the same in whole numbers, in the first way that loses little enough; see `onnx_int8`.

    Raises:
        UserError: "format-pictures" where nothing is left to calibrate by; see also `Scripted.write`.
    """
    from tl_core.export.formats import onnx_file, onnx_int8, whole_numbers
    from tl_core.models import persist
    from tl_core.training.results import MODEL_DIR

    model_dir, file = subject.folder / MODEL_DIR, folder / onnx_file.MODEL
    described = persist.describe(model_dir)
    examples = whole_numbers.examples(subject.folder, described)
    onnx_file.write(model_dir, file)
    found = onnx_int8.quantised(file.read_bytes(), examples, described)
    file.write_bytes(found.raw)
    return Written(file, note=found.in_words())


def _module() -> ModelFile:
    from tl_core.export.formats import onnx_file

    return onnx_file


MODEL = Scripted(_module)
_BESIDE = (MODEL.script,)
_ALONE = Said("Only the .onnx file")
_GUIDE = Guide(
    text=Said(
        "Unpack the zip. In a Python that has ONNX Runtime and Pillow, run {command}. In another language, bring pictures to the "
        "size of the network as this script does:"
    ),
    command="python predict.py photo.jpg",
    program=MODEL.program,
    install='pip install "onnxruntime>=1.14" pillow',
)

FLOAT32 = Format(
    name="onnx",
    title=Said("For programs in any language"),
    sentence=Said(
        "A zip with the model as ONNX, which runs in C, C#, Java, JavaScript, Python and many others without TensorFlow, "
        "the names of its answers, a script that shows how it is used, and a certificate."
    ),
    help="the model as ONNX, for programs in any language",
    button=Said("Pack as ONNX"),
    ending=".zip",
    write=MODEL.write,
    ask=MODEL.ask,
    runtime="lean",
    beside=_BESIDE,
    alone=_ALONE,
    guide=_GUIDE,
    packages=PACKAGES,
    usual_s=40.0,
)
INT8 = Format(
    name="onnx8",
    title=Said("For programs, a third of the size"),
    sentence=Said(
        "The same ONNX model in whole numbers of 8 bits: a third of the size. Answers become a little coarser; the certificate tells "
        "how many change. It needs the pictures that the model learnt from."
    ),
    help="the same in whole numbers, a third of the size",
    button=Said("Pack as ONNX in 8 bits"),
    ending=".zip",
    weight_bytes=1.4,
    runtime="lean",
    write=write_int8,
    ask=MODEL.ask,
    allowed=Allowance(difference=None, agreement=0.9, lost=0.02),
    beside=_BESIDE,
    alone=_ALONE,
    guide=_GUIDE,
    packages=PACKAGES,
    usual_s=90.0,
)

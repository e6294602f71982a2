"""For phones and small boards: LiteRT files (once TensorFlow Lite) with weights of 32, 16 or 8 bits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats.format import (
    Allowance,
    Companion,
    Format,
    Guide,
    Package,
    Subject,
    Written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.export.clean_room import Answers
    from tl_core.export.formats.format import Handover
    from tl_core.export.formats.whole_numbers import Quantised
    from tl_core.models.persist import Description

SCRIPT = "predict.py"
RUNTIME = Package(
    "ai-edge-litert",
    "ai_edge_litert",
    Said("it runs the file, so that its answers can be checked."),
)
QUANTISER = Package(
    "ai-edge-quantizer", "ai_edge_quantizer", Said("it turns weights into whole numbers.")
)


def write(subject: Subject, folder: Path, *, half: bool = False) -> Written:
    """Write the model of a run as one `.tflite` file. Imports Keras and TensorFlow.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    from tl_core.export.formats import litert_file
    from tl_core.training.results import MODEL_DIR

    file = folder / litert_file.MODEL
    litert_file.write(subject.folder / MODEL_DIR, file, half=half)
    return Written(file)


def write_int8(subject: Subject, folder: Path) -> Written:
    """Write the same in whole numbers, in the first way that loses little enough; see `litert_int8`.

    Raises:
        UserError: "format-pictures" where nothing is left to calibrate by; see also `write`.
    """
    from tl_core.export.formats import litert_file, litert_int8, whole_numbers
    from tl_core.models import persist
    from tl_core.training.results import MODEL_DIR

    model_dir, file = subject.folder / MODEL_DIR, folder / litert_file.MODEL
    described = persist.describe(model_dir)
    examples = whole_numbers.examples(subject.folder, described)
    found: list[Quantised] = []

    def shrink(raw: bytes) -> bytes:
        found.append(litert_int8.quantised(raw, examples, described))
        return found[-1].raw

    litert_file.write(model_dir, file, shrink)
    return Written(file, note=found[-1].in_words())


def ask(file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
    """Return what the file says by the script that travels with it; see `format.Ask`."""
    from tl_core.export.formats import litert_file, script

    return script.ask(litert_file.BACKEND, file, pictures, described)


def program(described: Description) -> str:
    """Return the script that travels with the model."""
    from tl_core.export.formats import litert_file, script

    return script.of(described, litert_file.BACKEND)


def _script(made: Handover) -> str:
    return program(made.described)


_BESIDE = (Companion(SCRIPT, _script, Said("a program that uses the model")),)
_GUIDE = Guide(
    text=Said(
        "Unpack the zip. Where ai-edge-litert and Pillow are installed, run {command}; TensorFlow is not needed. "
        "In an app for phones, give the file to MediaPipe or ML Kit: it names its labels itself. "
        "This is the script; it makes pictures of every kind and size what the model takes, exactly as Graft does:"
    ),
    command="python predict.py photo.jpg",
    program=program,
    install="pip install ai-edge-litert numpy pillow",
)
_ALONE = Said("Only the .tflite file")

FLOAT32 = Format(
    name="litert",
    title=Said("For phones and small boards"),
    sentence=Said(
        "A zip with the model for LiteRT (.tflite), which was called TensorFlow Lite, the names of its answers, and a short Python script. "
        "It takes pictures of the size that the network sees, and answers as exactly as here."
    ),
    help="the model for LiteRT on phones and boards",
    button=Said("Pack for LiteRT"),
    ending=".zip",
    goes="phone",
    runtime="lean",
    write=write,
    ask=ask,
    beside=_BESIDE,
    alone=_ALONE,
    guide=_GUIDE,
    packages=(RUNTIME,),
    usual_s=40.0,
)
FLOAT16 = Format(
    name="litert16",
    title=Said("For phones, half the size"),
    sentence=Said(
        "The same with weights of 16 bits: half the size, and answers that differ by less than a hundredth."
    ),
    help="the same, half the size",
    button=Said("Pack in 16 bits"),
    ending=".zip",
    goes="phone",
    weight_bytes=2.0,
    runtime="lean",
    write=partial(write, half=True),
    ask=ask,
    allowed=Allowance(difference=1e-2),
    beside=_BESIDE,
    alone=_ALONE,
    guide=_GUIDE,
    packages=(RUNTIME,),
    usual_s=40.0,
)
INT8 = Format(
    name="litert8",
    title=Said("For phones, a quarter of the size"),
    sentence=Said(
        "The same in whole numbers of 8 bits: a quarter of the size, and quicker on phones and boards. Answers become a little coarser; "
        "the certificate tells how many change. It needs the pictures that the model learnt from."
    ),
    help="the same in whole numbers, a quarter of the size",
    button=Said("Pack in 8 bits"),
    ending=".zip",
    goes="phone",
    weight_bytes=1.0,
    runtime="lean",
    write=write_int8,
    ask=ask,
    allowed=Allowance(difference=None, agreement=0.9, lost=0.02),
    beside=_BESIDE,
    alone=_ALONE,
    guide=_GUIDE,
    packages=(RUNTIME, QUANTISER),
    usual_s=90.0,
)

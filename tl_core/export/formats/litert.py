"""For phones: LiteRT files (once TensorFlow Lite) as exact as the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.devices import sources
from tl_core.export.formats.format import Format, Guide, Subject, Written
from tl_core.export.formats.needed_package import Package
from tl_core.export.formats.scripted import ModelFile, Scripted

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.export.formats.litert_file import Shrink

QUANTISER = Package(
    "ai-edge-quantizer",
    "ai_edge_quantizer",
    Said("It makes the weights of the file smaller."),
    "0.10",
)
RUNTIME = Package(
    "ai-edge-litert",
    "ai_edge_litert",
    Said("It runs the file, so that its answers can be checked."),
    "2.3",
)


def write(subject: Subject, folder: Path, shrink: Shrink | None = None) -> Written:
    """Write the model of a run as one `.tflite` file, its weights made smaller by `shrink`. Imports Keras and TensorFlow.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    from tl_core.export.formats import litert_file
    from tl_core.training.results import MODEL_DIR

    file = folder / litert_file.MODEL
    litert_file.write(subject.folder / MODEL_DIR, file, shrink)
    return Written(file)


def _module() -> ModelFile:
    from tl_core.export.formats import litert_file

    return litert_file


MODEL = Scripted(_module)
BESIDE = (MODEL.script, *sources.ON_PHONES)
RECIPES = (sources.ANDROID, sources.IOS)
GUIDE = Guide(
    text=Said(
        "Unpack the zip. Where ai-edge-litert and Pillow are installed, run {command}; TensorFlow is not needed. "
        "MediaPipe and ML Kit take the file, too: it names its labels itself. They make pictures smaller by a rule of their own, "
        "so give them pictures of the network's size, as the app for Android does. "
        "This is the script; it makes pictures of every kind and size what the model takes, exactly as Graft does:"
    ),
    command="python predict.py photo.jpg",
    program=MODEL.program,
    install="pip install ai-edge-litert numpy pillow",
)
ALONE = Said("Only the .tflite file")

FORMAT = Format(
    name="litert",
    title=Said("For an app on phones"),
    sentence=Said(
        "A zip with the model for LiteRT (.tflite), which was called TensorFlow Lite, a short Python script, and the sources of small apps "
        "for Android and iPhones. "
        "It takes pictures of the size that the network sees, and answers as exactly as here."
    ),
    help="the model for LiteRT, with sources for phones",
    button=Said("Pack for LiteRT"),
    ending=".zip",
    goes="phone",
    runtime="lean",
    write=write,
    ask=MODEL.ask,
    beside=BESIDE,
    alone=ALONE,
    guide=GUIDE,
    recipes=RECIPES,
    packages=(RUNTIME,),
    usual_s=40.0,
)

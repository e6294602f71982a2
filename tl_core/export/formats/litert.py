"""For phones and small boards: LiteRT files (once TensorFlow Lite) as exact as the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Guide, Package, Subject, Written
from tl_core.export.formats.scripted import ModelFile, Scripted

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.export.formats.litert_file import Shrink

QUANTISER = Package(
    "ai-edge-quantizer", "ai_edge_quantizer", Said("it makes the weights of the file smaller.")
)
RUNTIME = Package(
    "ai-edge-litert",
    "ai_edge_litert",
    Said("it runs the file, so that its answers can be checked."),
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
BESIDE = (MODEL.script,)
GUIDE = Guide(
    text=Said(
        "Unpack the zip. Where ai-edge-litert and Pillow are installed, run {command}; TensorFlow is not needed. "
        "In an app for phones, give the file to MediaPipe or ML Kit: it names its labels itself. They make pictures smaller by a rule of their own, "
        "so answers differ a little there. "
        "This is the script; it makes pictures of every kind and size what the model takes, exactly as Graft does:"
    ),
    command="python predict.py photo.jpg",
    program=MODEL.program,
    install="pip install ai-edge-litert numpy pillow",
)
ALONE = Said("Only the .tflite file")

FORMAT = Format(
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
    ask=MODEL.ask,
    beside=BESIDE,
    alone=ALONE,
    guide=GUIDE,
    packages=(RUNTIME,),
    usual_s=40.0,
)

"""For TensorFlow: a zip with the SavedModel and a script that uses it."""

from __future__ import annotations

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Guide
from tl_core.export.formats.scripted import ModelFile, Scripted


def _module() -> ModelFile:
    from tl_core.export.formats import savedmodel_file

    return savedmodel_file


MODEL = Scripted(_module)
FORMAT = Format(
    name="savedmodel",
    title=Said("For TensorFlow"),
    sentence=Said(
        "A zip with the model as a SavedModel, which TensorFlow and TensorFlow Serving run, the names of its answers, "
        "and a short Python script. It takes pictures of any size; everything that prepares them is inside."
    ),
    help="the model for TensorFlow and TensorFlow Serving",
    button=Said("Pack for TensorFlow"),
    ending=".zip",
    runtime="keras",
    write=MODEL.write,
    ask=MODEL.ask,
    beside=(MODEL.script,),
    guide=Guide(
        text=Said(
            "Unpack the zip. In a Python that has TensorFlow and Pillow, run {command}. TensorFlow Serving takes the folder as a "
            "version of a model. This is the script; its lower half opens pictures of every kind exactly as Graft does:"
        ),
        command="python predict.py photo.jpg",
        program=MODEL.program,
        install='pip install "tensorflow>=2.16" pillow',
    ),
    usual_s=60.0,
)

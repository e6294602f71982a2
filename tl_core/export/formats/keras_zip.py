"""For other programs: a zip with the `.keras` model, a script that uses it, certificate and licences."""

from __future__ import annotations

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Guide
from tl_core.export.formats.scripted import ModelFile, Scripted


def _module() -> ModelFile:
    from tl_core.export.formats import keras_file

    return keras_file


MODEL = Scripted(_module, "use_model.py")
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
    write=MODEL.write,
    ask=MODEL.ask,
    beside=(MODEL.script,),
    alone=Said("Only the .keras file"),
    guide=Guide(
        text=Said(
            "Unpack the zip. In a Python that has Keras, TensorFlow and Pillow, run {command}. This is the script; "
            "its lower half opens pictures of every kind exactly as Graft does:"
        ),
        command="python use_model.py photo.jpg",
        program=MODEL.program,
        install='pip install "keras>=3.10" tensorflow pillow',
    ),
    usual_s=40.0,
)

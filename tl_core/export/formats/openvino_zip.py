"""For computers with Intel's processors: a zip with the OpenVINO model and a script that uses it."""

from __future__ import annotations

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Guide
from tl_core.export.formats.needed_package import Package
from tl_core.export.formats.scripted import ModelFile, Scripted


def _module() -> ModelFile:
    from tl_core.export.formats import openvino_file

    return openvino_file


MODEL = Scripted(_module)
FORMAT = Format(
    name="openvino",
    title=Said("For Intel's processors"),
    sentence=Said(
        "A zip with the model for OpenVINO, which is quick on ordinary computers without a graphics card, the names of its answers, "
        "and a short Python script. Its weights keep their 32 bits, so that it answers as exactly as here."
    ),
    help="the model for OpenVINO, quick on Intel's processors",
    button=Said("Pack for OpenVINO"),
    ending=".zip",
    runtime="lean",
    write=MODEL.write,
    ask=MODEL.ask,
    beside=(MODEL.script,),
    guide=Guide(
        text=Said(
            "Unpack the zip. In a Python that has OpenVINO and Pillow, run {command}. In C or C++, load model.xml, ask for 32 bits "
            "(INFERENCE_PRECISION_HINT: f32), and bring pictures to the size of the network as this script does:"
        ),
        command="python predict.py photo.jpg",
        program=MODEL.program,
        install='pip install "openvino>=2023.1" pillow',
    ),
    packages=(Package("openvino", "openvino", Said("It writes and runs such files."), "2026.4"),),
    usual_s=40.0,
)

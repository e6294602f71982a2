"""For iPhone, iPad and Mac: a zip with the Core ML package and a script that uses it.

Core ML runs on Apple's systems alone. Elsewhere the package is written all the same, and its
certificate says that nobody has run it.
"""

from __future__ import annotations

import sys

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Guide
from tl_core.export.formats.needed_package import Package
from tl_core.export.formats.scripted import ModelFile, Scripted

NOT_HERE = Said(
    "Core ML runs on Apple's systems alone (iOS 15, macOS 12 or later), and this computer has none of them."
)


def _module() -> ModelFile:
    from tl_core.export.formats import coreml_file

    return coreml_file


def cannot_run() -> Said | None:
    """Return why a package cannot be run on this computer, None where it can."""
    return None if sys.platform == "darwin" else NOT_HERE


MODEL = Scripted(_module)
FORMAT = Format(
    name="coreml",
    title=Said("For iPhone, iPad and Mac"),
    sentence=Said(
        "A zip with the model for Core ML, which Xcode takes as it is: pictures in, the names of the answers out. "
        "Only a Mac can check that it answers as here; elsewhere it is packed unchecked."
    ),
    help="the model for Core ML on Apple's systems",
    button=Said("Pack for Core ML"),
    ending=".zip",
    goes="phone",
    write=MODEL.write,
    ask=MODEL.ask,
    cannot_run=cannot_run,
    beside=(MODEL.script,),
    guide=Guide(
        text=Said(
            "Unpack the zip and drag model.mlpackage into a project of Xcode (iOS 15, macOS 12 or later); Vision shows it pictures. "
            "Vision makes pictures smaller by a rule of its own, so answers differ a little there. On a Mac that has Core ML Tools and "
            "Pillow, run {command}: this is the script, which makes pictures of every kind and size what the model takes, exactly as Graft does:"
        ),
        command="python predict.py photo.jpg",
        program=MODEL.program,
        install='pip install "coremltools>=8.0" pillow',
    ),
    packages=(Package("coremltools", "coremltools", Said("It writes such files."), "9.0"),),
    usual_s=50.0,
)

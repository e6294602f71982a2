"""For small boards with a camera, such as a Raspberry Pi: the LiteRT file with a program that watches."""

from __future__ import annotations

from tl_core.base.said import Said
from tl_core.export.devices import sources
from tl_core.export.formats import litert
from tl_core.export.formats.format import Format, Guide

FORMAT = Format(
    name="board",
    title=Said("For a Raspberry Pi"),
    sentence=Said(
        "A zip with the model for LiteRT (.tflite), a program that says what a camera sees and may switch a lamp, and one that reads "
        "pictures. It takes a small computer with a 64-bit Linux; for a microcontroller it is too large."
    ),
    help="the model for LiteRT, with a program for a camera on a small board",
    button=Said("Pack for a Raspberry Pi"),
    ending=".zip",
    goes="board",
    runtime="lean",
    write=litert.write,
    ask=litert.MODEL.ask,
    beside=(litert.MODEL.script, *sources.ON_BOARDS),
    guide=Guide(
        text=Said(
            "Unpack the zip on the board. {command} answers about a file; camera.py beside it watches a camera or a folder, by the same functions:"
        ),
        command=litert.GUIDE.command,
        program=litert.MODEL.program,
        install=litert.GUIDE.install,
    ),
    recipes=(sources.PI, sources.MICROCONTROLLER),
    packages=(litert.RUNTIME,),
    usual_s=40.0,
)

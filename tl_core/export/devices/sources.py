"""The sources for phones and small boards, filled in for a model, and the recipes that put them to use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.base import figures
from tl_core.base.said import Said
from tl_core.export.formats.device_recipe import Recipe, Step
from tl_core.export.formats.format import Companion

if TYPE_CHECKING:
    from tl_core.export.formats.format import Handover
    from tl_core.models.persist import Description

_HERE = Path(__file__).parent
PACKAGE = "com.example.classifier"
IMAGE = "image"
BYTES_IN_8_BITS = 1.25
"""Of one weight, with the scales beside it."""


def text(name: str, described: Description) -> str:
    """Return one of the sources, filled in for a model."""
    from tl_core.modalities import registry as modalities

    filled = {
        "PACKAGE": PACKAGE,
        "SIZE": str(described.entry.size),
        "FIT": str(described.entry.fit),
        "STORED": str(described.entry.stored_size or 0),
        "OPENER": modalities.of(described).program(described.read_by).opener,
    }
    source = (_HERE / name).read_text("utf-8")
    for mark, value in filled.items():
        source = source.replace(f"%{mark}%", value)
    return source


def is_of_pictures(described: Description) -> bool:
    """Say whether a model takes pictures, which cameras give."""
    from tl_core.modalities import registry as modalities

    return modalities.of(described).media_type == IMAGE


def _is_for_media_pipe(described: Description) -> bool:
    from tl_core.tasks import registry as tasks

    return is_of_pictures(described) and tasks.get(described.task).names_classes


def _on_phone(place: str, name: str, about: Said) -> Companion:
    """Return a source for a model that MediaPipe can ask: it gives names to pictures, and nothing else."""

    def filled(made: Handover) -> str:
        return text(name, made.described) if _is_for_media_pipe(made.described) else ""

    return Companion(f"{place}/{name}", filled, about)


def camera(described: Description) -> str:
    """Return the program for a board with a camera, "" for a model that takes no pictures."""
    return text("camera.py.txt", described) if is_of_pictures(described) else ""


ON_PHONES = (
    _on_phone("android", "Classifier.kt", Said("asks the model in an app for Android")),
    _on_phone(
        "android",
        "Resizing.java",
        Said("brings pictures to the size of the network, by Graft's own arithmetic"),
    ),
    _on_phone("android", "MainActivity.kt", Said("the one screen of such an app")),
    _on_phone("ios", "Classifier.swift", Said("asks the model in an app for iPhones")),
)
ON_BOARDS = (
    Companion(
        "camera.py",
        lambda made: camera(made.described),
        Said("asks the model about what a camera sees"),
    ),
)
ANDROID = Recipe(
    Said("In an app for Android"),
    (
        Step(
            Said(
                "In Android Studio make a new project from “Empty Views Activity”, in Kotlin, for Android 9 (API 28) or later, with this "
                "package name:"
            ),
            PACKAGE,
            "text",
        ),
        Step(
            Said("In app/build.gradle.kts add this line to the dependencies:"),
            'implementation("com.google.mediapipe:tasks-vision:0.10.26")',
            "kotlin",
        ),
        Step(
            Said(
                "Put model.tflite into app/src/main/assets, and all files of the folder android in place of MainActivity.kt. The model "
                "names its answers itself."
            )
        ),
        Step(
            Said("Run it on your phone: it takes a picture, or opens one, and shows the answers.")
        ),
        Step(
            Said(
                "This app was not run on a phone: the certificate is about the model and the Python script. Pictures are brought to size by "
                "Graft's own arithmetic, whose Java form was checked against Python's."
            )
        ),
    ),
    _is_for_media_pipe,
)
IOS = Recipe(
    Said("In an app for iPhones"),
    (
        Step(
            Said(
                "In Xcode make a new app, write this into its Podfile, and run “pod install”; that takes a Mac:"
            ),
            "pod 'MediaPipeTasksVision'",
            "ruby",
        ),
        Step(
            Said("Add model.tflite and Classifier.swift of the folder ios to the app, and ask it:"),
            "let answers = try Classifier().answers(picture)",
            "swift",
        ),
        Step(
            Said(
                "This source was not run: the certificate is about the model and the Python script. iOS makes pictures smaller by a rule "
                "of its own, so answers differ a little from the app's."
            )
        ),
    ),
    _is_for_media_pipe,
)


def _too_large(described: Description) -> Said:
    from tl_core.export import estimate

    megabytes = BYTES_IN_8_BITS * estimate.weights(described) / 1e6
    return Said(
        "Out of reach: the weights of this network take {size} MB even in 8 bits, and it works on maps of the whole picture besides. "
        "Microcontrollers such as an Arduino or an ESP32 have a quarter to half a megabyte; they need a network that was made for them.",
        size=figures.value(megabytes, 2),
    )


MICROCONTROLLER = Recipe(Said("On a microcontroller"), (), is_of_pictures, _too_large)
PI = Recipe(
    Said("With a camera on a Raspberry Pi"),
    (
        Step(
            Said(
                "Use the 64-bit system; a Raspberry Pi 3 or later will do. Unpack this zip there."
            ),
        ),
        Step(
            Said(
                "Make an environment that sees the system's camera, and install what runs the model:"
            ),
            "sudo apt install -y python3-picamera2 python3-venv\n"
            "python3 -m venv --system-site-packages environment\n"
            'environment/bin/pip install "ai-edge-litert>=1.2.0" pillow',
        ),
        Step(
            Said("Point the camera at something. Each answer is printed when it changes:"),
            "environment/bin/python camera.py",
        ),
        Step(
            Said(
                "With a USB camera, with pictures that something puts into a folder, or with a lamp that shines at one answer:"
            ),
            "environment/bin/python camera.py --usb 0\n"
            "environment/bin/python camera.py --folder pictures\n"
            "environment/bin/python camera.py --when NAME --pin 17",
        ),
        Step(
            Said(
                "This program was tried with pictures from a folder, not on a Raspberry Pi: cameras and pins were not tried."
            )
        ),
    ),
    is_of_pictures,
)

"""What the web page says, in all languages that there are; the visitor's browser chooses one."""

from tl_core.base import speech
from tl_core.base.said import Said

WORDS = {
    "title": Said("Show it a picture"),
    "about": Said(
        "It tells: {names}. Everything happens on this device: the page sends no picture anywhere and works without the internet."
    ),
    "aboutMany": Said(
        "It tells {count} things apart, such as {names}. Everything happens on this device: the page sends no picture anywhere and works without the internet."
    ),
    "everyName": Said("All {count}"),
    "on": Said("Turn on the camera"),
    "off": Said("Turn off the camera"),
    "other": Said("Use the other camera"),
    "choose": Said("Choose pictures"),
    "shoot": Said("Take a photo"),
    "dropOnly": Said(
        "Choose pictures, or take a photo. A live camera needs https, or the page as a file on this device."
    ),
    "drop": Said("Drop pictures here, paste one, or turn on the camera."),
    "video": Said("What the camera sees"),
    "loading": Said("The model is being loaded …"),
    "broken": Said(
        "This browser cannot run the model. Use Chrome, Edge or Firefox of 2023 or later, or Safari from 16.4 on."
    ),
    "unknown": Said("none of these"),
    "strange": Said("This is unlike all pictures that the model was made of."),
    "nothing": Said("none of the labels"),
    "otherwise": Said(
        "Browsers read this kind of file (16-bit grey, moving, or turned) by rules of their own, so the answer may differ from Graft's."
    ),
    "reading": Said("Picture {done} of {total}"),
    "all": Said("Pictures that were read: {total}. Choose one to see more of it."),
    "unreadable": Said("This browser cannot open {name}. Save it as JPEG or PNG and try again."),
    "cannot": Said("cannot be opened"),
    "noCamera": Said("There is no camera that this page may use. Choose pictures instead."),
    "forbidden": Said(
        "The camera was not allowed, or another program uses it. Allow it in the browser's settings, or choose pictures instead."
    ),
    "speed": Said("{number} answers a second"),
    "foot": Said("Made with Graft. It runs with ONNX Runtime Web, © Microsoft, MIT licence."),
}
"""By the names under which the page's program asks for them; it fills what stands in braces."""
NO_SCRIPT = Said("This page needs JavaScript: the model runs in your browser.")


def in_all_languages() -> dict[str, dict[str, str]]:
    """Return every text in every language."""
    return {
        language: {name: speech.say(text, language) for name, text in WORDS.items()}
        for language in speech.languages()
    }

"""The value of a setting, written as its widget writes it."""

from typing import Any

from pages.parts.shared.words import spoken
from tl_core.base import speech
from tl_core.config import Setting
from tl_core.config import written as writing
from tl_core.config.written import is_percent

__all__ = ["is_percent", "written"]


def written(setting: Setting, value: Any) -> str:
    """Return a value in words: "on", "Cosine with warm-up", "0.001", "20 %", "512, 128"."""
    return speech.say(writing.written(setting, value), spoken())

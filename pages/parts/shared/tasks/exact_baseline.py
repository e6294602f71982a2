"""What the exact head is called where a model is held against it."""

from collections.abc import Mapping
from typing import Any

from pages.parts.shared.words import t


def name(metrics: Mapping[str, Any]) -> str:
    """Return the beginning of a sentence about how the exact head does.

    Where the model is that head itself, solved for once more with the validation pictures, the
    number beside it is that of the one before.
    """
    if metrics.get("refitted"):
        return t("The exact solution without the validation pictures")
    return t("The exact solution on the frozen network")


def title(metrics: Mapping[str, Any]) -> str:
    """Return the same for the head of a column."""
    if metrics.get("refitted"):
        return t("Exact solution, without validation pictures")
    return t("Exact solution")

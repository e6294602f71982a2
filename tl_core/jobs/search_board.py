"""What a search is asked for, and where it writes down what was tried: read by pages, written by its process."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from tl_core.base import settings
from tl_core.base.said import unpacked
from tl_core.jobs.job import Arguments

BOARD, SCRATCH, HEADS = "board.json", "scratch", "heads"


class SearchArguments(Arguments):
    """What is searched.

    Attributes:
        dataset: id.
        backbones: whose weights are at hand.
        inputs: ids of what else may be learnt from, by role.
        renamed: which class of the source is which of the data set's, where a person said so.
        budget_s: seconds to try settings in.
        longest_s: what the whole training of the chosen settings may take.
        seed: fixes what is drawn and trained.
    """

    dataset: str
    backbones: list[str]
    inputs: dict[str, str] = Field(default_factory=dict)
    renamed: dict[str, str] = Field(default_factory=dict)
    budget_s: float = Field(gt=0)
    longest_s: float = Field(gt=0)
    seed: int = 0


def folder(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return settings.current().home / "searches" / key


def board(key: str) -> dict[str, Any] | None:
    """Return what was tried as it was last written down, None before anything was."""
    return told(folder(key))


def told(place: Path) -> dict[str, Any] | None:
    """Return what a search wrote down in its folder, None before it did."""
    try:
        return unpacked(json.loads((place / BOARD).read_text("utf-8")))
    except (OSError, ValueError):
        return None

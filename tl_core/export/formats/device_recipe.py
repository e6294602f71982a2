"""How a file is put to use in one place, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tl_core.models.persist import Description


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a recipe.

    Attributes:
        text: a sentence.
        typed: what a person types or pastes there; "" for nothing.
        language: of `typed`, as highlighters call it.
    """

    text: str
    typed: str = ""
    language: str = "bash"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a file is put to use in one place, step by step: in the README, and on the page.

    Attributes:
        title: of the place, as a heading.
        steps: in their order.
        tells: for which models there is such a recipe.
        about: what has to be said of a model before the first step, as a sentence; "" for nothing.
    """

    title: str
    steps: tuple[Step, ...]
    tells: Callable[[Description], bool] = lambda described: True
    about: Callable[[Description], str] = lambda described: ""

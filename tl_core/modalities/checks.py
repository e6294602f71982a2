"""What is looked for in single examples, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Severity = Literal["problem", "doubt", "fact"]


@dataclass(frozen=True, slots=True)
class Words:
    """What a finding says to a person: templates in English, filled in (and translated) by the page.

    {count} and other names are filled in later.
    """

    severity: Severity
    title: str
    explanation: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Finds one fault of single examples.

    Attributes:
        judge: fingerprints (n,) in; whether each is at fault, bool (n,), and how strongly out.
        words: what is said of those at fault.
        limit: the number that the explanation names; None where it names none.
    """

    judge: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    words: Words
    limit: int | None = None

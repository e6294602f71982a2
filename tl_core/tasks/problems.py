"""What speaks against training on a data set, in words, and what helps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tl_core.base.said import Said

TRAIN, VALIDATION, TEST = 0, 1, 2
"""As `datasets.splits` numbers the parts."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands between a data set and a good model; `blocks` forbids the start."""

    code: str
    message: str
    hint: str
    blocks: bool


def of_classes(
    classes: tuple[str, ...], counts: npt.NDArray[np.int64], given: set[int]
) -> list[Problem]:
    """Return what speaks against learning these classes.

    Args:
        classes: their names.
        counts: int64 (classes, 3), examples in training, validation and test.
        given: the judging parts that came with the examples.
    """
    totals = counts.sum(axis=1)
    found = []
    if len(classes) < 2:
        found.append(
            Problem(
                "one-class",
                "There is only one class.",
                "Add pictures of something else: a model learns to tell classes apart.",
                blocks=True,
            )
        )
    for index, name in enumerate(classes):
        if totals[index] == 0:
            message = Said("Class “{name}” has no usable picture.", name=name)
            found.append(Problem("class-empty", message, _ADD, blocks=True))
        elif counts[index, TRAIN] == 0:
            message = Said("Class “{name}” has no picture to learn from.", name=name)
            found.append(Problem("class-empty", message, _ADD, blocks=True))
        elif totals[index] >= 3 and (lacking := _lacking(counts, index)):
            found.append(_unjudged(name, lacking, is_given=bool(given & set(lacking))))
        elif totals[index] < 3:
            few = Said("one picture") if totals[index] == 1 else Said("two pictures")
            message = Said(
                "Class “{name}” has only {few}, too few to learn from and to check.",
                name=name,
                few=few,
            )
            found.append(Problem("class-small", message, _ADD, blocks=False))
    return found


def _lacking(counts: npt.NDArray[np.int64], index: int) -> list[int]:
    """Return the parts that judge other classes but have no picture of this one."""
    return [
        part for part in (VALIDATION, TEST) if counts[:, part].any() and not counts[index, part]
    ]


def _unjudged(name: str, lacking: list[int], *, is_given: bool) -> Problem:
    words = NONE[lacking[0]]
    if len(lacking) > 1:
        words = Said("{one} and {other}", one=words, other=NONE[lacking[1]])
    return Problem(
        "class-unjudged",
        Said("Class “{name}” has {words}.", name=name, words=words),
        _ADD_THERE if is_given else _ADD_OTHERS,
        blocks=False,
    )


NONE = {
    TRAIN: Said("no training pictures"),
    VALIDATION: Said("no validation pictures"),
    TEST: Said("no test pictures"),
}
_ADD_OTHERS = Said(
    "Copies and groups of pictures stay in one part, and there were too few others. "
    "Add pictures of it that are not alike, or divide anew."
)
_ADD_THERE = Said(
    "The pictures came divided, and that part has none of it, so nothing tells how well it is known. "
    "Add some there, or divide anew."
)
_ADD = Said("Add pictures of it (20 or more is a good start), or take the class out.")

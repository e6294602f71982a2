"""A way of adapting that labelled pictures from where a model will be used choose; they never teach.

Every way is held against not adapting on the same pictures. What is not adapted stays unless a way is right on
more of them by over one standard error of that paired difference; then, of all that no other beats by as
much, the one that stands first is taken: few pictures can hardly tell neighbours apart, and the order is that
of what each brought on other data (`methods.alignment`).

With five labelled pictures a class, three backbones and six divisions of PACS each, in points against not
adapting (`tests/benchmarks/test_adaptation.py`): photo to art painting +6.1, photo to sketch +27.9, art painting to
sketch +23.3, art painting to photo +2.8, sketch to art painting +19.7; the worst of 90 divisions lost 1.0. Two halves
of one domain, where nothing is to be gained and single ways lose 3, stay within 0.2 in the mean. Where the classes
come in other shares there, as few pictures of each cannot show, it lost up to 1.6 in the mean of a backbone.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted, listed
from tl_core.encoding.job import Examples
from tl_core.measures import paired

CHOICE = "measured_choice"
"""The note on which way was taken, int; among a run's metrics `chosen`, its name, `right`, the share of the
labelled pictures that each way is right on, their `count`, and `anew`, see the function."""
NAMES, RIGHT = "measured_ways", "measured_right"
"""Notes on which ways were tried, str (ways,), and on what they are right, bool (ways, n); not adapted first."""
NONE = "none"
ONE_ERROR = 0.6827
"""Confidence of an interval of one standard error to either side."""
FEWEST = 10
"""Labelled pictures, of all classes together: fewer choose by chance."""


def labelled(examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Return which examples of the target are labelled with a class of the run, and with which, int (n,) each.

    Raises:
        UserError: "target-labelled-few".
    """
    rows, classes = examples.known()
    if len(rows) < FEWEST:
        raise UserError(
            "target-labelled-few",
            "Too few pictures from where the model will be used have a class of this data set to choose by: {count}.",
            "Label about five of every class there, {fewest} in all at least, under the names that classes have here; or choose yourself what is aligned.",
            count=len(rows),
            fewest=FEWEST,
        )
    return rows, classes


def taken(right: np.ndarray) -> int:
    """Return which way is taken.

    Args:
        right: bool (ways, n), on which pictures each way is right: not adapted first, then those that are
            preferred among equals.
    """
    best = int(right.sum(axis=1).argmax())
    if not _beats(right[best], right[0]):
        return 0
    equal = (way for way in range(1, len(right)) if not _beats(right[best], right[way]))
    return next((way for way in equal if _beats(right[way], right[0])), best)


def _beats(first: np.ndarray, second: np.ndarray) -> bool:
    """Say whether the one is right more often, by over one standard error of the paired difference."""
    return paired.share_difference(first, second, ONE_ERROR).low > 0


def anew(right: np.ndarray) -> float:
    """Return how many pictures are answered rightly by the way that all others choose, as a share.

    What is right on the pictures that chose it is so partly by chance; this is not.

    Args:
        right: bool (ways, n), as `taken` takes it.
    """
    every = np.arange(right.shape[1])
    return float(np.mean([right[taken(right[:, every != one]), one] for one in every]))


def notes(right: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what is noted: which way was taken, which there were, and what each is right on."""
    table = np.stack(list(right.values()))
    return {CHOICE: np.array(taken(table)), NAMES: np.array(list(right)), RIGHT: table}


def chosen(noted: Mapping[str, np.ndarray]) -> str:
    """Return the name of the way that was taken."""
    return str(noted[NAMES][int(noted[CHOICE])])


def tells(noted: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
    """Return the choice for the run's metrics; nothing where none was made."""
    if CHOICE not in noted:
        return {}
    shares = dict(zip(noted[NAMES].tolist(), noted[RIGHT].mean(axis=1).tolist(), strict=True))
    count = noted[RIGHT].shape[1]
    told = {"chosen": chosen(noted), "count": count, "right": shares, "anew": anew(noted[RIGHT])}
    return {CHOICE: told}


def in_words(found: Mapping[str, Any], titles: Mapping[str, str]) -> list[Said]:
    """Return the choice, how each way did, and that the pictures which chose are no judges.

    Args:
        found: as `tells` tells it.
        titles: what each way is called.
    """
    count, way = found["count"], found["chosen"]
    if way == NONE:
        verdict = counted(
            "Your {count} labelled picture from there chose not to adapt: no way of aligning is better on it than chance explains.",
            "Your {count} labelled pictures from there chose not to adapt: no way of aligning is better on them than chance explains.",
            count,
        )
    else:
        verdict = counted(
            "Your {count} labelled picture from there chose what is aligned: {way}.",
            "Your {count} labelled pictures from there chose what is aligned: {way}.",
            count,
            way=titles[way],
        )
    each = [
        Said("{way}: {share} %", way=titles[name], share=f"{100 * share:.0f}")
        for name, share in found["right"].items()
    ]
    return [
        verdict,
        Said("When they chose, they were answered rightly so often: {ways}.", ways=listed(*each)),
        Said(
            "The share of the one taken is a little optimistic, since the same pictures chose it: if each was judged by what all others choose, {share} % would be right.",
            share=f"{100 * found['anew']:.0f}",
        ),
    ]

"""How far pictures from elsewhere look otherwise than one's own, before anything adapts to them.

A classifier that is asked from which of two data sets a picture comes knows no more than chance where they
look alike. It judges only what it has not learnt from, so that many features alone make no difference. A
kernel test beside it sees differences that no straight line tells.

Reference:
    Ben-David, Blitzer, Crammer, Kulesza, Pereira & Vaughan 2010, A theory of learning from different domains.
    Machine Learning 79.
    Gretton, Borgwardt, Rasch, Schölkopf & Smola 2012, A Kernel Two-Sample Test. JMLR 13.
    Nadeau & Bengio 2003, Inference for the Generalization Error. Machine Learning 52.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from tl_core.base import figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.measures import discrepancy, ranking_curves
from tl_core.methods import weighing
from tl_core.tasks import closed_form

Verdict = Literal["alike", "little", "some", "clear", "unknown"]

FEWEST = 10
MOST = 1000
"""Pictures a side: with more the interval hardly narrows."""
FOLDS, REPEATS = 5, 3
DIRECTIONS, DRAWS = weighing.MOST_DIRECTIONS, discrepancy.DRAWS
L2 = 1.0
SHARED = 1 + FOLDS / (FOLDS - 1)
"""By so much the variance of an area over folds is larger than that over as many pictures which a single
classifier judges, for the classifiers share most of what they learnt from (Nadeau & Bengio 2003)."""
CLEARLY = 0.8
HARDLY = 0.7
"""Areas: where the interval lies above the first, the look is another; one that holds 0.5 has to end below the second."""
RARELY = 0.01
"""A kernel test that chance alone passes less often speaks against pictures that seem to look alike."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How far two sets of pictures look otherwise.

    Attributes:
        own: pictures of the data set that were looked at.
        others: pictures from elsewhere that were.
        area: share of pairs, one of each, in which the classifier knows which is which (area under the ROC
            curve), 0.5 by guessing.
        low, high: its interval (95 %).
        error: share of pictures that it puts on the wrong side, both sides counting alike.
        directions: main directions of the features that it sees.
        squared: the squared maximum mean discrepancy; see `measures.discrepancy`.
        chance: its p-value.
        bandwidth: of its kernel.
        draws: how often the sets were mixed for the p-value.
    """

    own: int
    others: int
    area: float
    low: float
    high: float
    error: float
    directions: int
    squared: float
    chance: float
    bandwidth: float
    draws: int

    @property
    def verdict(self) -> Verdict:
        """Return what can be said, by the interval alone where that suffices."""
        if self.low >= CLEARLY:
            return "clear"
        if self.low > 0.5:
            return "little" if self.high < CLEARLY else "some"
        if self.chance < RARELY:
            return "little" if self.high < CLEARLY else "some"
        return "alike" if self.high < HARDLY else "unknown"

    @property
    def distance(self) -> float:
        """Return the proxy of the A-distance, 2 (1 - 2 error): 0 for one look, 2 for two that are never mistaken."""
        return max(0.0, 2 * (1 - 2 * self.error))

    def told(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return asdict(self)


def read(told: Mapping[str, Any]) -> Shift:
    """Return what `Shift.told` gave."""
    return Shift(**told)


def require_enough(own: int, others: int) -> None:
    """Refuse so few pictures that nothing can be told of them.

    Raises:
        UserError: "shift-few".
    """
    if min(own, others) >= FEWEST:
        return
    raise UserError(
        "shift-few",
        "There are too few pictures to say whether they look otherwise: {own} of this data set, {others} from elsewhere. Of a burst, or of copies, one counts.",
        "Add more. There have to be {fewest} of each, and a hundred are good.",
        own=own,
        others=others,
        fewest=FEWEST,
    )


def measure(
    own: np.ndarray,
    others: np.ndarray,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    seed: int = 0,
) -> Shift:
    """Return how far two sets look otherwise, each picture of which stands on its own.

    Args:
        own: float (n, d), features.
        others: float (m, d), likewise.
        on_progress: called with what is done and all there is to do.
        seed: of the folds and of mixing.

    Raises:
        UserError: "shift-few", "features-constant" or "features-not-finite".
    """
    require_enough(len(own), len(others))
    if not (np.isfinite(own).all() and np.isfinite(others).all()):
        raise closed_form.not_finite()
    turned = np.concatenate(weighing.together(own, others)).astype(np.float32)
    is_other = np.arange(len(turned)) >= len(own)
    copies = np.unique(np.concatenate([own, others]), axis=0, return_inverse=True)[1].reshape(-1)
    scores = _out_of_fold(turned, is_other, copies, on_progress, seed)
    ranking = ranking_curves.ranking(is_other, scores)
    worth = tuple(count / SHARED for count in ranking.worth)
    area = replace(ranking, worth=worth).auroc()
    wrong = (scores > 0) != is_other
    apart = discrepancy.mmd(turned[~is_other], turned[is_other], seed=seed)
    on_progress(FOLDS * REPEATS + 1, FOLDS * REPEATS + 1)
    return Shift(
        own=len(own),
        others=len(others),
        area=area.value,
        low=area.interval.low,
        high=area.interval.high,
        error=float((wrong[is_other].mean() + wrong[~is_other].mean()) / 2),
        directions=turned.shape[1],
        **asdict(apart),
    )


def in_words(shift: Shift) -> list[Said]:
    """Return what was found, what it rests on, and what follows."""
    return [_found(shift), _rests_on(shift), _follows(shift)]


def _found(shift: Shift) -> Said:
    said: Mapping[Verdict, Said] = {
        "alike": Said("These pictures and yours cannot be told apart."),
        "little": Said("These pictures differ a little from yours."),
        "some": Said(
            "These pictures differ from yours; whether a little or a lot, so few do not tell."
        ),
        "clear": Said("These pictures have clearly another look than yours."),
        "unknown": Said(
            "Whether these pictures look otherwise than yours cannot be said from so few."
        ),
    }
    return said[shift.verdict]


def _rests_on(shift: Shift) -> Said:
    if shift.area <= 0.5:  # two that share their classes evenly are nearer than chance has them
        return Said(
            "Shown one of each, a simple classifier knows no better than by guessing which is which."
        )
    return Said(
        "Shown one of each, a simple classifier knows which is which in {share} of pairs; guessing gets 50\u202f%.",
        share=figures.percent_within(shift.area, shift.low, shift.high),
    )


def _follows(shift: Shift) -> Said:
    if shift.verdict == "alike":
        return Said("There is little to adapt to: an ordinary training will do as well.")
    if shift.verdict == "clear":
        return Said(
            "A model that learns from yours alone may do worse there, so adapting is worth a try. How much worse, only labelled pictures from there can say."
        )
    if shift.verdict == "unknown":
        fewer = min(shift.own, shift.others)
        return counted(
            "On one side there is only {count} picture: add more and measure again.",
            "On one side there are only {count} pictures: add more and measure again.",
            fewer,
        )
    return Said("Adapting may help; label a few pictures from there to know whether it did.")


def _out_of_fold(
    features: np.ndarray,
    is_other: np.ndarray,
    copies: np.ndarray,
    on_progress: Callable[[int, int], None],
    seed: int,
) -> np.ndarray:
    """Return how surely each picture is one from elsewhere, told by those who have not seen it, float (n,).

    It is the mean over several ways to divide, in logits. Equal pictures, on whichever side, stay in one fold: one
    that was learnt as a picture of one side would else be taken for that on the other.
    """
    sides, total = is_other.astype(int), np.zeros(len(features))
    random = np.random.default_rng([seed, 6])
    for repeat in range(REPEATS):
        fold = _folds(sides, copies, random)
        for one in range(FOLDS):
            taught, judged = fold != one, fold == one
            on_progress(repeat * FOLDS + one, FOLDS * REPEATS + 1)
            if not judged.any() or len(np.unique(sides[taught])) < 2:
                continue
            heads = closed_form.softmax_heads(
                *(features[taught], sides[taught], 2, (L2,)),
                sample_weights=closed_form.balance(sides[taught], 2),
                as_they_are=True,
            )
            teller = next(heads)
            logits = teller(features[judged])
            total[judged] += logits[:, 1] - logits[:, 0]
    return total / REPEATS


def _folds(sides: np.ndarray, copies: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a fold for each picture, int (n,), each side in its share, equal pictures together."""
    order = np.lexsort((random.random(len(sides)), sides))
    fold = np.empty(len(sides), int)
    fold[order] = np.arange(len(sides)) % FOLDS
    first = np.full(int(copies.max()) + 1, -1)
    first[copies[::-1]] = fold[::-1]
    return first[copies]

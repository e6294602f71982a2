"""Instance transfer: labelled pictures from elsewhere join, each counted by how much it is like one's own.

A picture of the source counts by two things. How close it is: the ratio of how dense the target and the
source are where it lies, told by a classifier that tries to tell both apart and was not taught with it. And
how credible its class is: the share that a head gives it which learnt from the target and from the rest of
the source, so that what is called wrongly hardly counts. Whatever these weights are, one's own pictures
count together as a share of all, however few they are.

Five sketches of a class with photos and paintings of PACS, two fifths of all further pictures unrelated and
wrongly named, three backbones, five divisions (`tests/benchmarks/test_instances.py`): right on 62.4 % without
a source, 61.1 % with every picture alike, 67.8 % weighed by likeness, 67.0 % boosted, and 67.7 % by the share of
one's own alone. So that share brings nearly all of it; what weighing does beside it is to name the pictures
that cannot be believed.

Reference:
    Bickel, Brueckner and Scheffer 2009, Discriminative Learning Under Covariate Shift. JMLR 10.
    Dai, Yang, Xue and Yu 2007, Boosting for Transfer Learning. ICML (TrAdaBoost).
    Kish 1965, Survey Sampling (the effective number of examples).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from pydantic import Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.methods.method import (
    NOTE,
    SOURCE,
    WEIGHTS,
    ExactHead,
    Given,
    Known,
    Method,
    Need,
    Settings,
    Setup,
    Term,
    tensor_operations,
)
from tl_core.tasks import closed_form, task
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal

WEIGHED = NOTE.format(part=SOURCE, what=WEIGHTS)
"""How much each example of the source counts, float (m,), mean 1 over those that share a class; 0 of others."""
GOALS = NOTE.format(part=SOURCE, what="goals")
"""The class of each example of the source times its weight, float (m, outputs)."""
TINY = 1e-6
FOLDS = 5
DIRECTIONS = 20
"""Main directions in which both sides are told apart: in all of them any two small sets can be."""
MOST_DIRECTIONS = 512
CREDIBLE_ROUNDS = 3
BOOSTS = 10
RATIO_L2, HEAD_L2, CREDIBLE_L2 = (0.1,), (0.03,), (0.1,)
Weighs = Literal["alike", "boosted", "balanced", "all"]


class Own(Settings):
    """How pictures of the source are weighed."""

    weighs: Weighs = Field(
        "alike",
        title=Said("How they are weighed"),
        description=Said(
            "By likeness is good nearly always. Boosting lowers what a model that knows your pictures gets wrong, again and again. The other two are to compare with: only the share of your own pictures, or every picture alike, where many from elsewhere drown out yours."
        ),
    )
    most: float = Field(
        10.0,
        ge=1,
        le=1000,
        title=Said("Largest weight"),
        description=Said(
            "How many times the usual weight a single picture may have. Lower it when few pictures decide everything."
        ),
    )
    share: float = Field(
        0.5,
        ge=0.05,
        le=0.95,
        title=Said("Share of your own pictures"),
        description=Said(
            "How much your own pictures count together beside all others, however few they are. Raise it when those from elsewhere are unlike yours."
        ),
    )


def weighed(known: Known) -> Mapping[str, np.ndarray]:
    """Return how much each example of the source counts, and its class times that."""
    own: Own = known.settings
    labels = known.examples[SOURCE].numbered(known.goal.outputs)
    shared = np.flatnonzero(labels >= 0)
    source, target = known.further[SOURCE][shared], known.features[known.learnt]
    truth = known.goal.answers(known.learnt)
    classes = len(known.goal.outputs)
    ours, theirs = _together(target, source)
    weights = np.ones(len(shared))
    if own.weighs == "alike":
        random = np.random.default_rng(known.config.course.seed)
        fold = random.permutation(len(shared)) % FOLDS
        few = slice(DIRECTIONS)
        close = closeness(ours[:, few], theirs[:, few], fold)
        weights = close * credible(ours, truth, theirs, labels[shared], classes, own.share, fold)
    elif own.weighs == "boosted":
        weights = boosted(ours, truth, theirs, labels[shared], classes, own.share)
    every = np.zeros(len(labels), np.float32)
    every[shared] = clipped(weights, own.most)
    goals = np.zeros((len(labels), classes), np.float32)
    goals[shared, labels[shared]] = every[shared]
    return {WEIGHED: every, GOALS: goals}


def clipped(weights: np.ndarray, most: float) -> np.ndarray:
    """Return weights with a mean of 1, none above `most` times it."""
    weights = weights / max(weights.mean(), TINY)
    weights = np.minimum(weights, most)
    return weights / max(weights.mean(), TINY)


def effective(weights: np.ndarray) -> float:
    """Return as how many equal ones weighted examples count: (Σw)² / Σw² (Kish 1965)."""
    square = float(np.sum(weights.astype(np.float64) ** 2))
    return float(np.sum(weights, dtype=np.float64)) ** 2 / square if square else 0.0


def closeness(target: np.ndarray, source: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return how much denser the target is than the source where each source example lies, float (m,).

    Args:
        target: float (n, d), standardised.
        source: float (m, d), likewise.
        fold: int (m,); nobody is judged by a classifier that learnt from its fold.
    """
    ratio = np.ones(len(source))
    for one in np.unique(fold):
        taught = source[fold != one]
        rows = np.concatenate([target, taught])
        sides = np.repeat([1, 0], [len(target), len(taught)])
        teller = _softmax(rows, np.eye(2)[sides], RATIO_L2, closed_form.balance(sides, 2))
        share = closed_form.softmax(teller(source[fold == one]))[:, 1]
        ratio[fold == one] = share / np.maximum(1 - share, 1e-6)
    return ratio


def credible(
    target: np.ndarray,
    truth: np.ndarray,
    source: np.ndarray,
    labels: np.ndarray,
    classes: int,
    share: float,
    fold: np.ndarray,
) -> np.ndarray:
    """Return how likely the class of each source example is to those who have not seen it, float (m,).

    At first the target alone judges; then target and the source as it was judged before.
    """
    each = np.eye(classes)
    head = _softmax(target, each[truth], CREDIBLE_L2)
    found = closed_form.softmax(head(source))[np.arange(len(source)), labels]
    for _ in range(CREDIBLE_ROUNDS):
        judged = np.zeros(len(source))
        for one in np.unique(fold):
            taught, those = fold != one, np.flatnonzero(fold == one)
            counts = _counts(len(target), found[taught], share)
            rows = np.concatenate([target, source[taught]])
            goals = each[np.concatenate([truth, labels[taught]])]
            told = closed_form.softmax(_softmax(rows, goals, CREDIBLE_L2, counts)(source[those]))
            judged[those] = told[np.arange(len(those)), labels[those]]
        found = judged
    return found


def boosted(
    target: np.ndarray,
    truth: np.ndarray,
    source: np.ndarray,
    labels: np.ndarray,
    classes: int,
    share: float,
) -> np.ndarray:
    """Return the weights of the source after TrAdaBoost, float (m,).

    What a head gets wrong of the source counts less from round to round, by a factor that is fixed; what
    it gets wrong of the target counts more, by its error there. The last heads would vote in the paper; here
    the weights go into one exact head.
    """
    each, rows = np.eye(classes), np.concatenate([target, source])
    goals = each[np.concatenate([truth, labels])]
    less = 1 / (1 + np.sqrt(2 * np.log(max(len(source), 2)) / BOOSTS))
    ours, theirs = np.ones(len(target)), np.ones(len(source))
    for _ in range(BOOSTS):
        counts = _counts(len(target), theirs, share)
        counts[: len(target)] *= ours / ours.mean()
        told = _softmax(rows, goals, HEAD_L2, counts)(rows).argmax(axis=1)
        missed, wrong = told[: len(target)] != truth, told[len(target) :] != labels
        error = np.clip(np.average(missed, weights=ours), 0.01, 0.49)
        theirs = theirs * less**wrong
        ours = ours * ((1 - error) / error) ** missed
    return theirs


def pooled_head(known: Known) -> ExactHead:
    """Return what solves for a head on the run's own examples and the weighted ones of the source."""
    own: Own = known.settings
    labels = known.examples[SOURCE].numbered(known.goal.outputs)
    used = np.flatnonzero((labels >= 0) & (known.notes[WEIGHED] > 0))
    source, weights = known.further[SOURCE][used], known.notes[WEIGHED][used]

    def solve(
        goal: Goal,
        features: np.ndarray,
        learnt: np.ndarray,
        choosing: np.ndarray,
        l2: float | None = None,
    ) -> Linear:
        return closed_form.fit_softmax(
            np.concatenate([features[learnt], source]),
            np.concatenate([goal.answers(learnt), labels[used]]),
            len(goal.outputs),
            closed_form.L2_PATH if l2 is None else (l2,),
            validation=(features[choosing], goal.answers(choosing)) if l2 is None else None,
            sample_weights=_counts(len(learnt), weights, _share(own, len(learnt), weights)),
            overwrite=True,
        )

    return solve


def _together(target: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both in their common main directions, standardised, float (n, d) and (m, d).

    Raises:
        UserError: "features-constant".
    """
    both = np.concatenate([target, source])  # float32: there may be many
    deviation = both.std(axis=0)
    if not np.any(deviation > TINY):
        raise UserError(
            "features-constant",
            "All pictures look the same to the backbone, so none is more alike than another.",
            "Choose other pictures, or another backbone.",
        )
    both -= both.mean(axis=0)
    both /= np.where(deviation > TINY, deviation, 1.0)
    # Inner products stay what they are, and so do heads, in as many directions as there are examples.
    _, vectors = np.linalg.eigh(both.T @ both)
    turned = both @ vectors[:, ::-1][:, : min(len(both), both.shape[1], MOST_DIRECTIONS)]
    return turned[: len(target)], turned[len(target) :]


def _share(own: Own, count: int, weights: np.ndarray) -> float:
    """Return how much `count` own examples count together beside those of the source."""
    return count / (count + float(weights.sum())) if own.weighs == "all" else own.share


def _counts(own: int, weights: np.ndarray, share: float) -> np.ndarray:
    """Return how much each example counts, float (own + m,): the own ones `share` of all, together."""
    total = float(weights.sum())
    if not total:
        return np.concatenate([np.ones(own), weights])
    return np.concatenate([np.full(own, share / own), weights * ((1 - share) / total)])


def _softmax(
    rows: np.ndarray, goals: np.ndarray, l2: Sequence[float], counts: np.ndarray | None = None
) -> Linear:
    return closed_form.fit_softmax(
        rows.astype(np.float32), goals, goals.shape[1], l2, sample_weights=counts, overwrite=True
    )


def term(setup: Setup) -> Term:
    """Return the cross-entropy of the source's examples, each by its weight, beside that of the run's own."""
    ops, own = tensor_operations(), setup.settings
    # Of a step the source has as many examples as the run's own set.
    beside = 1.0 if own.weighs == "all" else (1 - own.share) / own.share

    def loss(batch: Mapping[str, Any]) -> Any:
        told = ops.log_softmax(setup.learner(batch[SOURCE]))
        return -beside * ops.mean(ops.sum(told * batch[GOALS], axis=-1))

    return loss


def says(notes: Mapping[str, np.ndarray]) -> Sequence[str]:
    """Return as how many pictures those from elsewhere count."""
    weights = notes[WEIGHED]
    return [
        counted(
            "Of {all} pictures from elsewhere {count} has the name of a class here. Weighed, they count as {effective} equal ones.",
            "Of {all} pictures from elsewhere {count} have the name of a class here. Weighed, they count as {effective} equal ones.",
            int(np.count_nonzero(weights)),
            all=len(weights),
            effective=round(effective(weights)),
        )
    ]


def refuses(given: Given) -> None:
    """Refuse a source that answers something else, shares no class, or is the data set itself.

    Raises:
        UserError: "source-task", "source-same" or "source-classes".
    """
    source = given.examples.get(SOURCE)
    if source is None:
        return
    if source.answers.ndim != 1 or source.answers.dtype.kind not in "iu":
        raise UserError(
            "source-task",
            "The pictures from elsewhere do not have one class each.",
            "Choose a data set whose pictures do.",
        )
    if not set(source.hashes.tolist()) - set(given.dataset.hashes.tolist()):
        raise UserError(
            "source-same",
            "The pictures from elsewhere are those of this data set.",
            "Choose another data set.",
        )
    if not set(source.names) & set(given.dataset.classes):
        raise UserError(
            "source-classes",
            "The data set from elsewhere has no class in common with this one: there {theirs}, here {ours}.",
            "Classes are matched by name: rename those that mean the same.",
            theirs=", ".join(source.names[:5]),
            ours=", ".join(given.dataset.classes[:5]),
        )


METHOD = Method(
    name="instances",
    title=Said("Instance transfer"),
    sentence=Said(
        "Labelled pictures from elsewhere join yours, those counted most that are like yours and rightly named. It helps where you have few, and hurts where theirs show something else."
    ),
    paper="Bickel et al. 2009, Discriminative Learning Under Covariate Shift. JMLR 10; Dai et al. 2007, TrAdaBoost. ICML",
    needs=(
        Need(
            SOURCE,
            Said("Labelled pictures from elsewhere"),
            Said(
                "A data set of which at least one class has the name of one of yours; the other classes are passed over. Pictures unlike yours hardly count."
            ),
        ),
    ),
    settings=Own,
    choices=MappingProxyType(
        {
            "alike": Said("by likeness"),
            "boosted": Said("by boosting (TrAdaBoost)"),
            "balanced": Said("only by the share of your own"),
            "all": Said("all alike"),
        }
    ),
    fixes=lambda config: {"mixup": 0.0},
    exact_head=task.exact_head,
    head_beside=pooled_head,
    notes=weighed,
    says=says,
    refuses=refuses,
    needs_one_class=True,
    term=term,
    work_share=lambda config, roles: 2.0,
)

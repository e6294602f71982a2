"""Feature alignment: frozen features of one domain are brought into line with those of another, in closed form.

Source features are moved so that they are distributed as those of the target; the exact head is solved for
on them and then applies to the target's features as they are. Seconds, and nothing is trained.

Reference:
    Sun, Feng and Saenko 2015, Return of Frustratingly Easy Domain Adaptation. arXiv:1511.05547.
    Fernando et al. 2013, Unsupervised Visual Domain Adaptation Using Subspace Alignment. ICCV.
    Li et al. 2016, Revisiting Batch Normalization For Practical Domain Adaptation. arXiv:1603.04779.
    Liang, Hu and Feng 2020, Do We Really Need to Access the Source Data? Source Hypothesis Transfer for
    Unsupervised Domain Adaptation. arXiv:2002.08546 (own answers by the nearest centre).

In points of accuracy on the target, against a head that is not adapted and right on 42.0 %: mean of seven pairs
of a backbone and two domains of PACS, two divisions each (`tests/benchmarks/test_adaptation.py`): mean and
spread +7.9, CORAL +5.0, main directions +5.1; with own answers +17.1, +14.1 and +15.5. Without own answers main
directions lost up to 8 points where the domains are near. A few labelled pictures from there can choose among all
of it, and choose not to adapt (`methods.measured`).

Longer than 400 lines because every way of aligning, and what chooses among them, is one method.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.methods import decomposing, folding, frozen, measured, target_domain
from tl_core.methods.method import ELSEWHERE, Ended, ExactHead, Given, Known, Method, Settings
from tl_core.methods.situation import Recipe, Situation
from tl_core.tasks import closed_form, task
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal

Way = Literal["statistics", "coral", "subspace"]
BY_PREFERENCE: tuple[Way, ...] = ("statistics", "subspace", "coral")
"""By what each brought, see above."""
OWN_ANSWERS = "{way}_own_answers"
"""The name of a way with own answers, among what was measured."""
SMALLEST = 1e-6
"""A deviation below this is none."""
TRIED_SHARE = 0.5
"""Of the work for a head that is kept goes into one that is tried: what is in line is so for two of them."""
MOST = 5_000
"""Of the target are looked at; more tell no more, and take memory."""
L2 = (0.03,)
"""Validation, which looks like the source, is no judge of a head for the target."""


class Own(Settings):
    """What is brought into line, and whether the head then learns from its own answers."""

    align: Literal["statistics", "coral", "subspace", "measured"] = Field(
        "statistics",
        title=Said("What is aligned"),
        description=Said(
            "Mean and spread of each feature is the safest. All correlations need hundreds of pictures from there. Main directions keep only what varies most. If about five pictures of every class from there are labelled, let them choose: they try all of it, and no alignment at all."
        ),
    )
    rounds: int = Field(
        5,
        ge=0,
        le=20,
        title=Said("Rounds of own answers (pseudo-labels)"),
        description=Said(
            "How often the pictures from there are gathered round the centre of the class that is nearest; the head then learns from them, too. Set it to 0 when the model is hardly better than a guess there: it would believe its own mistakes."
        ),
    )
    directions: int = Field(
        40,
        ge=1,
        le=512,
        title=Said("Main directions"),
        description=Said(
            "How many are kept when main directions are aligned. Raise it with many pictures and many classes."
        ),
    )


@dataclass(frozen=True, slots=True)
class Aligned:
    """Source and target in one space.

    Attributes:
        source: takes features of the source to that space.
        matrix: (d, m) and `centre` (d,): the target's features are `(features - centre) @ matrix` there.
        centre: see above.
    """

    source: Callable[[np.ndarray], np.ndarray]
    matrix: np.ndarray
    centre: np.ndarray

    def target(self, features: np.ndarray) -> np.ndarray:
        """Return features of the target in the common space."""
        return (features - self.centre) @ self.matrix

    def head(self, within: Linear) -> Linear:
        """Return a head of the common space as one on the target's raw features."""
        return folding.on_raw_features(within, self.matrix, self.centre)


def aligned(own: Own, source: np.ndarray, target: np.ndarray) -> Aligned:
    """Return what brings source and target into line.

    Args:
        own: how.
        source: float (n, d).
        target: float (m, d).

    Raises:
        UserError: "features-constant" where nothing varies.
    """
    from_mean, from_deviation = _moments(source)
    mean, deviation = _moments(target)
    scale = np.diag(1 / deviation)

    def standard(features: np.ndarray) -> np.ndarray:
        return (features - from_mean) / from_deviation

    if own.align == "statistics":
        return Aligned(standard, scale, mean)
    ours, theirs = standard(source), (target - mean) / deviation
    if own.align == "coral":
        recoloured = _root(_covariance(ours), -0.5) @ _root(_covariance(theirs), 0.5)
        return Aligned(lambda features: standard(features) @ recoloured, scale, mean)
    count = min(own.directions, len(source) - 1, len(target) - 1)
    first, second = (_directions(rows, count) for rows in (ours, theirs))
    return Aligned(
        lambda features: standard(features) @ first @ (first.T @ second), scale @ second, mean
    )


def tried(own: Own) -> Iterator[tuple[str, Own]]:
    """Yield what labelled pictures choose from beside no alignment, by name: what is preferred first."""
    for rounds in dict.fromkeys((own.rounds, 0)):
        for way in BY_PREFERENCE:
            name = OWN_ANSWERS.format(way=way) if rounds else way
            yield name, own.model_copy(update={"align": way, "rounds": rounds})


def notes(known: Known) -> Mapping[str, np.ndarray]:
    """Return what the labelled pictures of the target chose, once for a run; nothing where a person did.

    Raises:
        UserError: "target-labelled-few", or "features-constant".
    """
    if known.settings.align != "measured":
        return {}
    rows, truth = measured.labelled(known.examples[target_domain.TARGET])
    shown = known.further[target_domain.TARGET][rows]
    spaces: dict[str, Aligned] = {}

    def in_line(own: Own, source: np.ndarray, target: np.ndarray) -> Aligned:
        # The same with and without own answers, and most of the work.
        if own.align not in spaces:
            spaces[own.align] = aligned(own, source, target)
        return spaces[own.align]

    heads: dict[str, ExactHead] = {measured.NONE: task.exact_head}
    heads |= {name: _head_of(own, known, in_line) for name, own in tried(known.settings)}

    def right(solve: ExactHead) -> np.ndarray:
        head = solve(known.goal, known.features, known.learnt, known.choosing)
        return head(shown).argmax(axis=1) == truth

    return measured.notes({name: right(solve) for name, solve in heads.items()})


def aligned_head(known: Known) -> ExactHead:
    """Return what solves for a head on source features that are brought into line with the target's."""
    own: Own = known.settings
    if own.align != "measured":
        return _head_of(own, known)
    way = measured.chosen(known.notes)
    return task.exact_head if way == measured.NONE else _head_of(dict(tried(own))[way], known)


def _head_of(
    own: Own, known: Known, in_line: Callable[[Own, np.ndarray, np.ndarray], Aligned] = aligned
) -> ExactHead:
    target = known.further[target_domain.TARGET]
    target = target[closed_form.spread(np.zeros(len(target)), MOST)].astype(np.float64)

    def solve(
        goal: Goal,
        features: np.ndarray,
        learnt: np.ndarray,
        choosing: np.ndarray,
        l2: float | None = None,
    ) -> Linear:
        source, labels = features[learnt].astype(np.float64), goal.answers(learnt)
        space = in_line(own, source, target)
        ours, theirs = space.source(source), space.target(target)
        each = np.eye(len(goal.outputs))
        head = _softmax(ours, each[labels])
        if own.rounds:
            answers = gathered(closed_form.softmax(head(theirs)), theirs, own.rounds)
            head = _softmax(np.concatenate([ours, theirs]), each[np.append(labels, answers)])
        return space.head(head)

    return solve


def gathered(told: np.ndarray, rows: np.ndarray, rounds: int) -> np.ndarray:
    """Return for each row the class whose centre points most nearly the same way, int (n,).

    Args:
        told: float (n, classes), what a head says of the rows; the first centres weigh by it.
        rows: float (n, d).
        rounds: how often rows are gathered and centres taken anew.
    """
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), SMALLEST)
    answers, each = told.argmax(axis=1), np.eye(told.shape[1])
    for _ in range(rounds):
        centres = told.T @ unit
        long = np.linalg.norm(centres, axis=1, keepdims=True)
        near = unit @ (centres / np.maximum(long, SMALLEST)).T
        # A class that nobody is of has no centre to be near to.
        answers = np.where(long[:, 0] > SMALLEST, near, -np.inf).argmax(axis=1)
        told = each[answers]
    return answers


def _softmax(rows: np.ndarray, shares: np.ndarray) -> Linear:
    return closed_form.fit_softmax(
        rows.astype(np.float32), shares, shares.shape[1], L2, overwrite=True
    )


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    deviation = features.std(axis=0)
    if not np.any(deviation > SMALLEST):
        raise UserError(
            "features-constant",
            "All pictures of one side look the same to the backbone, so nothing can be brought into line.",
            "Choose other pictures, or another backbone.",
        )
    return features.mean(axis=0), np.where(deviation > SMALLEST, deviation, 1.0)


def _covariance(rows: np.ndarray) -> np.ndarray:
    """Return the covariance of standardised rows plus the unit matrix, as the authors regularise it."""
    return np.cov(rows.T) + np.eye(rows.shape[1])


def _root(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**power) @ vectors.T


def _directions(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the main directions of rows, (d, count)."""
    return np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:count].T


def tries(config: TrainConfig) -> float:
    """Return how many heads are solved for: where labelled pictures choose, one for each way."""
    own = Own.model_validate(config.method.method_settings)
    return 1 + TRIED_SHARE * len(list(tried(own))) if own.align == "measured" else 1


def decomposes(own: Own, learnt: int, looked_at: int, channels: int) -> float:
    """Return the operations, 1e9, of bringing both sides into line; where labelled pictures choose, of all ways."""
    seen = min(looked_at, MOST)
    coral = 2 * decomposing.eigen(channels) + decomposing.covariance(
        2 * learnt + seen + channels, channels
    )
    subspace = decomposing.singular(learnt, channels) + decomposing.singular(seen, channels)
    ways = {"coral": coral, "subspace": subspace}
    if own.align == "measured":  # and the one that is chosen once more, for the head
        return sum(ways.values()) + max(ways.values())
    return ways.get(own.align, 0.0)


def refuses(given: Given) -> None:
    """Refuse a target that says too little, or has too few labels to choose by.

    Raises:
        UserError: "target-few" or "target-labelled-few".
    """
    target_domain.refuses(given)
    own = Own.model_validate(given.config.method.method_settings)
    if own.align == "measured" and target_domain.TARGET in given.examples:
        measured.labelled(given.examples[target_domain.TARGET])


def says(made: Mapping[str, np.ndarray]) -> Sequence[str]:
    """Return what labelled pictures chose, if they did."""
    found = measured.tells(made).get(measured.CHOICE)
    return measured.in_words(found, _titles()) if found else ()


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return what labelled pictures chose, and whether it helped there, or that nothing proves it."""
    told = target_domain.adds(run, others)
    found = run.metrics.get(measured.CHOICE)
    if not found:
        there = run.metrics.get(ELSEWHERE)
        is_doubted = there and there["gain"][0] <= 0 and there["count"] >= measured.FEWEST
        return [*told, _SUGGESTION] if is_doubted else told
    verdict, *more = measured.in_words(found, _titles())
    # What is not adapted is neither better nor worse than itself.
    return [verdict, *(told[:-1] if found["chosen"] != measured.NONE else ()), *more, told[-1]]


def _because(situation: Situation) -> str:
    """Return why labelled pictures from there are let choose."""
    return counted(
        "Recommended, since {count} picture from there is labelled with a class of yours: every way is measured on it, and so is not adapting. It is never learnt from.",
        "Recommended, since {count} pictures from there are labelled with classes of yours: every way is measured on them, and so is not adapting. They are never learnt from.",
        situation.labelled,
    )


RECIPES = (
    Recipe(
        name="labelled pictures from there",
        source="Measured on PACS with five labelled pictures a class, see `methods.measured`: what they choose is never worse than not adapting by more than a point in 90 divisions.",
        labelled=(measured.FEWEST, math.inf),
        own={"align": "measured"},
        because=_because,
    ),
)
_SUGGESTION = Said(
    "Your labelled pictures from there can choose what is aligned, or that nothing is: it stands among the settings of this method, under “What is aligned”."
)


def _titles() -> dict[str, str]:
    """Return what each way is called that labelled pictures choose from."""
    titles: dict[str, str] = {measured.NONE: Said("no alignment")}
    for way in BY_PREFERENCE:
        title = titles[way] = METHOD.choices[way]
        titles[OWN_ANSWERS.format(way=way)] = Said("{way}, with own answers", way=title)
    return titles


def explains(config: TrainConfig) -> Sequence[str]:
    """Return what is brought into line, what the head learns from, and when it hurts."""
    own = Own.model_validate(config.method.method_settings)
    space = {
        "statistics": Said(
            "Here features x of your pictures (S) and of those from there (T) are standardised, each by their own mean μ and spread σ: the head w learns from z of yours and is asked about z of theirs."
        ),
        "coral": Said(
            "Here features x, standardised each by their own mean μ and spread σ, of your pictures (S) also get the correlations C of those from there (T): the head w learns from z of yours and is asked about z of theirs."
        ),
        "subspace": counted(
            "Here features x, standardised each by their own mean μ and spread σ, are reduced to {count} main direction P, that of your pictures (S) turned towards that of those from there (T): the head w learns from z of yours and is asked about z of theirs.",
            "Here features x, standardised each by their own mean μ and spread σ, are reduced to {count} main directions P, those of your pictures (S) turned towards those of the pictures from there (T): the head w learns from z of yours and is asked about z of theirs.",
            own.directions,
        ),
        "measured": Said(
            "Here the pictures from there that are labelled choose between no alignment and the ways below, each with and without own answers: they are asked, and never learnt from. What is aligned are features x of your pictures (S) with those of the pictures from there (T), by their means μ, spreads σ, correlations C or main directions P; not aligning stays unless a way is right on more of them by over one standard error."
        ),
    }[own.align]
    believed = counted(
        "For own answers {count} round gathers the pictures from there round the nearest centre of a class, and the head learns from these answers, too.",
        "For own answers {count} rounds gather the pictures from there round the nearest centre of a class, and the head learns from these answers, too.",
        own.rounds,
    )
    hurts = Said(
        "It hurts where the classes come in other shares there, since their mix is part of every mean, and, with own answers, where the head is hardly better than a guess. The model is then for pictures from there; on your own ones it gets worse."
    )
    return [space, believed, hurts] if own.rounds else [space, hurts]


METHOD = Method(
    name="alignment",
    title=Said("Feature alignment"),
    sentence=Said(
        "Brings what a frozen network sees in your pictures into line with what it sees where the model will be used. Takes seconds, and hurts where the classes come in other shares there."
    ),
    paper="Sun et al. 2015 (CORAL), arXiv:1511.05547; Fernando et al. 2013 (subspace alignment), ICCV; Li et al. 2016 (mean and spread, as in AdaBN), arXiv:1603.04779; Liang et al. 2020 (own answers, as in SHOT), arXiv:2002.08546",
    needs=(target_domain.NEED,),
    settings=Own,
    choices=MappingProxyType(
        {
            "statistics": Said("mean and spread of each feature"),
            "coral": Said("all correlations (CORAL)"),
            "subspace": Said("main directions"),
            "measured": Said("chosen by your labelled pictures from there"),
        }
    ),
    fixes=frozen.fixes,
    exact_head=task.exact_head,
    head_beside=aligned_head,
    decomposes=decomposes,
    tries=tries,
    notes=notes,
    says=says,
    tells=measured.tells,
    refuses=refuses,
    judges=target_domain.TARGET,
    needs_one_class=True,
    drawing="method-alignment",
    formula="\n".join(
        (
            r"z = \frac{x - \mu}{\sigma} \;\text{(mean and spread)}",
            r"z_S = \frac{x - \mu_S}{\sigma_S}\, C_S^{-1/2}\, C_T^{1/2} \;\text{(CORAL)}",
            r"z_S = \frac{x - \mu_S}{\sigma_S}\, P_S P_S^\top P_T \;\text{(directions)}",
            r"w = \arg\min_w L(w;\, z_S)",
        )
    ),
    explains=explains,
    adds=adds,
    keeps="start",
    recipes=RECIPES,
)

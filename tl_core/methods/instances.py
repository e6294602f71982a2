"""Instance transfer: labelled pictures from elsewhere join, each counted by how much it is like one's own.

A picture of the source counts by two things. How close it is: the ratio of how dense the target and the
source are where it lies, told by a classifier that tries to tell both apart and was not taught with it. And
how credible its class is: the share that a head gives it which learnt from the target and from the rest of
the source, so that what is called wrongly hardly counts. A class under whose name the source beyond doubt
shows something else counts nothing at all, and nothing counts where names tell no more than chance: to a head
that learns from the source as well, a swap of names would look right. Whatever these weights are, one's own
pictures count together as a share of all, however few they are.

Five sketches of a class with photos and paintings of PACS, two fifths of all further pictures unrelated and
wrongly named, three backbones, five divisions (`tests/benchmarks/test_instances.py`): right on 65.7 % without
a source, 61.1 % with every picture alike, 67.9 % weighed by likeness, 67.5 % boosted, 68.0 % by the share of
one's own alone, and 68.4 % by that share of the related pictures alone, as if one knew them. So the share
brings nearly all that there is to gain; what weighing does beside it is to name the pictures that cannot be
believed: on five sets and two backbones a source whose names were turned in a ring costs nothing, where the
share alone costs 50 points, and unrelated pictures cost 0.4 where it costs 3.6. Moving the source by what is
usual there and not here changed it by 0.2 points, up or down.

Reference:
    Bickel, Brueckner and Scheffer 2009, Discriminative Learning Under Covariate Shift. JMLR 10.
    Dai, Yang, Xue and Yu 2007, Boosting for Transfer Learning. ICML (TrAdaBoost).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.datasets import class_matching
from tl_core.methods import weighing
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
FOLDS = 5
DIRECTIONS = 20
"""Main directions in which both sides are told apart: in all of them any two small sets can be."""
Weighs = Literal["alike", "boosted", "balanced", "all"]
JUDGED = ("alike", "boosted")
"""Ways that ask whether the source can be believed; the other two are to compare with."""


def _checked(renamed: str) -> str:
    class_matching.read(renamed)
    return renamed


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
    renamed: Annotated[str, AfterValidator(_checked)] = Field(
        "",
        title=Said("Classes called otherwise there"),
        description=Said(
            "Which class from elsewhere is which of yours, where the name does not tell: cats=cat, kitten=cat. With nothing after = it is none of yours."
        ),
    )


def weighed(known: Known) -> Mapping[str, np.ndarray]:
    """Return how much each example of the source counts, and its class times that."""
    own: Own = known.settings
    labels = known.examples[SOURCE].numbered(known.goal.outputs)
    shared = np.flatnonzero(labels >= 0)
    weights = np.ones(len(shared))
    if own.weighs in JUDGED:
        weights = _judged(known, known.further[SOURCE][shared], labels[shared])
    every = np.zeros(len(labels), np.float32)
    every[shared] = weighing.clipped(weights, own.most)
    goals = np.zeros((len(labels), len(known.goal.outputs)), np.float32)
    goals[shared, labels[shared]] = every[shared]
    return {WEIGHED: every, GOALS: goals}


def _judged(known: Known, source: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how much examples of the source, float (m, d), of these classes, int (m,), count: float (m,)."""
    own: Own = known.settings
    truth, classes = known.goal.answers(known.learnt), len(known.goal.outputs)
    ours, theirs = weighing.together(known.features[known.learnt], source)
    weights = np.zeros(len(source))
    told = weighing.told_by_target(ours, truth, theirs, classes)
    trusted = np.flatnonzero(weighing.believed(told, labels)[labels])
    if not len(trusted):
        return weights
    theirs, labels, told = theirs[trusted], labels[trusted], told[trusted]
    if own.weighs == "boosted":
        weights[trusted] = weighing.boosted(ours, truth, theirs, labels, classes, own.share)
        return weights
    random = np.random.default_rng(known.config.course.seed)
    fold = random.permutation(len(trusted)) % FOLDS
    few = slice(DIRECTIONS)
    close = weighing.closeness(ours[:, few], theirs[:, few], fold)
    credible = weighing.credible(ours, truth, theirs, labels, told, own.share, fold)
    weights[trusted] = close * credible
    return weights


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
            sample_weights=weighing.counts_of(
                len(learnt), weights, _share(own, len(learnt), weights)
            ),
            overwrite=True,
        )

    return solve


def _share(own: Own, count: int, weights: np.ndarray) -> float:
    """Return how much `count` own examples count together beside those of the source."""
    return count / (count + float(weights.sum())) if own.weighs == "all" else own.share


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
    """Return as how many pictures those from elsewhere count; see `weighing.in_words`."""
    return weighing.in_words(notes[WEIGHED])


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
            "Classes are matched by name: say which of them mean the same, or rename them.",
            theirs=", ".join(source.names[:5]),
            ours=", ".join(given.dataset.classes[:5]),
        )


def explains(config: TrainConfig) -> Sequence[str]:
    """Return how pictures from elsewhere are weighed with these settings, and when it hurts."""
    own = Own.model_validate(config.method.method_settings)
    most = f"{own.most:g}"
    how = {
        "alike": Said(
            "Here a picture from elsewhere (S) counts w: how much denser your pictures (T) lie where it lies, as a classifier tells both apart, times how credible its class is to a head that did not learn from it; at most {most} times the mean.",
            most=most,
        ),
        "boosted": counted(
            "Here a picture from elsewhere (S) counts w: in {count} round of TrAdaBoost it is lowered by the factor β when the head h gets it wrong, while your own (T) that it gets wrong are raised; at most {most} times the mean.",
            "Here a picture from elsewhere (S) counts w: in {count} rounds of TrAdaBoost it is lowered by the factor β when the head h gets it wrong, while your own (T) that it gets wrong are raised; at most {most} times the mean.",
            weighing.BOOSTS,
            most=most,
        ),
        "balanced": Said("Here all pictures from elsewhere (S) count alike, w = 1."),
        "all": Said(
            "Here every picture counts alike, yours (T) and those from elsewhere (S): where these are many, the share s of your own is small."
        ),
    }[own.weighs]
    share = Said(
        "However few they are, your own pictures have the share s = {share} of the loss ℓ.",
        share=f"{own.share:g}",
    )
    hurts = Said(
        "It hurts where pictures from elsewhere show something else under the same name, or where you have plenty of your own. The effective number n of pictures says how many really count: hold it against learning without them."
    )
    doubt = Said(
        "Classes from elsewhere do not count when a head that knows your pictures alone finds, beyond doubt, that they show something else under that name."
    )
    if own.weighs == "all":
        return [how, hurts]
    return [how, doubt, share, hurts] if own.weighs in JUDGED else [how, share, hurts]


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
    head_work=4.0,
    notes=weighed,
    says=says,
    refuses=refuses,
    needs_one_class=True,
    term=term,
    work_share=lambda config, roles: 2.0,
    drawing="kind-instances",
    formula="\n".join(
        (
            r"F = s\, \overline{\ell_T} + (1 - s)\, \frac{\sum_i w_i\, \ell_i}{\sum_i w_i}",
            r"w_i \propto \frac{p_T(x_i)}{p_S(x_i)}\, \hat p(y_i \mid x_i) \;\text{(by likeness)}",
            r"w_i \leftarrow w_i\, \beta^{[h(x_i) \neq y_i]} \;\text{(TrAdaBoost)}",
            r"n = \left(\textstyle\sum w\right)^2 / \textstyle\sum w^2",
        )
    ),
    explains=explains,
)

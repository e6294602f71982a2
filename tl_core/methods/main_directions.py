"""Main directions: the exact head learns from the few directions in which frozen features vary most.

Principal components of the standardised features are kept, the rest is dropped as noise; whitening also lets
every kept direction count alike. Validation chooses how many are kept, and whether they are whitened. All of
it is linear, so the head that is kept stands on the raw features: the model is as any other.

Reference:
    Jégou and Chum 2012, Negative evidences and co-occurences in image retrieval: the benefit of PCA and
    whitening. ECCV.
    Kessy, Lewin and Strimmer 2018, Optimal whitening and decorrelation. arXiv:1512.00809.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from pydantic import Field

from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig
from tl_core.methods import decomposing, folding, frozen
from tl_core.methods.method import Ended, ExactHead, Known, Method, Settings
from tl_core.tasks import closed_form, task
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal

Way = Literal["pca", "whitened"]
COUNTS: Mapping[Way, tuple[int, ...]] = {
    "pca": (16, 64, 256),
    "whitened": (8, 16, 32, 64, 128, 256),
}
"""Directions tried; as many as there are, too, where they are whitened."""
EXPLAINS = 0.95
"""Of the variance: so many directions are kept where no validation picture chooses."""
SMALLEST = 1e-6
"""A direction in which features vary by less than this share of the largest is none."""
CHOICE = "main_directions"
"""The note on what validation chose: how many directions, 1 where they are whitened, and the share of the
variance that they explain."""


class Own(Settings):
    """How many directions are kept, and how much each counts."""

    way: Literal["chosen", "pca", "whitened"] = Field(
        "chosen",
        title=Said("How main directions count"),
        description=Said(
            "As they are, strong directions count most. Whitened, all that are kept count alike, which also makes noise louder. Validation pictures can choose."
        ),
    )
    directions: int = Field(
        0,
        ge=0,
        le=4096,
        title=Said("Directions kept"),
        description=Said(
            "0 lets validation pictures choose. Fewer say less and are harder to learn by heart: lower it with few pictures."
        ),
    )


@dataclass(frozen=True, slots=True)
class Space:
    """Features in their main directions.

    Attributes:
        mean: (d,) of the features, and `deviation` (d,), infinite for a feature that never varies.
        deviation: see above.
        values: (r,) variances along the directions, the largest first.
        vectors: (d, r), the directions, of standardised features.
    """

    mean: np.ndarray
    deviation: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    @staticmethod
    def of(features: np.ndarray) -> "Space":
        """Return the directions of features, float (n, d).

        Raises:
            UserError: "features-constant", or "features-not-finite".
        """
        scaled, mean, deviation = closed_form.standardised(features, overwrite=False)
        values, vectors = np.linalg.eigh(scaled.T.astype(np.float64) @ scaled / len(scaled))
        values, vectors = values[::-1], vectors[:, ::-1]
        rank = int(np.sum(values > SMALLEST * max(values[0], SMALLEST)))
        rank = min(rank, max(1, len(features) - 1))
        if values[0] < SMALLEST:
            raise UserError(
                "features-constant",
                "All pictures look the same to the backbone, so there are no main directions.",
                "Choose other pictures, or another backbone.",
            )
        return Space(mean, deviation, values[:rank], vectors[:, :rank])

    def explained(self, count: int) -> float:
        """Return the share of the variance that so many directions explain."""
        return float(self.values[:count].sum() / self.values.sum())

    def matrix(self, way: Way, count: int) -> np.ndarray:
        """Return what takes centred features to main directions, (d, m).

        As they are, directions are put back where they came from, so that each keeps its weight when the
        features of the head are standardised. Whitened, they stand alone, and all vary alike.
        """
        kept = self.vectors[:, :count]
        own = kept @ kept.T if way == "pca" else kept / np.sqrt(self.values[:count])
        return own / self.deviation[:, None]

    def seen(self, features: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """Return features in main directions, float32 (n, m)."""
        return ((features - self.mean) @ matrix).astype(np.float32)

    def head(self, within: Linear, matrix: np.ndarray) -> Linear:
        """Return a head of main directions as one on raw features."""
        return folding.on_raw_features(within, matrix, self.mean)


@dataclass(frozen=True, slots=True)
class Choice:
    """How many directions are kept, and how they count."""

    way: Way
    count: int


def tried(own: Own, rank: int) -> Iterator[Choice]:
    """Yield what validation chooses from, of at most `rank` directions."""
    ways: tuple[Way, ...] = ("pca", "whitened") if own.way == "chosen" else (own.way,)
    for way in ways:
        if own.directions:
            yield Choice(way, min(own.directions, rank))
            continue
        below = [count for count in COUNTS[way] if count < rank]
        yield from (Choice(way, count) for count in below)
        if way == "whitened" or not below:
            yield Choice(way, rank)


@dataclass(frozen=True, slots=True)
class _Solving:
    """Heads in main directions of some examples."""

    known: Known
    goal: Goal
    features: np.ndarray
    learnt: np.ndarray
    choosing: np.ndarray
    space: Space

    @staticmethod
    def of(
        known: Known, goal: Goal, features: np.ndarray, learnt: np.ndarray, choosing: np.ndarray
    ) -> "_Solving":
        most = task.most_rows(goal, features)
        learnt = learnt[closed_form.spread(goal.answers(learnt), most)]
        return _Solving(known, goal, features, learnt, choosing, Space.of(features[learnt]))

    def head(self, choice: Choice, l2: float | None = None) -> Linear:
        matrix = self.space.matrix(choice.way, choice.count)
        train, val = (
            (self.space.seen(self.features[rows], matrix), self.goal.answers(rows))
            for rows in (self.learnt, self.choosing)
        )
        return self.space.head(self.goal.closed_form(train, val, l2), matrix)

    def choice(self) -> Choice:
        """Return what answers validation best; without any, what explains most of the variance."""
        own: Own = self.known.settings
        choices = list(tried(own, len(self.space.values)))
        if not len(self.choosing):
            enough = np.searchsorted(
                np.cumsum(self.space.values), EXPLAINS * sum(self.space.values)
            )
            count = own.directions or int(enough) + 1
            return Choice(choices[0].way, min(count, len(self.space.values)))
        answers = self.goal.answers(self.choosing)
        objective = self.goal.objective(self.known.config, self.goal.answers(self.learnt))

        def loss(choice: Choice) -> float:
            return -objective.score(self.head(choice).of(self.features, self.choosing), answers)[1]

        return min(choices, key=loss) if len(choices) > 1 else choices[0]


def notes(known: Known) -> Mapping[str, np.ndarray]:
    """Return what validation chose, once for a run."""
    solving = _Solving.of(known, known.goal, known.features, known.learnt, known.choosing)
    choice = solving.choice()
    explained = solving.space.explained(choice.count)
    return {CHOICE: np.array([choice.count, choice.way == "whitened", explained], np.float64)}


def reduced_head(known: Known) -> ExactHead:
    """Return what solves for a head in the main directions that validation chose; of other examples, anew."""
    count, whitened, _ = known.notes[CHOICE]
    noted = Choice("whitened" if whitened else "pca", int(count))

    def solve(
        goal: Goal,
        features: np.ndarray,
        learnt: np.ndarray,
        choosing: np.ndarray,
        l2: float | None = None,
    ) -> Linear:
        solving = _Solving.of(known, goal, features, learnt, choosing)
        is_noted = not len(choosing) or np.array_equal(learnt, known.learnt)
        choice = noted if is_noted else solving.choice()
        return solving.head(Choice(choice.way, min(choice.count, len(solving.space.values))), l2)

    return solve


def tells(made: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
    """Return the choice for the run's metrics."""
    if CHOICE not in made:
        return {}
    count, whitened, explained = made[CHOICE].tolist()
    return {CHOICE: {"count": int(count), "whitened": bool(whitened), "explained": explained}}


def says(made: Mapping[str, np.ndarray]) -> Sequence[str]:
    """Return the choice in words."""
    return [_in_words(tells(made)[CHOICE])]


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return what was chosen."""
    found = run.metrics.get(CHOICE)
    return [_in_words(found)] if found else ()


def _in_words(found: Mapping[str, Any]) -> Said:
    share = f"{100 * found['explained']:.0f}"
    if found["whitened"]:
        return counted(
            "The head stands on {count} main direction, whitened, which explains {share} % of what features vary.",
            "The head stands on {count} main directions, whitened, which explain {share} % of what features vary.",
            found["count"],
            share=share,
        )
    return counted(
        "The head stands on {count} main direction as it is, which explains {share} % of what features vary.",
        "The head stands on {count} main directions as they are, which explain {share} % of what features vary.",
        found["count"],
        share=share,
    )


def explains(config: TrainConfig) -> Sequence[str]:
    """Return what is chosen from, and when it hurts."""
    own = Own.model_validate(config.method.method_settings)
    if own.directions:
        told = counted(
            "Here {count} direction V of the features, less their mean μ and over their spread s, is kept; Λ is the variance along it.",
            "Here {count} directions V of the features, less their mean μ and over their spread s, are kept; Λ are the variances along them.",
            own.directions,
        )
    else:
        told = Said(
            "Here validation pictures choose how many directions V of the features, less their mean μ and over their spread s, are kept: up to 256, or all that there are; Λ are the variances along them."
        )
    return [
        told,
        Said(
            "It hurts where what tells classes apart varies little, as with fine differences between alike things: that is dropped first. With many pictures the usual exact head loses nothing by looking at everything."
        ),
    ]


def decomposes(own: Own, learnt: int, looked_at: int, channels: int) -> float:
    """Return the operations, 1e9, of the directions: once to choose how many are kept, once for the head."""
    return 2 * (decomposing.covariance(learnt, channels) + decomposing.eigen(channels))


METHOD = Method(
    name="main_directions",
    title=Said("Main directions of features"),
    sentence=Said(
        "What a frozen network sees is reduced to the directions in which your pictures differ most, and the head learns from these alone. Takes seconds; try it where there are few pictures."
    ),
    paper="Jégou and Chum 2012, Negative evidences and co-occurences in image retrieval: the benefit of PCA and whitening. ECCV",
    settings=Own,
    choices=MappingProxyType(
        {
            "chosen": Said("as validation pictures choose"),
            "pca": Said("as they are (PCA)"),
            "whitened": Said("all alike (whitening)"),
        }
    ),
    fixes=frozen.fixes,
    exact_head=task.exact_head,
    head_beside=reduced_head,
    head_work=13.0,
    decomposes=decomposes,
    notes=notes,
    says=says,
    tells=tells,
    drawing="method-directions",
    formula="\n".join(
        (
            r"z = V_k^\top\, \frac{x - \mu}{s} \;\text{(PCA)}",
            r"z = \Lambda_k^{-1/2}\, V_k^\top\, \frac{x - \mu}{s} \;\text{(whitening)}",
            r"\hat y = W^\top z + b",
        )
    ),
    explains=explains,
    adds=adds,
    keeps="start",
)

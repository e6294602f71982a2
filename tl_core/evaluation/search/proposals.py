"""Which candidate is tried next: first what trainings of other data sets recommend, then what Optuna proposes.

The sampler is made anew for every proposal from what was tried, with a seed that counts the trials: the
same record leads to the same proposal, also in a process that goes on after a kill.

Reference:
    Akiba et al. 2019, Optuna: A Next-generation Hyperparameter Optimization Framework. arXiv:1907.10902.
    Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization. NeurIPS.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from tl_core.evaluation.search.candidates import EPOCHS, RATES, USUAL_METHOD, Candidate, Space
from tl_core.evaluation.search.tried import PriorOf, Record

if TYPE_CHECKING:
    import optuna

BY_EXPERIENCE = 4
"""Candidates that are tried before the sampler has anything to go by."""
WAITING = 0.01
"""So much more right answers, as a share, must be expected of what takes all the time that a training may."""
ASKED = 40
"""How often the sampler is asked for one that may be tried, before the next by experience is taken."""


@dataclass(frozen=True, slots=True)
class Proposer:
    """Proposes candidates.

    Attributes:
        prior: what a candidate is expected to bring.
        recommended: the same candidate with the changed copies that a recipe recommends.
        seed: fixes what is drawn.
    """

    prior: PriorOf
    recommended: Callable[[Candidate], Candidate]
    seed: int = 0

    def __call__(
        self,
        space: Space,
        record: Record,
        may: Callable[[Candidate], bool],
        takes: Callable[[Candidate], float] = lambda _: 0.0,
    ) -> Candidate | None:
        """Return a candidate that was not tried, None where none is left that may be.

        Args:
            space: what may be proposed.
            record: what was tried.
            may: whether there is time for a candidate.
            takes: what its whole training takes, as a share of what it may.
        """
        tried = set(record.candidates())

        def is_open(candidate: Candidate) -> bool:
            return candidate not in tried and not candidate.is_plain_head and may(candidate)

        members = set(space)
        known = self.by_experience(space, record, may, takes)
        others = [one for one in tried if not one.is_plain_head]
        if len(others) < BY_EXPERIENCE and (first := next(filter(is_open, known), None)):
            return first
        study = _study(space, self._values(space, record))
        for number in range(ASKED):
            found = _sampled(space, study, [self.seed, len(tried), number])
            if found in members and is_open(found):
                return found
        return next(filter(is_open, space), None)

    def by_experience(
        self,
        space: Space,
        record: Record,
        may: Callable[[Candidate], bool] = lambda _: True,
        takes: Callable[[Candidate], float] = lambda _: 0.0,
    ) -> list[Candidate]:
        """Return what is to be tried first: the usual rate, at every depth, by what is to be expected.

        Args:
            space: what may be proposed.
            record: what was tried.
            may: whether there is time for a candidate; others take nobody's turn.
            takes: see the call.
        """
        levels = {name: record.level_of(name) for name in space.depths}
        members, tried = set(space), set(record.candidates())
        usual = [
            one
            for one in self._usual(space)
            if one in members and not one.is_plain_head and (one in tried or may(one))
        ]

        def promise(one: Candidate) -> float:
            exact = levels[one.backbone]
            return (exact or 0.0) + self.prior(one, exact).mean - WAITING * takes(one)

        # Not four neighbouring depths of one backbone: every backbone and every method has its turn.
        return _in_turn(sorted(dict.fromkeys(usual), key=promise, reverse=True))

    def _usual(self, space: Space) -> Iterator[Candidate]:
        for name, depths in space.depths.items():
            for rest in product(depths, space.methods, EPOCHS):
                depth, method, epochs = rest
                yield self.recommended(Candidate(name, depth, method=method, epochs=epochs))

    def _values(self, space: Space, record: Record) -> dict[Candidate, float]:
        members = set(space)
        found = record.standings(self.prior)
        return {one.candidate: one.value for one in found if one.candidate in members}


def _in_turn(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates so that the first of every backbone and method come before the second ones.

    What is known is known of the usual method: others have their turn after it.
    """
    turns: dict[tuple[str, str], int] = {}
    placed = []
    for one in ranked:
        kin = (one.backbone, one.method)
        turns[kin] = turns.get(kin, -1 if one.method == USUAL_METHOD else 0) + 1
        placed.append((turns[kin], one))
    return [one for _, one in sorted(placed, key=lambda each: each[0])]


def _study(space: Space, values: dict[Candidate, float]) -> "optuna.Study":
    """Return what the sampler goes by: how good others are believed to be."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study, distributions = optuna.create_study(direction="maximize"), _distributions(space)
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=_params(space, candidate), distributions=distributions, value=value
            )
            for candidate, value in values.items()
        ]
    )
    return study


def _sampled(space: Space, study: "optuna.Study", seed: Sequence[int]) -> Candidate:
    """Return what the sampler proposes; what it proposed before, and nobody tried, does not count."""
    import numpy as np
    import optuna

    number = int(np.random.SeedSequence(seed).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(
        seed=number, n_startup_trials=BY_EXPERIENCE, constant_liar=False
    )
    return _candidate(space, study.ask(_distributions(space)).params)


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    deepest = max(map(len, space.depths.values()))
    return {
        "backbone": CategoricalDistribution(tuple(space.depths)),
        "depth": IntDistribution(0, deepest - 1),
        "rate": IntDistribution(0, len(RATES) - 1),
        "epochs": CategoricalDistribution(EPOCHS),
        "copies": CategoricalDistribution(space.copies),
        "method": CategoricalDistribution(space.methods),
    }


def _params(space: Space, candidate: Candidate) -> dict[str, Any]:
    return {
        "backbone": candidate.backbone,
        "depth": space.depths[candidate.backbone].index(candidate.stages),
        "rate": RATES.index(candidate.rate),
        "epochs": candidate.epochs,
        "copies": candidate.copies,
        "method": candidate.method,
    }


def _candidate(space: Space, params: dict[str, Any]) -> Candidate:
    depths = space.depths[params["backbone"]]
    stages = depths[min(params["depth"], len(depths) - 1)]
    rate, epochs = (RATES[params["rate"]], params["epochs"]) if stages else (1.0, 1.0)
    return Candidate(params["backbone"], stages, rate, params["copies"], params["method"], epochs)

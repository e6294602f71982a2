"""What trials take, and what is expected of them before: asked again for each choice of what to try next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import VALIDATION
from tl_core.datasets.thinning import thinned
from tl_core.encoding.job import resolve
from tl_core.evaluation.search import candidates
from tl_core.evaluation.search.candidates import Candidate
from tl_core.evaluation.search.halving import Trial
from tl_core.evaluation.search.tried import Prior
from tl_core.methods import registry
from tl_core.pricing import advice, calibration, costs, gains, job_price, plan
from tl_core.pricing.advice import Advice
from tl_core.pricing.stock import Stock
from tl_core.training import libraries

NEVER = float("inf")
FOLDS = 5
ENOUGH_JUDGED = 1000
"""Validation pictures, of which chance moves two backbones by a point; with fewer, exact heads are cross-validated on all pictures but the test part."""
OF_FEWER = 0.8
"""Of what all epochs are expected to bring, what half of them are."""
IN_80_PERCENT = 2.563
"""An interval that holds 8 times in 10 is so many deviations wide."""


def cross_validates(part: Dataset, share: float) -> bool:
    """Say whether an exact head is judged by every picture in its turn, not by validation alone."""
    return share == 1 and int((part.splits == VALIDATION).sum()) < ENOUGH_JUDGED


@dataclass(slots=True)
class Prices:
    """Prices of trials on one data set.

    Attributes:
        dataset: whole; of its test part only the number of pictures counts.
        named: ids of what else may be learnt from, by role.
        family: id of the first version of the data set.
        seed: of the division and of all trainings.
        renamed: which class of the source is which of the data set's, where a person said so.
    """

    dataset: Dataset
    named: dict[str, str]
    family: str
    seed: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)
    _known: dict[float, Dataset] = field(default_factory=dict, init=False)
    _seconds: dict[tuple[Candidate, float], float] = field(default_factory=dict, init=False)
    _advice: dict[tuple[str, float | None], tuple[Advice, ...]] = field(
        default_factory=dict, init=False
    )

    def part(self, share: float) -> Dataset:
        """Return a share of the pictures to learn from and all of validation, nothing of the test part."""
        if share not in self._known:
            self._known[share] = thinned(self.dataset, share, self.seed)
        return self._known[share]

    def settings(self, candidate: Candidate, part: Dataset) -> TrainConfig:
        """Return all settings of a training by a candidate on a part of the data set, or on all of it."""
        return candidates.settings(candidate, part, self.seed, self.renamed)

    def forget(self) -> None:
        """Look again what is encoded already."""
        self._seconds.clear()

    def trial_s(self, trial: Trial) -> float:
        """Return what a trial takes; infinity where it is impossible.

        Trainings find their libraries loaded; an exact head loads them where its frozen part is still
        to be converted.
        """
        alike = replace(trial.candidate, rate=1.0)
        key = (alike, trial.effort)
        if key not in self._seconds:
            try:
                plain = alike.is_plain_head
                found = self._head_s(alike, trial.effort) if plain else self._training_s(trial)
            except UserError:
                found = NEVER
            self._seconds[key] = found
        return self._seconds[key]

    def whole_s(self, candidate: Candidate) -> float:
        """Return what a run with the settings of a candidate takes; infinity where it is impossible."""
        alike = replace(candidate, rate=1.0)
        key = (alike, 0.0)
        if key not in self._seconds:
            try:
                config = _fit(self.settings(alike, self.dataset))
                inputs = candidates.inputs_of(alike, self.named)
                self._seconds[key] = plan.one(self.dataset, config, inputs=inputs).total_s
            except UserError:
                self._seconds[key] = NEVER
        return self._seconds[key]

    def prior(self, candidate: Candidate, exact: float | None = None) -> Prior:
        """Return what is expected of a candidate, as trainings of other data sets tell.

        Args:
            candidate: the settings.
            exact: what the exact head of its backbone reaches, 0 to 1; None where nobody knows.
        """
        told = self.advice(candidate.backbone, exact)
        if not told:
            return Prior()
        found = told[candidate.stages]
        share = 1.0 if candidate.epochs == 1 else OF_FEWER
        return Prior(share * found.mean / gains.POINTS, deviation(found) / gains.POINTS)

    def advice(self, backbone: str, exact: float | None = None) -> tuple[Advice, ...]:
        """Return what each depth of a backbone is expected to bring; nothing where nobody can say."""
        key = (backbone, exact)
        if key not in self._advice:
            config = self.settings(Candidate(backbone), self.dataset)
            self._advice[key] = advice.of_depths(self.dataset, config, self.family, exact=exact)
        return self._advice[key]

    def recommended(self, candidate: Candidate) -> Candidate:
        """Return the same with changed copies where a recipe recommends them."""
        return candidates.recommended(candidate, self.dataset)

    def _head_s(self, candidate: Candidate, share: float) -> float:
        part, known = self.part(share), calibration.current()
        job = resolve(part, self.settings(candidate, part))
        price = job_price.price(job, known, Stock())
        solved = 1 + (2 * FOLDS if cross_validates(part, share) else 0)
        seconds = price.convert_s + price.encode_s + solved * price.closed_form_s + costs.LEAST_S
        return seconds + (libraries_s() if price.convert_s > 0 else 0.0)

    def _training_s(self, trial: Trial) -> float:
        part, candidate = self.part(1.0), trial.candidate
        config = _fit(shortened(trial, part, self))
        price = plan.one(part, config, inputs=candidates.inputs_of(candidate, self.named))
        if candidate.is_head:
            price = replace(price, epochs=0, trace_s=0.0)
        elif not candidate.copies and not registry.of(config).looks_at_further:
            price = replace(price, closed_form_s=0.0)  # it begins with the head that was heard
        return price.total_s - price.import_s - price.save_s


def libraries_s() -> float:
    """Return what it takes to load the libraries of trainings; 0 once they are there."""
    usual = TrainConfig().network.backbone
    factor = calibration.current().factor("import", usual)
    return 0.0 if libraries.are_loaded() else costs.IMPORT_S * factor


def _fit(config: TrainConfig) -> TrainConfig:
    """Return settings that make a training by their method.

    Raises:
        UserError: why they make none.
    """
    if (fault := registry.unfit(config)) is not None:
        raise fault
    return config


def deviation(told: Advice) -> float:
    """Return the deviation, in points, of what an interval says that holds 8 times in 10."""
    return max(0.5, (told.high - told.low) / IN_80_PERCENT)


def shortened(trial: Trial, part: Dataset, prices: Prices) -> TrainConfig:
    """Return the settings of a trial: those of the whole training with a share of its epochs."""
    config = prices.settings(trial.candidate, part)
    epochs = max(1, round(trial.effort * config.course.epochs))
    return config.but(epochs=epochs, patience=0, folds=0)

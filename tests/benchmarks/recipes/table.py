"""What the trainings of a study brought: a table for people, and the rows that Graft's adviser reads.

Whether a training replaces the exact head is decided by the product's own rule
(`tl_core.training.choice_of_epoch.Judged.beats`), asked again for every training in the journal.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

import numpy as np

from tests.benchmarks.recipes import journal
from tests.benchmarks.recipes.journal import Answer, Epoch, Training
from tests.benchmarks.recipes.plan import EXACT, RECIPES, REFERENCE, recommended
from tl_core.pricing.gains import POINTS
from tl_core.training.choice_of_epoch import Judged

CONFIDENCE = 0.95
COLUMNS = (
    "set",
    "pictures",
    "classes",
    "per_class",
    "backbone",
    "stages",
    "total_stages",
    "exact_head_accuracy",
    "trained_accuracy",
    "exact_log_loss",
    "trained_log_loss",
    "test_pictures",
    "division",
)
"""Of the adviser's table; log losses are those after the temperature that suits validation best."""


@dataclass(frozen=True, slots=True)
class Result:
    """One training beside the exact head of the same division.

    Attributes:
        training: what was made.
        exact: the exact head.
        refitted: the one that is handed over where training does not replace it.
    """

    training: Training
    exact: Answer
    refitted: Answer

    @property
    def latest(self) -> Answer:
        """What the last epoch's weights answer."""
        return self.training.epochs[-1].answers[journal.LATEST]

    @property
    def averaged(self) -> Answer:
        """What the running mean of the weights answers."""
        return self.training.epochs[-1].answers[journal.AVERAGED]

    @property
    def is_taken(self) -> bool:
        """Whether the product's rule lets the last epoch take the exact head's place."""
        return not self.training.ran_away and self.latest.judged.beats(self.exact.judged)

    @property
    def handed_over(self) -> Answer:
        """What a person gets."""
        return self.latest if self.is_taken else self.refitted

    @property
    def validated(self) -> Answer:
        """The epoch with the highest validation accuracy, the exact head included, as is usual."""
        epochs = [epoch.answers[journal.LATEST] for epoch in self.training.epochs]
        return max([self.exact, *epochs], key=lambda each: _score(each.judged))

    def points(self, answer: Answer) -> float:
        """Return what an answer brings beside the exact head, in points of test accuracy."""
        return POINTS * (answer.accuracy - self.exact.accuracy)


def _score(judged: Judged) -> tuple[float, float]:
    return judged.accuracy, -float(judged.losses.mean())


def results(trainings: Iterable[Training]) -> list[Result]:
    """Return all trainings beside their exact heads; those that have none are left out."""
    trainings = list(trainings)
    exact = {_division(each): each.epochs[0] for each in trainings if each.cell.recipe == EXACT}
    return [
        Result(each, *_both(exact[_division(each)]))
        for each in trainings
        if each.cell.recipe != EXACT and each.epochs and _division(each) in exact
    ]


def _division(training: Training) -> tuple[str, str, int, int]:
    cell = training.cell
    return training.backbone, cell.set, cell.per_class, cell.division


def _both(epoch: Epoch) -> tuple[Answer, Answer]:
    return epoch.answers[journal.PLAIN], epoch.answers[journal.REFITTED]


def print_table(trainings: Sequence[Training], out: TextIO, fewest: int = 1) -> None:
    """Write one row for each backbone, depth and recipe.

    Columns, all but the counts in points of test accuracy beside the exact head, on average:

    - `last`: of the last epoch, with its 95 % interval over trainings (Student's t; several divisions
      of few sets are not independent, so it is rather too narrow);
    - `to base`: what the recipe brings beside `base` on the same divisions;
    - `log loss`: the change after temperature scaling, in nats;
    - `averaged`: of the running mean of the weights; `validated`: of the epoch that validation likes best;
    - `taken`: share of trainings that replace the exact head; `handed over`: what a person gets then.

    Args:
        trainings: from journals.
        out: where to.
        fewest: rows of fewer trainings are left out.
    """
    found = results(trainings)
    cells: dict[tuple[str, int, int, str], list[Result]] = defaultdict(list)
    for result in found:
        cell = result.training.cell
        cells[result.training.backbone, cell.per_class, cell.stages, cell.recipe].append(result)
    base = {_place(each): each for each in found if each.training.cell.recipe == REFERENCE}
    head = ("backbone", "a class", "stages", "recipe", "n", "last", "95 %", "to base", "log loss")
    print("|", " | ".join((*head, "averaged", "validated", "taken", "handed over")), "|", file=out)
    print("|---" * (len(head) + 4), end="|\n", file=out)
    for (backbone, per_class, stages, recipe), some in sorted(cells.items()):
        if len(some) >= fewest:
            first = (backbone, str(per_class or "all"), str(stages), recipe)
            print("|", " | ".join((*first, *_figures(some, base))), "|", file=out)


def _place(result: Result) -> tuple[object, ...]:
    return *_division(result.training), result.training.cell.stages


def _figures(some: Sequence[Result], base: dict[tuple[object, ...], Result]) -> Iterable[str]:
    """Yield the numbers of a row."""
    whole = [each for each in some if not each.training.ran_away]
    yield str(len(some))
    if not whole:
        yield from ("ran away", *[""] * 7)
        return
    gains = [each.points(each.latest) for each in whole]
    yield f"{np.mean(gains):+.1f}"
    yield f"± {half_width(gains):.1f}" if len(gains) > 1 else "–"
    paired = [
        each.points(each.latest) - each.points(base[_place(each)].latest)
        for each in whole
        if _place(each) in base
    ]
    yield f"{np.mean(paired):+.1f}" if paired else "–"
    losses = [each.latest.scaled_log_loss - each.exact.scaled_log_loss for each in whole]
    yield f"{np.mean(losses):+.3f}"
    yield f"{np.mean([each.points(each.averaged) for each in whole]):+.1f}"
    yield f"{np.mean([each.points(each.validated) for each in whole]):+.1f}"
    yield f"{np.mean([each.is_taken for each in some]):.2f}"
    yield f"{np.mean([each.points(each.handed_over) for each in some]):+.1f}"


def half_width(values: Sequence[float]) -> float:
    """Return half the width of the interval of the mean of at least two values."""
    from scipy.special import stdtrit

    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * error


def print_choices(trainings: Sequence[Training], out: TextIO) -> None:
    """Write which weights of a training that came to rest are best handed over, the gate apart."""
    resting = [
        each
        for each in results(trainings)
        if RECIPES[each.training.cell.recipe].comes_to_rest
        and RECIPES[each.training.cell.recipe].starts_from_exact_head
        and not each.training.ran_away
        and not RECIPES[each.training.cell.recipe].trains_norm
    ]
    print(
        "| a class | n | last | averaged | validated | gated | worse by 2, last | gated |", file=out
    )
    print("|---" * 8, end="|\n", file=out)
    for per_class in sorted({each.training.cell.per_class for each in resting}):
        some = [each for each in resting if each.training.cell.per_class == per_class]
        last = np.array([each.points(each.latest) for each in some])
        gated = np.where([each.is_taken for each in some], last, 0)
        means = (
            last,
            [each.points(each.averaged) for each in some],
            [each.points(each.validated) for each in some],
            gated,
        )
        shares = (np.mean(each < -2) for each in (last, gated))
        row = [f"{np.mean(each):+.2f}" for each in means] + [f"{share:.3f}" for share in shares]
        print("|", " | ".join([str(per_class or "all"), str(len(some)), *row]), "|", file=out)


def write_gains(trainings: Iterable[Training], out: TextIO) -> int:
    """Write the adviser's table: exact heads and recommended recipes; return how many rows."""
    trainings = list(trainings)
    rows = [
        _row(each, _both(each.epochs[0])[0], _both(each.epochs[0])[1])
        for each in trainings
        if each.cell.recipe == EXACT
    ]
    rows += [
        _row(each.training, each.exact, each.handed_over)
        for each in results(trainings)
        if not each.training.ran_away and _is_recommended(each.training)
    ]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(set(rows)))
    return len(set(rows))


def _is_recommended(training: Training) -> bool:
    cell = training.cell
    return cell.recipe == recommended(cell.stages, cell.per_class)


def _row(training: Training, exact: Answer, handed_over: Answer) -> tuple[object, ...]:
    """Return the values of `COLUMNS`."""
    cell = training.cell
    return (
        cell.set,
        training.pictures,
        training.classes,
        training.median,
        training.backbone,
        cell.stages,
        training.total_stages,
        round(exact.accuracy, 4),
        round(handed_over.accuracy, 4),
        round(exact.scaled_log_loss, 4),
        round(handed_over.scaled_log_loss, 4),
        training.tested,
        cell.division,
    )

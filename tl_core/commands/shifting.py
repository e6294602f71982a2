"""`transfer --shift`: how far pictures from elsewhere look otherwise than those of a data set."""

from argparse import Namespace
from typing import Any

from tl_core.base.errors import UserError
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.evaluation import domain_shift
from tl_core.evaluation.domain_shift import Shift

ROLES = ("source", "unlabelled")


def shift(arguments: Namespace, output: Output) -> None:
    from tl_core.config import TrainConfig
    from tl_core.datasets import manifest

    named = {role: getattr(arguments, role) for role in ROLES if getattr(arguments, role)}
    if not named:
        raise UserError(
            "shift-nothing",
            "There are no pictures to compare with.",
            "Name a data set after --source or --unlabelled.",
        )
    dataset = manifest.load(arguments.dataset)
    config = TrainConfig().but(backbone=arguments.backbone or TrainConfig().network.backbone)
    shifts: dict[str, Any] = {}
    lines: list[str] = []
    for role, other in named.items():
        found, seconds = _measured(dataset, config, other, output)
        told = domain_shift.in_words(found)
        shifts[role] = {
            "dataset": other,
            "seconds_told": seconds,
            **found.told(),
            "distance": found.distance,
            "verdict": found.verdict,
            "words": told,
        }
        lines += [f"{role}: {told[0]}", *(f"  {line}" for line in (*told[1:], *_numbers(found)))]
    output.result({"dataset": dataset.id, "shifts": shifts}, words=lines)


def _measured(dataset: Any, config: Any, other: str, output: Output) -> tuple[Shift, float]:
    from tl_core.jobs import shift_measurer

    asked = shift_measurer.priced(dataset, config, other)
    output.say(f"about {asked.seconds:.0f} s")
    shift_measurer.start(asked)
    try:
        follow(
            shift_measurer.folder_of(asked.key),
            output,
            is_over=lambda: not shift_measurer.is_working(asked.key),
        )
    except KeyboardInterrupt:
        shift_measurer.stop(asked.key)
        raise
    found = shift_measurer.found(asked.key)
    if found is None:
        raise UserError("stopped", "The measurement was stopped.", "Start it again.")
    return found, asked.seconds


def _numbers(found: Shift) -> list[str]:
    return [
        f"domain classifier: AUC {found.area:.3f} ({found.low:.3f} to {found.high:.3f}, 95 %), "
        f"A-distance {found.distance:.2f} of 2, {found.own} and {found.others} pictures",
        f"MMD² {found.squared:.4f}, p = {found.chance:.3f} of {found.draws} permutations",
    ]

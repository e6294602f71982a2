"""Train the starter backbone: python -m tl_core.distil --pictures DIR --out DIR."""

from __future__ import annotations

import argparse
from pathlib import Path

from tl_core.backbones import starter
from tl_core.distil import pictures, student

FRESH = 1_000_000
"""Views of a picture when no view is to come again."""
PHASES = (
    "steps of four phases: every stage by itself; half of the pictures through the student's own"
    " chain; all of them; at last end to end against a teacher that sees larger pictures"
)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tl_core.distil", description=__doc__)
    add = parser.add_argument
    add("--pictures", type=Path, required=True, help="folder of unlabelled pictures")
    add("--out", type=Path, required=True, help="checkpoints, caches and the result")
    add("--steps", type=int, nargs=4, default=[2500, 10000, 20000, 20000], help=PHASES)
    add("--minutes", type=float, nargs=4, default=[1e6] * 4, help="most that each phase may take")
    add("--teacher-px", type=int, default=160, help="picture size of the teacher, end to end")
    add("--views", type=int, default=5, help="different looks at a picture, in the last phase")
    add("--batch", type=int, default=32, help="pictures a step")
    add("--learning-rate", type=float, default=2e-3, help="highest learning rate")
    add("--frozen", type=int, default=0, help="stages left as they are in the last two phases")
    add("--mixup", type=float, default=0.25, help="share of blended pictures")
    add("--seed", type=int, default=0, help="decides weights, order and crops")
    add(
        "--start",
        type=Path,
        help="weights to begin with, such as assets/starter/starter.safetensors",
    )
    add(
        "--on-device",
        action="store_true",
        help="pictures and teacher in the step itself, never the same look twice: for a GPU",
    )
    add("--finish", action="store_true", help="only write the result of the last checkpoint")
    add("--half-way", action="store_true", help="with --finish: the mean with what --start gave")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Train, or go on with the training that stands in --out."""
    given = arguments(argv)
    rate, steps, minutes = given.learning_rate, given.steps, given.minutes
    px, mixup, views, frozen = given.teacher_px, given.mixup, given.views, given.frozen
    side = starter.DEFAULT_SIZE_PX
    phases = (
        student.Phase("stages", steps[0], minutes[0], rate, side, 0.0, FRESH, given=1.0),
        student.Phase("stages", steps[1], minutes[1], rate, side, mixup, FRESH, given=0.5),
        student.Phase("stages", steps[2], minutes[2], rate, side, mixup, FRESH, frozen),
        student.Phase("whole", steps[3], minutes[3], rate / 3, px, mixup, views, frozen),
    )
    given.out.mkdir(parents=True, exist_ok=True)
    settings = student.Settings(
        phases, batch=given.batch, seed=given.seed, on_device=given.on_device
    )
    pool = pictures.Pool(given.pictures, given.out)
    training = student.Training(pool, given.out, settings, start=given.start)
    if given.finish:
        training.finish(half_way=given.half_way)
    else:
        training.run()


if __name__ == "__main__":
    main()

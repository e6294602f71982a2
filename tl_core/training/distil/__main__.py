"""Train the starter backbone: python -m tl_core.training.distil --pictures DIR --out DIR."""

from __future__ import annotations

import argparse
from pathlib import Path

from tl_core.training.distil import pictures, run


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tl_core.training.distil", description=__doc__)
    add = parser.add_argument
    add("--pictures", type=Path, required=True, help="folder of unlabelled pictures")
    add("--out", type=Path, required=True, help="checkpoints, caches and the result")
    add("--stage-steps", type=int, default=2500, help="steps taught stage by stage")
    add("--whole-steps", type=int, default=8000, help="steps taught end to end after that")
    add("--upper-steps", type=int, default=40000, help="steps with the first stage frozen")
    add("--last-steps", type=int, default=20000, help="steps taught end to end at the end")
    add("--minutes", type=float, nargs=4, default=[1e6] * 4, help="most that each phase may take")
    add("--teacher-px", type=int, default=160, help="picture size of the teacher, end to end")
    add("--views", type=int, default=5, help="different random views of every picture")
    add("--batch", type=int, default=32, help="pictures a step")
    add("--learning-rate", type=float, default=1.5e-3, help="highest learning rate")
    add("--mixup", type=float, default=0.25, help="share of blended pictures, end to end")
    add("--seed", type=int, default=0, help="decides weights, order and crops")
    add("--finish", action="store_true", help="only write the result of the last checkpoint")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Train, or go on with the training that stands in --out."""
    given = arguments(argv)
    rate, px, mixup, views = given.learning_rate, given.teacher_px, given.mixup, given.views
    stage, whole, upper, last = given.minutes
    phases = (
        run.Phase("stages", given.stage_steps, stage, rate, 112, 0.0, 1000, given=1.0),
        run.Phase("stages", given.whole_steps, whole, rate, 112, mixup, 1000, given=0.5),
        run.Phase("whole", given.upper_steps, upper, rate, px, mixup, views, frozen=1, given=0.25),
        run.Phase("whole", given.last_steps, last, rate / 3, px, mixup, views),
    )
    given.out.mkdir(parents=True, exist_ok=True)
    settings = run.Settings(phases, batch=given.batch, seed=given.seed)
    training = run.Training(pictures.Pool(given.pictures, given.out), given.out, settings)
    if given.finish:
        training.finish()
    else:
        training.run()


if __name__ == "__main__":
    main()

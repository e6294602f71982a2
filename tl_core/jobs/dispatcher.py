"""What pages and commands ask of runs and imports, in one place."""

from tl_core.jobs.imports import (
    imports_before,
    start_addition,
    start_intake,
    stop_intake,
    take_up_imports,
)
from tl_core.jobs.run_queue import add_first as start_first_run
from tl_core.jobs.trainings import (
    can_keep_best,
    has_checkpoint,
    is_being_judged,
    is_paused,
    is_pausing,
    is_silent,
    judge,
    keep_best,
    pause,
    queue_position,
    resume,
    settings_of,
    start_gentler,
    start_run,
    stop,
)
from tl_core.jobs.watch import TICK_EVERY_S, keep_ticking, tick
from tl_core.samples.bundled import Bundled

__all__ = [
    "TICK_EVERY_S",
    "Bundled",
    "can_keep_best",
    "has_checkpoint",
    "imports_before",
    "is_being_judged",
    "is_paused",
    "is_pausing",
    "is_silent",
    "judge",
    "keep_best",
    "keep_ticking",
    "pause",
    "queue_position",
    "resume",
    "settings_of",
    "start_addition",
    "start_first_run",
    "start_gentler",
    "start_intake",
    "start_run",
    "stop",
    "stop_intake",
    "take_up_imports",
    "tick",
]

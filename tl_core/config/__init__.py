"""The settings of a training: groups that declare them, and what follows from what they declare.

    setting.py       how one setting is declared: its effect, and where it shows
    method.py, network.py, changes.py, rate.py, course.py   the groups
    train_config.py  TrainConfig, the tree of the groups; every setting by its name
    effects.py       names of rows, of what a training ends in, of a search for a rate
    parsing.py       values from JSON and the command line, refused in words
    upgrades.py      settings of earlier editions

A setting is one field of a group, in one file. Nothing else has to know of it but what uses it.
"""

from tl_core.config.changes import Changes
from tl_core.config.corrections import Optimizer, Rate, Schedule, Steps
from tl_core.config.course import ClassWeights, Course, Loss, Objective, Scale, Start
from tl_core.config.method import Method
from tl_core.config.network import Head, Network, Pooling, Resize
from tl_core.config.parsing import (
    as_far_as_known,
    changed,
    name_of_today,
    parse,
    parse_assignments,
    stored,
)
from tl_core.config.setting import Depth, Section
from tl_core.config.train_config import (
    LESSON,
    SETTINGS,
    Setting,
    TrainConfig,
    applies,
    depth_of,
    group_of,
    settings_in,
)

__all__ = [
    "LESSON",
    "SETTINGS",
    "Changes",
    "ClassWeights",
    "Course",
    "Depth",
    "Head",
    "Loss",
    "Method",
    "Network",
    "Objective",
    "Optimizer",
    "Pooling",
    "Rate",
    "Resize",
    "Scale",
    "Schedule",
    "Section",
    "Setting",
    "Start",
    "Steps",
    "TrainConfig",
    "applies",
    "as_far_as_known",
    "changed",
    "depth_of",
    "group_of",
    "name_of_today",
    "parse",
    "parse_assignments",
    "settings_in",
    "stored",
]

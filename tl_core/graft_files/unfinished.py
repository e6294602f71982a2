"""What a project file holds of trainings to go on with elsewhere: of each the newest checkpoint.

A run that has a model may bring its checkpoint, to be trained further; one that has none yet is
`Pending`. Weights and the optimiser's memory are safetensors, all else is JSON: nothing is executed.
"""

from typing import Any

from pydantic import Field

from tl_core.backbones.card import Card
from tl_core.encoding.job import Keeps
from tl_core.graft_files.project_file import (
    Checked,
    ClosedForm,
    Count,
    Epoch,
    Hash,
    Index,
    Input,
    Name,
    Title,
)


class Pending(Checked):
    """A run that was paused, stopped or failed before it had a model.

    Attributes:
        name: of the run.
        dataset: place of what it learns from.
        config: its settings.
        inputs: what else it learns from, by role.
        stands_on: the model that it began with, where it was one.
        weights: the hash of the weights of that, which travel along.
        epoch: epochs completed.
        keeps: what the plan decided to keep of its examples, and
        half: in half precision; one that goes on decides the same.
        curve: what its epochs told.
        closed_form: what the best linear head reached.
    """

    name: Title
    dataset: Index
    config: dict[str, Any]
    inputs: dict[Name, Input] = Field(default={}, max_length=16)
    stands_on: Card | None = None
    weights: Hash | None = None
    epoch: Count
    keeps: Keeps = "rows"
    half: bool = False
    curve: tuple[Epoch, ...] = ()
    closed_form: ClosedForm | None = None

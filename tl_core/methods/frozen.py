"""What methods share that only solve for a head on frozen features: nothing is trained."""

from collections.abc import Mapping
from typing import Any

from tl_core.config import TrainConfig


def fixes(config: TrainConfig) -> Mapping[str, Any]:
    """Leave everything as the exact head has it."""
    return {
        "trainable_stages": 0,
        "hidden_units": (),
        "start": "closed_form",
        "batch_norm": "frozen",
        "pooling": "average",
        "epochs": 1,
    }

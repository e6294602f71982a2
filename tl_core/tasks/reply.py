"""What tasks read of one answer of a model."""

from collections.abc import Sequence
from typing import Protocol


class Reply(Protocol):
    """What a model said about one example; see `jobs.predictor.Prediction`."""

    @property
    def label(self) -> str: ...
    @property
    def probabilities(self) -> dict[str, float]: ...
    @property
    def numbers(self) -> dict[str, float]: ...
    @property
    def labels(self) -> Sequence[str]: ...
    @property
    def task(self) -> str: ...

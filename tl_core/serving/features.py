"""What a model sees in pictures, as a transformer of scikit-learn."""

from __future__ import annotations

# ruff: noqa: N803 - scikit-learn calls what goes in X, and hands it on by that name
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from tl_core.base.errors import UserError

if TYPE_CHECKING:
    from tl_core.serving.model import Model, Picture


class PictureFeatures(TransformerMixin, BaseEstimator):
    """Takes pictures to the features that a trained model answers by: the mean of its backbone's last map.

    Nothing is fitted; every clone shares the model. A picture that cannot be opened is an error with its number.

    Args:
        model: from `tl_core.load`.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def fit(self, X: Sequence[Any] | np.ndarray, y: object = None) -> Self:
        """Do nothing: the model has learnt already."""
        return self

    def transform(self, X: Sequence[Any] | np.ndarray) -> np.ndarray:
        """Return float32 (n, channels).

        Args:
            X: paths of pictures or their bytes, (n,) or (n, 1).

        Raises:
            UserError: why one of them cannot be opened.
        """
        return self.model.features_of(paths(X))

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return a name for each feature: the backbone and the number of the channel."""
        stem = self.model.description.backbone
        names = [f"{stem}_{channel}" for channel in range(self.model.channels)]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def paths(pictures: Sequence[Any] | np.ndarray) -> list[Picture]:
    """Return the pictures of one column as scikit-learn hands them on: a list, an array, (n,) or (n, 1)."""
    column = np.asarray(pictures, dtype=object)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise UserError(
            "one-column",
            "Pictures come in one column, not in {shape}.",
            "Hand over one path a row.",
            shape=column.shape,
        )
    return column.tolist()

"""What a model sees in pictures, as a transformer of scikit-learn."""

# ruff: noqa: N803 - scikit-learn calls what goes in X, and hands it on by that name

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from tl_core.serving.model import Model, paths


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

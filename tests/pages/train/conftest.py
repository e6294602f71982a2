"""Fixtures for tests of the Train page."""

from dataclasses import replace

import numpy as np
import pytest

from tl_core import store
from tl_core.datasets import manifest


@pytest.fixture
def priced(shapes):
    """The same pictures, each with a number instead of a class."""
    identifier = store.create_dataset(store.default_project().id, "priced")
    manifest.save(
        replace(
            shapes,
            id=identifier,
            classes=(),
            targets=("price",),
            labels=np.zeros_like(shapes.labels),
            values=np.arange(len(shapes), dtype=float)[:, None],
        )
    )
    store.dataset_ready(identifier, {"pictures": len(shapes), "classes": {}})
    return identifier

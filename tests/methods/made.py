"""The methods that there are, with one more that only tests know: one line in the registry."""

import numpy as np
import pytest

from tests.methods import sure_of_itself
from tl_core import store
from tl_core.datasets.splits import TRAIN
from tl_core.intake import unlabelled
from tl_core.methods import registry
from tl_core.methods.method import Method

OTHER = "3" * 24


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> Method:
    monkeypatch.setattr(registry, "METHODS", (*registry.METHODS, sure_of_itself.METHOD))
    return sure_of_itself.METHOD


@pytest.fixture
def two(made_dataset, one_more):
    """Two data sets of one project; the second holds a picture that the first is judged by."""
    project = store.default_project().id
    first = made_dataset()
    judged, learnt = (first.hashes[first.splits == part][0] for part in (2, TRAIN))
    second = made_dataset(identifier=OTHER, seed=5)
    unlabelled.save(
        OTHER,
        unlabelled.Unlabelled(
            np.array([judged, learnt]), np.array(["judged.png", "learnt.png"], object)
        ),
    )
    for dataset in (first, second):
        store.create_dataset(project, dataset.id[:2], dataset_id=dataset.id)
        store.dataset_ready(dataset.id, {"pictures": len(dataset)})
    return first, second

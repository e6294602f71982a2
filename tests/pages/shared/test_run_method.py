"""What the method of a run is called, and what its settings are, in words."""

import pytest

from pages.parts.shared import run_method
from tl_core import store
from tl_core.config import TrainConfig


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("method_name", "Adapted batch normalisation (AdaBN)"),
        ("method_settings", "What it knew counts as (pictures): 5"),
    ],
)
def test_methods_and_their_settings_go_by_their_titles(home, name, told):
    dataset_id = store.create_dataset(store.create_project("Mine"), "Cups")
    store.dataset_ready(dataset_id, {"pictures": 30})
    config = TrainConfig().but(method_name="adabn", method_settings={"old_pictures": 5})
    run = store.run(store.add_run(dataset_id, "First", config.model_dump(mode="json"), "click"))
    assert run_method.written(run, name) == told

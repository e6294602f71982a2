"""The Runs page while somebody only looks at it."""

import pytest

from tests.browser.conftest import seen
from tl_core import store
from tl_core.config import TrainConfig

pytestmark = pytest.mark.browser


def test_the_list_follows_what_is_done_to_other_runs_elsewhere(tab, server, monkeypatch):
    monkeypatch.setenv("GRAFT_HOME", str(server.home))
    tab.goto("/")
    seen(tab, "Use sample pictures").first.wait_for()  # the server has made its store
    dataset = store.create_dataset(store.default_project().id, "shapes")
    store.dataset_ready(dataset, {"pictures": 8})
    settings = TrainConfig().model_dump(mode="json")
    shown, other = (
        store.add_run(dataset, name, settings, name, metrics={"test": {"count": 0}})
        for name in ("looked at", "not looked at")
    )
    tab.goto(f"/runs?run={shown}")
    seen(tab, "not looked at").wait_for()
    store.rename("run", other, "renamed elsewhere")
    seen(tab, "renamed elsewhere").wait_for()
    third = store.add_run(dataset, "begun elsewhere", settings, "third", metrics={"test": {}})
    seen(tab, "begun elsewhere").wait_for()
    store.delete("run", third)
    seen(tab, "begun elsewhere").wait_for(state="detached")

"""Classes that were renamed after a training are known by what they show, whatever else changed."""

import pytest

from tests.datasets.test_edits import made
from tl_core import store
from tl_core.config import TrainConfig
from tl_core.datasets import edits
from tl_core.datasets.edits import DeleteClass, Exclude, Merge, NewClass, Rename
from tl_core.home import renamed, versions


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([Rename(label=1, name="box")], {"square": "box"}),
        ([Rename(label=1, name="box"), Rename(label=1, name="crate")], {"square": "crate"}),
        ([Rename(label=1, name="box"), Rename(label=0, name="ball")], {"square": "box", "round": "ball"}),
        ([Rename(label=2, name="sun"), Exclude(rows=(2, 5)), DeleteClass(label=0)], {"star": "sun"}),
        ([Merge(labels=(0,), into=1)], {}),
        ([Merge(labels=(0,), into=1), Rename(label=0, name="either")], {}),
        ([NewClass(rows=(0, 3), name="ring")], {}),
        ([Exclude(rows=(0,))], {}),
    ],
)  # fmt: skip
def test_a_renamed_class_is_found_and_a_merged_one_is_none(changes, told):
    before = after = made()
    for number, change in enumerate(changes):
        after, _ = edits.apply(after, change, f"{number:024x}")
    assert renamed.between(before, after) == told


def test_names_that_would_become_one_stay(dataset_id):
    assert renamed.applied(("a", "b"), {"a": "c"}) == ("c", "b")
    assert renamed.applied(("a", "b"), {"a": "b"}) == ("a", "b")


def test_a_run_learns_of_what_was_renamed_after_it(dataset_id):
    config = TrainConfig().model_dump(mode="json")
    run = store.run(store.add_run(dataset_id, "first", config, "click"))
    assert renamed.since(run) == {}
    versions.edit(dataset_id, Rename(label=0, name="ball"), "rename")
    assert renamed.since(run) == {"round": "ball"}

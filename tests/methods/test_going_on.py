"""A run of any method that is killed goes on exactly: the same bits as without a break."""

import json
import shutil
import sys

import pytest

from tests.made import DATASET
from tests.methods.made import OTHER
from tests.training.test_kill import fingerprint, live
from tl_core.methods import registry
from tl_core.training import decisions, pipeline

TEACHER = "4" * 24
SETTINGS = {
    "backbone": "starter",
    "image_size_px": 64,
    "trainable_stages": 1,
    "epochs": 3,
    "batch_size": 8,
    "patience": 0,
    "flip": True,
}
OWN = {"surgical": {"trainable_stages": 2, "method_settings": {"block": 1}}}
"""What some methods need beside."""
DEATHS = (
    ("encode", 3),
    ("closed_form", 1),
    ("mid-epoch", 1),
    ("checkpoint", 2),
    ("evaluate", 1),
)
"""Places of `test_kill`, and at which point there to die; a method that never passes one is not killed there."""
USUAL = (pytest.param("surgical", marks=pytest.mark.exhaustive), "adversary")
"""One whose stages are chosen, and one with a term of its own: broken off in one process, which is quick."""
NAMES = [method.name for method in registry.METHODS]

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def named(made_dataset, made_run, home):
    """A function that makes a run's folder with everything that its method needs."""
    made_dataset(classes=3, each=12)
    made_dataset(classes=3, each=12, identifier=OTHER, seed=5)

    def make(name, method):
        needs = {need.role: need.kind for need in registry.get(method).needs}
        if "run" in needs.values() and not (home / "runs" / TEACHER).exists():
            live(made_run(TEACHER, **SETTINGS | {"epochs": 1, "trainable_stages": 0}))
        folder = made_run(name, method_name=method, **SETTINGS | OWN.get(method, {}))
        inputs = {role: OTHER if kind == "dataset" else TEACHER for role, kind in needs.items()}
        about = {"run": "1" * 24, "dataset": DATASET, "inputs": inputs}
        (folder / "run.json").write_text(json.dumps(about))
        return folder

    return make


def killed(home, named, method, places):
    """Kill a run of a method wherever it passes one of `places`; return where that was."""
    whole = named(f"{method} whole", method)
    points, _ = live(whole)
    shutil.rmtree(home / "cache")
    broken, died = named(f"{method} broken", method), []
    # What is cheaper to keep follows from what this computer has learnt meanwhile; a run decides it once.
    shutil.copy(whole / decisions.PLAN, broken)
    for place, deadline in DEATHS:
        if place in places and points.count(place) >= deadline:
            died.append(live(broken, place, deadline)[0][-1])
    live(broken)
    assert fingerprint(broken) == fingerprint(whole), method
    return died


class BrokenOffError(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("method", USUAL)
def test_a_broken_run_ends_in_the_same_bits(home, named, random_weights, method):
    whole, broken = named(f"{method} whole", method), named(f"{method} broken", method)
    pipeline.train(whole, lambda event, **fields: None)

    def break_off(event, **fields):
        if event == "epoch" and fields["epoch"] == 2:
            raise BrokenOffError

    with pytest.raises(BrokenOffError):
        pipeline.train(broken, break_off)
    told = []
    pipeline.train(broken, lambda event, **fields: told.append((event, fields)))
    assert any("Resumed" in str(fields.get("text")) for _, fields in told)
    assert fingerprint(broken) == fingerprint(whole)


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("method", NAMES)
def test_every_method_is_killed_everywhere_and_ends_in_the_same_bits(home, named, method):
    died = killed(home, named, method, [place for place, _ in DEATHS])
    assert {"encode", "closed_form", "evaluate"} - set(died) <= (
        {"closed_form"} if registry.get(method).exact_head is None else set()
    )
    assert ("checkpoint" in died) == (registry.get(method).keeps != "start")

"""A run of any method that breaks off goes on exactly: the same bits as without a break."""

import hashlib
import json

import pytest

from tests.made import DATASET
from tests.methods.made import OTHER
from tl_core.methods import registry
from tl_core.training import pipeline

TEACHER = "4" * 24
SETTINGS = {
    "backbone": "starter",
    "image_size_px": 64,
    "trainable_stages": 1,
    "epochs": 3,
    "batch_size": 8,
    "patience": 0,
    "start": "random",
    "flip": True,
}
LEARNING = [
    method.name
    for method in registry.METHODS
    if (method.needs or method.needs_stages) and method.keeps != "start"
]
USUAL = ("surgical", "adversary")
"""One whose stages are chosen, and one with a term of its own; the others take minutes more."""

OWN = {"surgical": {"trainable_stages": 2, "method_settings": {"block": 1}}}
"""What some methods need beside."""


class BrokenOffError(Exception):
    pass


@pytest.fixture
def named(made_dataset, made_run, random_weights):
    """A function that makes a run's folder with everything that its method needs."""
    made_dataset(classes=3, each=12)
    made_dataset(classes=3, each=12, identifier=OTHER, seed=5)
    teacher = {**SETTINGS, "epochs": 1, "trainable_stages": 0, "start": "closed_form"}
    pipeline.train(made_run(TEACHER, **teacher), lambda event, **fields: None)

    def make(name, method):
        folder = made_run(name, method_name=method, **SETTINGS | OWN.get(method, {}))
        needs = {need.role: need.kind for need in registry.get(method).needs}
        inputs = {role: OTHER if kind == "dataset" else TEACHER for role, kind in needs.items()}
        about = {"run": "1" * 24, "dataset": DATASET, "inputs": inputs}
        (folder / "run.json").write_text(json.dumps(about))
        return folder

    return make


def learnt(folder):
    return hashlib.sha256((folder / "model" / "tail.safetensors").read_bytes()).hexdigest()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "methods",
    [
        pytest.param(USUAL, marks=pytest.mark.slow, id="usual"),
        pytest.param(
            tuple(name for name in LEARNING if name not in USUAL),
            marks=pytest.mark.exhaustive,
            id="others",
        ),
    ],
)
def test_a_broken_run_ends_in_the_same_bits(named, methods):
    assert set(methods) <= set(LEARNING)
    for method in methods:
        whole, broken = named(f"{method} whole", method), named(f"{method} broken", method)
        pipeline.train(whole, lambda event, **fields: None)

        def break_off(event, **fields):
            if event == "epoch" and fields["epoch"] == 2:
                raise BrokenOffError

        with pytest.raises(BrokenOffError):
            pipeline.train(broken, break_off)
        told = []
        pipeline.train(broken, lambda event, told=told, **fields: told.append((event, fields)))
        assert any("Resumed" in str(fields.get("text")) for _, fields in told), method
        assert learnt(broken) == learnt(whole), method

"""The exact head of the program is the one of the training, weight by weight."""

import ast
from typing import Any

import numpy as np
import pytest
import scipy

from tests.export.code import made
from tl_core.config import TrainConfig
from tl_core.tasks import closed_form, one_against_rest

LEARNT, COUNT = 60, 90
WAYS = {
    "classes": (made.dataset(), TrainConfig()),
    "balanced classes": (made.dataset(), TrainConfig(class_weights="balanced")),
    "labels": (made.labels(), TrainConfig()),
    "numbers": (made.numbers(), TrainConfig()),
}


def program_of(way: str, **names: Any) -> dict[str, Any]:
    """Return the functions of a program, and the strengths that it tries."""
    body = ast.parse(made.text_of(WAYS[way][1], WAYS[way][0])).body
    kept = [
        node
        for node in body
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STRENGTHS")
    ]
    known = {"np": np, "scipy": scipy, "OUTPUTS": 2, **names}
    exec(compile(ast.Module(kept, []), way, "exec"), known)
    return known


def seen() -> tuple[np.ndarray, np.ndarray]:
    """Return features of two classes, one of them hardly varying and one never, and the classes."""
    random = np.random.default_rng(5)
    labels = (random.random(COUNT) < 0.3).astype(int)
    features = random.normal(size=(COUNT, 7)) + labels[:, None] * [2, 1, 0, 0, 0, 0, 0] + 3
    features[:, 5] = 1 + 1e-3 * (random.random(COUNT) < 0.1)
    features[:, 6] = 4
    return features.astype(np.float32), labels


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_known", [False, True], ids=["chosen", "known"])
def test_it_is_the_head_that_the_training_begins_with(home, way: str, is_known: bool) -> None:
    features, labels = seen()
    answers: Any = labels
    if way == "labels":
        answers = np.stack([labels > 0, features[:, 2] > 3], axis=1)
    if way == "numbers":
        answers = np.stack([features[:, 0] - labels, 7.0 * labels], axis=1)
    learnt, held = features[:LEARNT], features[LEARNT:]
    counts = np.bincount(labels[:LEARNT], minlength=2)
    program = program_of(way, COUNTS=counts)
    strength = 0.1 if is_known else None
    weights, bias, l2 = program["exact_head"](
        learnt, answers[:LEARNT], held, answers[LEARNT:], strength
    )
    given = learnt, answers[:LEARNT]
    kept: dict[str, Any] = {} if is_known else {"validation": (held, answers[LEARNT:])}
    path: dict[str, Any] = {"l2_path": (strength,)} if is_known else {}
    if way == "labels":
        own = one_against_rest.fit(*given, **path, **kept)
    elif way == "numbers":
        own = closed_form.fit_ridge(*given, **path, **kept)
    else:
        if way == "balanced classes":
            kept["sample_weights"] = (1 / counts)[labels[:LEARNT]]
            kept["validation_weights"] = closed_form.balance(labels[LEARNT:], 2)
        own = closed_form.fit_softmax(*given, 2, **path, **kept)
    assert l2 == own.l2
    told = held @ weights + bias
    assert np.allclose(told, own(held), atol=2e-2 * np.abs(told).max())

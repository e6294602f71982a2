"""One block of stages learns: the one with the largest relative gradient, or the one that a trial likes best."""

import numpy as np
import pytest

from tests.training.test_fit import Held
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.encoding.features import Part
from tl_core.encoding.job import resolve
from tl_core.methods import registry, surgical
from tl_core.methods.method import Block, Ended
from tl_core.pricing import costs

CONFIG = TrainConfig(
    method_name="surgical",
    backbone="starter",
    trainable_stages=3,
    image_size_px=64,
    batch_size=8,
)


def said(sentences):
    return " ".join(sentences)


def test_a_block_as_large_as_all_that_is_open_is_refused():
    for settings, code in (({"trainable_stages": 0}, "stages-frozen"), ({}, "block-too-large")):
        with pytest.raises(UserError) as error:
            config = CONFIG.but(method_settings={"block": 3}, **settings)
            registry.require_inputs(registry.settled(config), {})
        assert error.value.code == code
    registry.require_inputs(registry.settled(CONFIG), {})


def test_a_trial_of_every_block_costs_more_than_one_look_at_gradients(made_dataset):
    dataset, known = made_dataset(classes=3, each=12), costs.Calibration(gigaflops=0.1)
    looks = [
        costs.WORK["forward"](resolve(dataset, registry.settled(config)), known)
        for config in (
            CONFIG.but(method_name="fine_tune"),
            CONFIG,
            CONFIG.but(method_settings={"chosen_by": "trial"}),
        )
    ]
    assert looks[0] < looks[1] < looks[2]


def test_the_explanation_and_the_result_name_the_stages():
    config = registry.settled(CONFIG)
    told = said(surgical.explains(config))
    assert "2 of the upper 3 stages" in told and "2 such blocks" in told and "hurts" in told
    block = {"first": 1, "last": 2, "by": "gradient", "scores": [0.01, 0.034]}
    told = said(surgical.adds(Ended(config.model_dump(mode="json"), {"block": block}), []))
    assert "0.034" in told and "0.01" in told and "frozen" in told
    assert said(surgical.adds(Ended(config.model_dump(mode="json"), {}), [])) == ""


@pytest.mark.slow
def test_the_block_is_chosen_by_exact_gradients_and_the_network_is_as_before(
    made_dataset, random_weights
):
    import keras
    import tensorflow as tf

    from tl_core.tasks import registry as tasks
    from tl_core.training import network as networks
    from tl_core.training import surgery

    dataset = made_dataset(classes=3, each=12)
    config = registry.settled(CONFIG.but(method_settings={"block": 1}))
    job = resolve(dataset, config)
    network = networks.build_network(job, 3)
    random = np.random.default_rng(0)
    shape, labels = network.learner.input_shape[1:], np.arange(24) % 3
    rows = (random.normal(size=(24, *shape)) + labels.reshape(-1, 1, 1, 1)).astype(np.float32)
    parts = (
        Part(Held(rows[:15]), labels[:15], np.array(["x"] * 15)),
        Part(Held(rows[15:]), labels[15:], np.array(["x"] * 9)),
    )
    goal = tasks.of(dataset).goal(dataset, np.flatnonzero(dataset.splits == 0), config, None)
    objective = goal.objective(config, parts[0].answers)
    looking = surgery.Looking(network, *parts, objective, config)
    before = [np.array(v.value) for v in network.learner.variables]
    chosen = surgery.choice(looking, Block(1, "gradient"), 3)
    assert chosen["by"] == "gradient" and chosen["first"] == chosen["last"]

    with tf.GradientTape() as tape:
        outputs = network.learner(rows[:15])
        loss = keras.ops.mean(objective.loss()(objective.targets(labels[:15]), outputs))
    learning = network.learner.trainable_variables
    slopes = tape.gradient(loss, [v.value for v in learning])
    wanted = []
    for place in range(3):
        inside = [at for at, v in enumerate(learning) if network.depths.get(v.path) == 2 - place]
        slope = sum(float(np.sum(np.array(slopes[at]) ** 2)) for at in inside)
        wanted.append((slope / sum(float(np.sum(before_of(learning[at]))) for at in inside)) ** 0.5)
    assert np.allclose(chosen["scores"], wanted, rtol=1e-2)
    assert chosen["first"] == int(np.argmax(wanted))

    tried = surgery.choice(looking, Block(1, "trial"), 3)
    assert tried["by"] == "trial" and max(tried["scores"]) > 0
    assert all(map(np.array_equal, before, [np.array(v.value) for v in network.learner.variables]))
    network.let_only_learn({1})
    learns = {network.depths.get(v.path) for v in network.learner.trainable_variables}
    assert learns == {1, None}


def before_of(variable):
    return np.array(variable.value) ** 2

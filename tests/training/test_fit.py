"""Training on features: needs keras, so every test that trains is slow."""

import numpy as np
import pytest

from tl_core.config import TrainConfig
from tl_core.errors import UserError

pytestmark = pytest.mark.slow


class Held:
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def batch(self, indices, epoch):
        return self.rows[indices]


class Log:
    def __init__(self, kill_after=None):
        self.events, self.kill_after = [], kill_after

    def __call__(self, event, **fields):
        self.events.append((event, fields))
        if self.kill_after and self.kill_after(event, fields):
            raise KeyboardInterrupt

    def of(self, kind):
        return [fields for event, fields in self.events if event == kind]


@pytest.fixture(scope="module")
def parts():
    from tl_core.training.features import Part

    random = np.random.default_rng(0)
    centres = random.normal(size=(3, 12)) * 1.2
    labels = random.integers(3, size=150)
    rows = (centres[labels] + random.normal(size=(150, 12))).astype(np.float32)
    hashes = np.array([f"{i:064x}" for i in range(150)])
    train = Part(Held(rows[:100]), labels[:100], hashes[:100])
    return train, Part(Held(rows[100:]), labels[100:], hashes[100:])


def new_model(dropout=0.3):
    import keras

    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((12,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(3),
        ]
    )


def train(parts, folder, log=None, model=None, should_stop=lambda: False, **settings):
    from tl_core.training.fit import fit
    from tl_core.training.objective import Classes

    config = TrainConfig(**{"epochs": 4, "batch_size": 16, "patience": 0, **settings})
    model = model or new_model()
    objective = Classes.of(config, parts[0].answers, 3)
    outcome = fit(
        model,
        *parts,
        objective,
        config,
        checkpoints=folder,
        emit=log or Log(),
        should_stop=should_stop,
    )
    return model, outcome


def weights(model):
    return [np.asarray(variable.value) for variable in model.variables]


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_training_lowers_the_loss_and_tells_every_epoch(parts, tmp_path, optimizer):
    log = Log()
    rate = 0.05 if optimizer == "sgd" else 0.01
    _, outcome = train(parts, tmp_path, log, optimizer=optimizer, learning_rate=rate)
    told = log.of("epoch")
    assert [event["epoch"] for event in told] == [0, 1, 2, 3, 4]
    assert told[-1]["loss"] < told[0]["loss"]
    assert told[-1]["val_accuracy"] > 0.6
    assert outcome.ended == "epochs" and outcome.steps == 4 * 7
    assert log.of("step")[-1]["step"] == 7


def test_loss_and_accuracy_of_an_epoch_are_means_over_all_its_pictures(parts, tmp_path):
    log = Log()
    train(parts, tmp_path, log, model=new_model(dropout=0.0), learning_rate=1e-12, epochs=1)
    before, after = log.of("epoch")
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-4)
    assert after["accuracy"] == pytest.approx(before["accuracy"])
    assert log.of("step")[-1]["loss"] == after["loss"]


@pytest.mark.parametrize("moment", ["epoch", "step"])
def test_a_run_killed_and_resumed_ends_in_the_same_bits(parts, tmp_path, moment):
    unbroken, whole = train(parts, tmp_path / "a")
    kill = Log(lambda event, fields: event == moment and fields["epoch"] == 3)
    with pytest.raises(KeyboardInterrupt):
        train(parts, tmp_path / "b", kill)
    log = Log()
    resumed, outcome = train(parts, tmp_path / "b", log)
    assert outcome == whole
    assert any("Resumed" in event["text"] for event in log.of("note"))
    for one, other in zip(weights(unbroken), weights(resumed), strict=True):
        assert np.array_equal(one, other)


def test_a_truncated_newest_checkpoint_costs_one_epoch_and_is_told(parts, tmp_path):
    unbroken, _ = train(parts, tmp_path / "a")
    train(parts, tmp_path / "b")
    newest = tmp_path / "b" / "epoch-0004" / "arrays.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    log = Log()
    resumed, outcome = train(parts, tmp_path / "b", log)
    assert any("damaged" in event["text"] for event in log.of("note"))
    assert outcome.epochs == 4
    for one, other in zip(weights(unbroken), weights(resumed), strict=True):
        assert np.array_equal(one, other)


def test_the_best_weights_are_kept_and_the_start_counts(parts, tmp_path):
    model, _ = train(parts, tmp_path / "good", learning_rate=0.02, epochs=8)
    good = weights(model)
    again, outcome = train(
        parts, tmp_path / "worse", model=model, learning_rate=1.0, patience=2, epochs=50
    )
    assert outcome.ended == "early" and outcome.epochs < 50
    if outcome.best_epoch == 0:
        for one, other in zip(good, weights(again), strict=True):
            assert np.array_equal(one, other)


def test_a_stop_ends_at_the_next_step_with_the_best_weights(parts, tmp_path):
    log = Log()
    _, outcome = train(parts, tmp_path, log, should_stop=lambda: len(log.of("epoch")) >= 2)
    assert outcome.ended == "stopped" and outcome.epochs == 1


@pytest.mark.parametrize("rate", [1e9, 1e10])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_an_absurd_learning_rate_stops_in_the_first_epoch(parts, tmp_path, rate, optimizer):
    from tl_core.training import checkpoint

    log = Log()
    with pytest.raises(UserError) as caught:
        train(parts, tmp_path, log, learning_rate=rate, optimizer=optimizer)
    assert caught.value.code == "diverged"
    assert [event["epoch"] for event in log.of("epoch")] == [0]
    kept, _ = checkpoint.load(tmp_path)
    assert kept is not None and all(np.isfinite(array).all() for array in kept.arrays.values())


def test_a_weights_own_rate_scales_its_steps(parts, tmp_path):
    from tl_core.training.fit import fit
    from tl_core.training.objective import Classes

    model = new_model()
    before = weights(model)
    config = TrainConfig(epochs=1, batch_size=100)
    first = {variable.path for variable in model.layers[0].variables}
    fit(
        model,
        *parts,
        Classes.of(config, parts[0].answers, 3),
        config,
        rate=lambda variable: 0.0 if variable.path in first else 1.0,
        checkpoints=tmp_path,
    )
    after = weights(model)
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[-2], after[-2])


def test_balanced_weights_make_every_class_count_alike():
    from tl_core.training.objective import Classes

    labels = np.array([0, 0, 0, 1])
    objective = Classes.of(TrainConfig(class_weights="balanced"), labels, 2)
    shares = objective.weights(labels)
    assert np.isclose(shares[labels == 0].sum(), shares[labels == 1].sum()) and np.isclose(
        shares.mean(), 1
    )

"""Training on features: needs keras, so every test that trains is slow."""

import numpy as np
import pytest

from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.training import checkpoint

pytestmark = pytest.mark.slow


class Held:
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def expect(self, batches, epoch):
        pass

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
    from tl_core.encoding.features import Part

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


def train(
    parts,
    folder,
    log=None,
    model=None,
    should_stop=lambda: False,
    from_exact_head=False,
    **settings,
):
    from tl_core.tasks.classify import Classes
    from tl_core.training.fit import fit

    config = TrainConfig(**{"epochs": 4, "batch_size": 16, "patience": 0, **settings})
    model = model or new_model()
    objective = Classes.of(config, parts[0].answers, 3)
    outcome = fit(
        model,
        *parts,
        objective,
        config,
        from_exact_head=from_exact_head,
        checkpoints=folder,
        emit=log or Log(),
        should_stop=should_stop,
    )
    return model, outcome


def weights(model):
    return [np.asarray(variable.value) for variable in model.variables]


@pytest.mark.parametrize(
    "optimizer",
    [
        "adam",
        "sgd",
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("adamw", "rmsprop")),
    ],
)
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


SGD = {"optimizer": "sgd", "learning_rate": 0.05}
WAYS = {
    "rmsprop": ({"optimizer": "rmsprop"}, {}),
    "nesterov": (SGD | {"nesterov": True}, SGD),
    "adamw": ({"optimizer": "adamw", "weight_decay": 0.1}, {"optimizer": "adamw"}),
    "mixup": ({"mixup": 0.4}, {}),
    "cosine": ({"schedule": "cosine", "warmup": 0.3}, {}),
    "plateau": (SGD | {"schedule": "plateau", "plateau_patience": 1}, SGD),
    "l2": ({"l2": 0.1}, {}),
    "smoothing": ({"label_smoothing": 0.2}, {}),
    "averaging": ({"averaging": 1.0}, {}),
}
ALIKE = ("rmsprop", "nesterov", "adamw", "l2", "smoothing")
"""What resumes as its neighbours do: one more optimiser with slots, one more way to count the loss."""


def kept(folder):
    """Weights and optimiser of the last epoch, which need not be the best."""
    from tl_core.training import checkpoint

    found, _ = checkpoint.load(folder)
    return found.arrays


@pytest.mark.parametrize(
    "way",
    [pytest.param(way, marks=pytest.mark.exhaustive) if way in ALIKE else way for way in WAYS],
)
def test_every_way_to_learn_changes_what_happens_and_resumes_in_the_same_bits(parts, tmp_path, way):
    settings, without = ({"epochs": 6, "hidden": way == "l2"} | some for some in WAYS[way])
    _, whole = new_train(parts, tmp_path / "a", **settings)
    kill = Log(lambda event, fields: event == "step" and fields["epoch"] == 5)
    with pytest.raises(KeyboardInterrupt):
        new_train(parts, tmp_path / "b", kill, **settings)
    _, outcome = new_train(parts, tmp_path / "b", **settings)
    new_train(parts, tmp_path / "c", **without)
    unbroken, resumed, other = (kept(tmp_path / name) for name in "abc")
    assert outcome == whole
    assert all(np.array_equal(unbroken[name], resumed[name]) for name in unbroken)
    changed = "b" if way == "averaging" else "w"  # what is kept is averaged, what learns is not
    assert any(
        not np.array_equal(unbroken[n], other.get(n, other["w" + n[1:]]))
        for n in unbroken
        if n.startswith(changed)
    )


def new_train(parts, folder, log=None, *, hidden, **settings):
    """Train a small model of the test's own; with `hidden` one whose layers the settings build."""
    if not hidden:
        return train(parts, folder, log, **settings)
    from tl_core.models import heads

    config = TrainConfig(hidden_units=(16,), **settings)
    return train(parts, folder, log, heads.head(config, (12,), 3), **settings)


def test_the_rate_of_every_epoch_is_told_as_the_schedule_sets_it(parts, tmp_path):
    log = Log()
    train(parts, tmp_path, log, schedule="cosine", warmup=0.25, epochs=4, learning_rate=0.01)
    told = [event["learning_rate"] for event in log.of("epoch")[1:]]
    assert told[0] <= 0.01 and told[0] > told[1] > told[2] > told[3] >= 0
    log = Log()
    train(
        parts,
        tmp_path / "p",
        log,
        schedule="plateau",
        plateau_patience=1,
        plateau_factor=0.1,
        learning_rate=1.0,
        epochs=6,
    )
    told = [event["learning_rate"] for event in log.of("epoch")[1:]]
    assert told[-1] < told[0] == 1.0
    assert any("lowered" in event["text"] for event in log.of("note"))


@pytest.mark.parametrize(("batch_size", "told"), [(101, 1), (100, 0)])
def test_a_batch_larger_than_the_pictures_is_told_once(parts, tmp_path, batch_size, told):
    log = Log()
    train(parts, tmp_path, log, batch_size=batch_size, epochs=1)
    train(parts, tmp_path, log, batch_size=batch_size, epochs=2)
    notes = [event["text"] for event in log.of("note") if "all 100 pictures" in event["text"]]
    assert len(notes) == told


def test_a_rate_of_nothing_from_the_schedule_moves_nothing(parts, tmp_path, monkeypatch):
    from tl_core.training.rates import Schedule

    monkeypatch.setattr(Schedule, "share", lambda self, step: 0.0)
    model = new_model()
    before = weights(model)
    # With patience, weights that are no better leave the first ones in their place.
    trained, _ = train(parts, tmp_path, model=model, schedule="cosine", patience=4)
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(trained), strict=True))


@pytest.mark.parametrize("stops_after", [9, 3], ids=["in one go", "and goes on"])
def test_weights_that_come_to_rest_below_the_exact_head_give_way_to_it(
    parts, tmp_path, monkeypatch, stops_after
):
    from tl_core.training.choice_of_epoch import Judged

    monkeypatch.setattr(Judged, "beats", lambda self, other: self.epoch in (1, 2))
    settings = {"schedule": "cosine", "from_exact_head": True}
    model = new_model()
    before, log = weights(model), Log()
    stopped, _ = train(
        *(parts, tmp_path, log, model),
        should_stop=lambda: len(log.of("epoch")) > stops_after,
        **settings,
    )
    if stops_after == 3:
        log = Log()
        stopped, _ = train(parts, tmp_path, log, **settings)
    assert [event["kept"] for event in log.of("epoch")][-2:] == [0, 0]
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(stopped), strict=True))


def test_a_run_from_nothing_tells_every_step_so_that_it_can_be_watched(parts, tmp_path):
    watched, plain = Log(), Log()
    train(parts, tmp_path / "a", watched, start="random")
    train(parts, tmp_path / "b", plain)
    assert [event["step"] for event in watched.of("step")] == [1, 2, 3, 4, 5, 6, 7] * 4
    assert len(plain.of("step")) < len(watched.of("step"))


def test_mixup_blends_inputs_and_each_answer_counts_as_its_picture_does():
    from tl_core.training.mixup import mixed

    inputs = np.arange(1, 9, dtype=np.float32)[:, None]
    targets = np.eye(8, dtype=np.float32)
    weights = np.linspace(0.2, 3, 8, dtype=np.float32)
    blended, answers, totals = mixed((inputs, targets, weights), 0.5, np.random.default_rng(1))
    random = np.random.default_rng(1)
    share, order = np.float32(random.beta(0.5, 0.5)), random.permutation(8)
    assert np.allclose(blended, inputs * share + inputs[order] * (1 - share))
    # What the loss sums up, and so what the optimiser follows: each answer with its own weight.
    expected = targets * (weights * share)[:, None]
    expected += targets[order] * (weights[order] * (1 - share))[:, None]
    assert np.allclose(answers * totals[:, None], expected, atol=1e-6)
    assert np.allclose(answers.sum(axis=1), 1) and blended.dtype == answers.dtype == np.float32
    assert totals.mean() == pytest.approx(weights.mean())
    assert not np.allclose(blended, inputs)


def test_mixup_of_a_class_that_does_not_count_has_no_gradient_and_no_nan():
    from tl_core.training.mixup import mixed

    batch = np.ones((4, 1), np.float32), np.eye(4, dtype=np.float32), np.zeros(4, np.float32)
    _, answers, totals = mixed(batch, 0.5, np.random.default_rng(1))
    assert np.isfinite(answers).all() and not totals.any()


def test_weight_decay_follows_a_weights_own_rate(parts, tmp_path):
    from tl_core.training import optimisers

    model = new_model()
    held = {variable.path for variable in model.layers[0].variables}
    config = TrainConfig(optimizer="adamw", weight_decay=0.5, learning_rate=0.1)
    optimiser = optimisers.build(config, lambda v: 0.0 if v.path in held else 1.0)
    optimiser.build(model.trainable_variables)
    before = weights(model)
    optimiser.apply([np.zeros(v.shape, np.float32) for v in model.trainable_variables])
    after = weights(model)
    assert np.array_equal(before[0], after[0])
    assert np.allclose(after[-2], before[-2] * 0.95, atol=1e-6)


def test_the_mean_of_the_weights_begins_where_training_does_and_is_what_is_judged(
    parts, tmp_path, monkeypatch
):
    from tl_core.training import optimisers, prediction

    latest, judged = [], []
    step, predict = optimisers.set_rate, prediction.predict

    def stepped(optimiser, rate):
        latest.append([np.array(v.value) for v in optimiser._trainable_variables])
        step(optimiser, rate)

    def predicted(model, features, *others, **named):
        judged.append(weights(model))
        return predict(model, features, *others, **named)

    monkeypatch.setattr(optimisers, "set_rate", stepped)
    monkeypatch.setattr(prediction, "predict", predicted)
    model = new_model(dropout=0.0)
    begun, learning = weights(model), len(model.trainable_variables)
    # A cosine sets the rate before every step, so that the weights can be looked at there.
    given = {"schedule": "cosine", "averaging": 0.5, "epochs": 1, "learning_rate": 0.01}
    trained, _ = train(parts, tmp_path, model=model, **given)
    found, _ = checkpoint.load(tmp_path)
    last = [found.arrays[name] for name in sorted(found.arrays) if name.startswith("w.")]
    keeps = np.exp(-1 / (0.5 * 7))
    means = [value.astype(np.float64) for value in begun[:learning]]
    for values in [*latest[1:], last[:learning]]:
        means = [m * keeps + v * (1 - keeps) for m, v in zip(means, values, strict=True)]
    assert len(latest) == 7
    for mean, seen, kept_weights, own in zip(
        means, judged[-1], weights(trained), last, strict=False
    ):
        assert np.allclose(mean, seen, atol=1e-5) and np.array_equal(seen, kept_weights)
        assert not np.allclose(mean, own, atol=1e-5), "what learns is ahead of its mean"


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


def test_a_run_whose_checkpoints_are_all_damaged_does_not_begin_anew_in_silence(parts, tmp_path):
    train(parts, tmp_path)
    for kept in tmp_path.glob("epoch-*"):
        (kept / "arrays.safetensors").write_bytes(b"")
    log = Log()
    with pytest.raises(UserError) as caught:
        train(parts, tmp_path, log)
    assert caught.value.code == "checkpoints-damaged"
    assert "epoch-0004" in caught.value.message and "epoch-0003" in caught.value.message
    assert not log.of("epoch")


def test_a_run_goes_on_longer_but_not_with_settings_that_it_did_not_begin_with(parts, tmp_path):
    train(parts, tmp_path, epochs=2)
    _, longer = train(parts, tmp_path, epochs=3, patience=0, folds=5)
    assert longer.epochs == 3
    log = Log()
    with pytest.raises(UserError) as caught:
        train(parts, tmp_path, log, epochs=3, learning_rate=0.5)
    assert caught.value.code == "checkpoints-of-other-settings" and not log.of("epoch")


def test_a_checkpoint_that_does_not_name_its_settings_is_gone_on_from(parts, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", _without_settings(checkpoint.save))
        train(parts, tmp_path, epochs=2)
    _, outcome = train(parts, tmp_path, epochs=3)
    assert outcome.epochs == 3


def _without_settings(save):
    """Return what writes a checkpoint as earlier versions did."""

    def write(folder, epoch, arrays, state):
        earlier = {name: value for name, value in state.items() if name != "settings"}
        return save(folder, epoch, arrays, earlier)

    return write


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


def test_a_stop_while_an_epoch_is_judged_does_not_wait_for_the_rest(parts, tmp_path, monkeypatch):
    from tl_core.training import prediction

    monkeypatch.setattr(prediction, "PREDICT_BATCH", 5)
    log, asked = Log(), []

    class Slow(Held):
        def batch(self, indices, epoch):
            if log.of("epoch"):
                asked.append(len(indices))
            return self.rows[indices]

    train_part, val = parts
    slow = type(val)(Slow(val.features.rows), val.answers, val.hashes)
    _, outcome = train((train_part, slow), tmp_path, log, should_stop=lambda: len(asked) >= 2)
    assert (outcome.ended, outcome.epochs, sum(asked)) == ("stopped", 0, 10)
    again, done = train(parts, tmp_path)
    straight, _ = train(parts, tmp_path / "other")
    assert done.epochs == 4
    for ours, theirs in zip(again.get_weights(), straight.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_stop_before_the_first_look_is_over_keeps_the_start(parts, tmp_path):
    start = new_model()
    weights = [np.array(value) for value in start.get_weights()]
    model, outcome = train(parts, tmp_path, model=start, should_stop=lambda: True)
    assert (outcome.ended, outcome.epochs) == ("stopped", 0)
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize("batch_size", [16, 1000], ids=["steps", "one step"])
@pytest.mark.parametrize("rate", [1e9, 1e10])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_an_absurd_learning_rate_stops_in_the_first_epoch(
    parts, tmp_path, rate, optimizer, batch_size
):
    from tl_core.training import checkpoint

    log = Log()
    with pytest.raises(UserError) as caught:
        asked = {"learning_rate": rate, "optimizer": optimizer, "batch_size": batch_size}
        train(parts, tmp_path, log, **asked)
    assert caught.value.code == "diverged"
    assert [event["epoch"] for event in log.of("epoch")] == [0]
    kept, _ = checkpoint.load(tmp_path)
    assert kept is not None and all(np.isfinite(array).all() for array in kept.arrays.values())


def test_a_weights_own_rate_scales_its_steps(parts, tmp_path):
    from tl_core.tasks.classify import Classes
    from tl_core.training.fit import fit

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
    from tl_core.tasks.classify import Classes

    labels = np.array([0, 0, 0, 1])
    objective = Classes.of(TrainConfig(class_weights="balanced"), labels, 2)
    shares = objective.weights(labels)
    assert np.isclose(shares[labels == 0].sum(), shares[labels == 1].sum()) and np.isclose(
        shares.mean(), 1
    )

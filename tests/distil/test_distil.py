"""Training the starter; what computes with Keras is slow, and imports it no sooner than it runs."""

import numpy as np
import pytest
from PIL import Image

from tl_core.distil import pictures
from tl_core.distil.checkpoint import Checkpoint
from tl_core.distil.memory import Memory, mirrored

SIDE = 32


@pytest.fixture
def pool(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        pixels = rng.integers(0, 255, (8, 9 + number % 3, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((160, 130)).save(folder / f"{number:02}.png")
    return pictures.Pool(folder, tmp_path / "cache")


@pytest.fixture
def fake_teacher(monkeypatch):
    """Maps that depend on the pictures, at the sizes and widths of the real ones."""
    from tl_core.distil import losses, teacher

    widths = {1: (24, 4), 3: (32, 8), 6: (64, 16), 10: (96, 16), 13: (160, 32), 16: (320, 32)}

    def shape(name):
        if name == "out_relu":
            return 1280, 32
        return widths[max(first for first in widths if first <= int(name.split("_")[1]))]

    def load(maps, size_px, count, cache, threads):
        def answer(batch):
            found = []
            for name in maps:
                width, stride = shape(name)
                side = -(-size_px // stride)
                small = losses.resize_area(batch, side)
                found.append(np.abs(np.resize(small, (*small.shape[:3], width))))
            return found

        return answer

    monkeypatch.setattr(teacher, "load", load)


def settings(stages=2, whole=3, on_device=False):
    from tl_core.distil import student

    phases = (
        student.Phase("stages", stages, 1e6, 1e-3, SIDE, 0.0, 2),
        student.Phase("whole", whole, 1e6, 1e-3, SIDE, 0.25, 2, given=0.5),
        student.Phase("whole", whole, 1e6, 1e-3, SIDE, 0.25, 2, frozen=2),
    )
    return student.Settings(phases, batch=4, student_px=SIDE, on_device=on_device)


@pytest.mark.slow
def test_the_plain_model_computes_what_the_trained_segments_compute(monkeypatch):
    from tl_core.distil import network

    # Noise makes rounding to float16 count for much; it has its own test.
    monkeypatch.setattr(network, "_rounded", lambda values: np.asarray(values))
    segments = network.segments(SIDE)
    x = np.random.default_rng(0).uniform(-1, 1, (32, SIDE, SIDE, 3)).astype(np.float32)
    y = x
    for segment in segments:
        network.calibrate([segment], [y], "set")
        y = segment(y, training=False)
    plain = network.to_plain(segments, x)
    found = np.asarray(plain(x, training=False))
    assert np.abs(found - np.asarray(y)).max() < 0.01
    assert np.asarray(y).std() > 0.1


@pytest.mark.slow
def test_shipped_weights_can_be_trained_further(monkeypatch):
    from tl_core.distil import network

    monkeypatch.setattr(network, "_rounded", lambda values: np.asarray(values))
    x = np.random.default_rng(0).uniform(-1, 1, (4, SIDE, SIDE, 3)).astype(np.float32)
    first, second = network.segments(SIDE), network.segments(SIDE)
    network.from_plain(second, network.to_plain(first, x))
    y, z = x, x
    for a, b in zip(first, second, strict=True):
        y, z = a(y, training=False), b(z, training=False)
    np.testing.assert_allclose(np.asarray(y), np.asarray(z), atol=1e-3)


def widened(plain, name, extra):
    """The tensors of a network, one block of it with `extra` channels that are there already."""
    tensors = {variable.path: np.array(variable) for variable in plain.variables}
    for path in [path for path in tensors if path.startswith(f"{name}_expand")]:
        tensors[path] = np.concatenate([tensors[path], tensors[path][..., :extra]], axis=-1)
    project = tensors[f"{name}_project_conv/kernel"]
    project[:, :, :extra] /= 2
    tensors[f"{name}_project_conv/kernel"] = np.concatenate(
        [project, project[:, :, :extra]], axis=2
    )
    return tensors


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["stage1_block1", pytest.param("stage2_block2", marks=pytest.mark.exhaustive)]
)
def test_a_wider_starter_is_cut_down_to_the_same_function(tmp_path, name):
    from safetensors.numpy import save_file

    from tl_core.backbones import starter
    from tl_core.distil import narrow

    plain = starter.build()
    x = np.random.default_rng(0).uniform(-1, 1, (8, 64, 64, 3)).astype(np.float32)
    expected = plain.predict_on_batch(x)
    save_file(widened(plain, name, 5), tmp_path / "wide.safetensors")
    again = starter.build(weights=None)
    weights = narrow.read(tmp_path / "wide.safetensors", x)
    for variable in again.variables:
        variable.assign(weights[variable.path])
    off = np.square(again.predict_on_batch(x) - expected).mean() / expected.var()
    assert off < 0.01


@pytest.mark.slow
def test_weights_of_another_network_are_refused(tmp_path):
    from safetensors.numpy import save_file

    from tl_core.backbones import starter
    from tl_core.distil import narrow

    tensors = {variable.path: np.array(variable) for variable in starter.build().variables}
    tensors["more"] = np.zeros(1, np.float32)
    save_file(tensors, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="does not hold the weights"):
        narrow.read(tmp_path / "other.safetensors", np.zeros((1, 64, 64, 3), np.float32))


@pytest.mark.slow
def test_channels_that_others_can_stand_in_for_are_dropped_first():
    from tl_core.distil import narrow

    random = np.random.default_rng(0)
    own = random.normal(size=(500, 4)).astype(np.float32)
    hidden = np.hstack([own, own[:, :2] * 0.5 + 1])
    sums = own @ random.normal(size=(4, 3)).astype(np.float32) + 2
    kept, weights, constant = narrow._best_channels(hidden, sums, 4)
    assert {2, 3} <= set(kept.tolist()) and len({0, 4} & set(kept.tolist())) == 1
    np.testing.assert_allclose(hidden[:, kept] @ weights + constant, sums, atol=0.05)


@pytest.mark.slow
def test_folding_the_normalisation_gives_kernels_that_float16_holds_exactly():
    from tl_core.distil import network

    segments = network.segments(SIDE)
    x = np.random.default_rng(0).uniform(-1, 1, (4, SIDE, SIDE, 3)).astype(np.float32)
    plain = network.to_plain(segments, x)
    for layer in network.scaled_layers(segments):
        (kernel,) = plain.get_layer(f"{layer.name}_conv").get_weights()
        gamma, _, _, variance = plain.get_layer(f"{layer.name}_bn").get_weights()
        np.testing.assert_array_equal(kernel, kernel.astype(np.float16).astype(np.float32))
        np.testing.assert_allclose(gamma / np.sqrt(variance + network.BN_EPSILON), 1, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_depthwise_convolution_is_a_sum_of_shifted_maps(stride, side):
    import keras

    from tl_core.distil import network

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, side, side, 5)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 5, 1)).astype(np.float32)
    expected = keras.ops.depthwise_conv(x, kernel, strides=stride, padding="same")
    found = network.shifted_sum(x, kernel[..., 0], stride)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-5)


@pytest.mark.slow
def test_calibration_gives_every_layer_unit_variance():
    from tl_core.distil import network

    segments = network.segments(SIDE)
    x = np.random.default_rng(0).uniform(-1, 1, (8, SIDE, SIDE, 3)).astype(np.float32)
    network.calibrate(segments[:1], [x], "set")
    network.calibrate(segments[:1], [x], "measure")
    first = network.scaled_layers(segments)[0]
    np.testing.assert_allclose(first.variance * np.asarray(first.gain) ** 2, 1, rtol=0.01)


def test_the_same_numbers_give_the_same_view_and_others_another(pool):
    view = pictures.View(pool, 0, 0.5)
    assert (view(3, 1, SIDE) == view(3, 1, SIDE)).all()
    assert (view(3, 1, SIDE) != view(3, 2, SIDE)).any()


LOOKS = {
    "crop": {},
    "mirrored": {"mirrored": True},
    "blurred": {"sigma": 1.2},
    "edges": {"edges": True},
    "sharpened": {"sharpened": True},
    "turned": {"turned": True},
    "grey": {"grey": True},
    "inverted": {"inverted": True},
    "colours": {"curve": (0.8, 1.3, 0.05), "tint": (1.1, 0.95, 0.9)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKS)
def test_a_look_is_the_same_by_pillow_and_where_the_student_learns(name):
    from tl_core.distil import looks

    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 255, (24, 24, 3)).astype(np.uint8))
    picture = coarse.resize((90, 90), Image.Resampling.BICUBIC)
    plain = {
        **dict.fromkeys(looks.Looks._fields, False),
        "box": (0.1, 0.2, 0.6, 0.5),
        "sigma": 0.0,
        "curve": (1.0, 1.0, 0.0),
        "tint": (1.0, 1.0, 1.0),
    }
    values = {**plain, **LOOKS[name]}
    kinds = {"box": np.float32, "sigma": np.float32, "curve": np.float32, "tint": np.float32}
    look = looks.Looks(**{k: np.array([v], kinds.get(k, bool)) for k, v in values.items()})
    by_hand = np.asarray(looks.by_pillow(picture, look, 64)) / 255
    found = np.asarray(looks.on_device(np.asarray(picture)[None], look, 64))[0]
    off = np.abs(found - by_hand).mean()
    assert off < (0.04 if name == "edges" else 0.01)  # Pillow rounds between its steps
    as_it_was = looks.Looks(**{k: np.array([v], kinds.get(k, bool)) for k, v in plain.items()})
    change = np.abs(np.asarray(looks.by_pillow(picture, as_it_was, 64)) / 255 - by_hand).mean()
    assert name == "crop" or off < change / 3


@pytest.mark.slow
@pytest.mark.parametrize("size_px", [32, 40])
def test_pictures_are_shrunk_by_pillow_and_where_the_student_learns_alike(size_px):
    from tl_core.distil import looks

    views = np.random.default_rng(0).integers(0, 255, (2, 40, 40, 3)).astype(np.uint8)
    by_hand = pictures.shrink(views, size_px).astype(np.float32)
    found = np.asarray(looks.shrunk(views.astype(np.float32), size_px))
    np.testing.assert_allclose(found, by_hand, atol=1)


def test_looks_differ_and_stay_inside_the_picture():
    from tl_core.distil import looks

    drawn = looks.draw(np.array([[120, 160]] * 2000), np.random.default_rng(0))
    left, upper, wide, high = drawn.box.T
    assert (left >= 0).all() and (left + wide <= 1 + 1e-6).all()
    assert (upper >= 0).all() and (upper + high <= 1 + 1e-6).all()
    assert 0.2 < (wide * high).min() < 0.3 and (wide * high).max() > 0.9
    assert len(np.unique(drawn.box, axis=0)) == 2000
    at_once = drawn.edges.astype(int) + drawn.sharpened + drawn.turned + (drawn.sigma > 0)
    assert at_once.max() == 1 and 0.15 < at_once.mean() < 0.21


def test_every_picture_comes_once_an_epoch_and_held_out_ones_never(pool):
    seen = np.concatenate([pictures.numbers_of_step(pool, s, 0, 1)[0] for s in range(11)])
    assert sorted(seen) == list(range(1, 12))
    assert pool.held_out.tolist() == [0]


@pytest.mark.slow
def test_area_averaging_keeps_the_mean():
    from tl_core.distil import losses

    maps = np.random.default_rng(0).normal(size=(2, 5, 5, 3)).astype(np.float32)
    small = losses.resize_area(maps, 4)
    assert small.shape == (2, 4, 4, 3)
    np.testing.assert_allclose(small.mean((1, 2)), maps.mean((1, 2)), atol=1e-5)


@pytest.mark.slow
def test_equal_features_lose_nothing():
    from tl_core.distil import losses

    x = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    values = losses.pooled_losses(x, x, np.zeros(7, "float32"), np.ones(7, "float32"))
    assert [float(v) for v in values] == pytest.approx([0, 0, 0], abs=1e-5)


@pytest.mark.slow
def test_neighbours_are_asked_for_by_likeness_and_not_by_size():
    from tl_core.distil import losses

    rng = np.random.default_rng(0)
    anchors = np.array(losses.unit(rng.normal(size=(40, 7)).astype(np.float32)))
    seen = anchors[:5] + 0.01
    assert float(losses.neighbours(seen, seen, anchors)) == pytest.approx(0, abs=1e-5)
    assert float(losses.neighbours(3 * seen, seen, anchors)) == pytest.approx(0, abs=1e-5)
    near = float(losses.neighbours(seen + 0.05, seen, anchors))
    far = float(losses.neighbours(np.roll(seen, 1, axis=0), seen, anchors))
    assert 0 < near < far


def test_the_teacher_is_asked_once_about_a_view(tmp_path):
    memory = Memory(tmp_path, 6, ((4, 4, 3), (2, 2, 5), (1, 1, 7)))
    rng = np.random.default_rng(0)
    asked = []

    def make():
        asked.append(1)
        return (
            rng.integers(0, 255, (2, 4, 4, 3)).astype(np.uint8),
            rng.normal(size=(2, 2, 2, 5)).astype(np.float32),
            rng.uniform(0, 6, (2, 1, 1, 7)).astype(np.float32),
        )

    slots = np.array([4, 1])
    first = memory.get(slots, make)
    again = memory.get(slots, make)
    assert len(asked) == 1
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_mirroring_flips_pictures_and_maps_together():
    arrays = tuple(np.arange(3, dtype=np.float32).reshape(1, 1, 3, 1).repeat(9, 0) for _ in "abc")
    flipped = mirrored(arrays, np.random.default_rng(0))
    for rows in zip(*flipped, strict=True):
        assert (rows[0] == rows[1]).all() and (rows[1] == rows[2]).all()
    assert len({tuple(rows.ravel()) for rows in flipped[0]}) == 2


def test_a_checkpoint_gives_back_what_was_saved(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    assert checkpoint.peek() is None
    arrays = [np.arange(4.0, dtype=np.float32), np.array(3, np.int32)]
    checkpoint.save(arrays[:1], arrays[:1], arrays, {"step": 5})
    weights, ema, state = checkpoint.load(1)
    assert checkpoint.peek() == {"step": 5}
    assert state[1] == 3 and (weights[0] == ema[0]).all()


def stopped_after(stop_at, pool, out, on_device):
    from tl_core.distil import student

    training = student.Training(pool, out, settings(on_device=on_device))
    save = training._save

    def save_and_stop(number, step, *rest):
        save(number, step, *rest)
        if (number, step) == stop_at:
            raise KeyboardInterrupt

    training._save = save_and_stop
    return training


@pytest.fixture
def teacher_without_weights(monkeypatch):
    import keras

    make = keras.applications.MobileNetV2

    def untrained(**choices):
        keras.utils.set_random_seed(1)
        return make(**{**choices, "weights": None})

    monkeypatch.setattr(keras.applications, "MobileNetV2", untrained)


@pytest.mark.exhaustive
@pytest.mark.parametrize("on_device", [False, True])
def test_an_interrupted_training_ends_in_the_weights_of_an_unbroken_one(
    on_device, pool, tmp_path, fake_teacher, teacher_without_weights, monkeypatch
):
    from tl_core.distil import student

    monkeypatch.setattr(student, "CHECK_EVERY_S", -1.0)  # save after every step
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = student.Training(pool, tmp_path / "whole", settings(on_device=on_device))
    whole.run()

    for stop_at in ((1, 2), (2, 2)):
        with pytest.raises(KeyboardInterrupt):
            stopped_after(stop_at, pool, tmp_path / "broken", on_device).run()
    again = student.Training(pool, tmp_path / "broken", settings(on_device=on_device))
    again.run()
    assert len(whole.ema) == len(again.ema)
    for a, b in zip(whole.ema, again.ema, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert (tmp_path / "broken" / "starter.safetensors").exists()
    assert [row["phase"] for row in again.record["checks"]].count("whole") >= 2

"""How fast the engine is, as ratios measured in one run on an otherwise idle machine.

`make bench` prints the table. Timings of a busy machine prove nothing.
"""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

SIZE = 224


def report(case, measured, to_reach, unit="times"):
    print(f"\n{case:<58} {measured:8.2f} {unit:<6} to reach {to_reach}")


def fastest(work, repeats=3):
    def once():
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(once() for _ in range(repeats))


def pictures(count, side=SIZE):
    return np.random.default_rng(0).uniform(-1, 1, (count, side, side, 3)).astype(np.float32)


@pytest.fixture
def real(home, data_root, monkeypatch):
    """Real pictures and the pretrained weights beside them."""
    if not (data_root / "trashnet").is_dir() or not (data_root / "keras_home").is_dir():
        pytest.skip("needs trashnet and keras_home in GRAFT_TEST_DATA")
    monkeypatch.setenv("KERAS_HOME", str(data_root / "keras_home"))
    return data_root


def test_the_closed_form_of_two_thousand_pictures_takes_two_seconds():
    from tl_core.training.closed_form import fit_softmax

    random = np.random.default_rng(0)
    centres = random.normal(size=(6, 1280)) * 0.1
    labels = random.integers(6, size=2400)
    rows = (centres[labels] + random.normal(size=(2400, 1280))).astype(np.float32)
    held = rows[2000:], labels[2000:]
    took = fastest(lambda: fit_softmax(rows[:2000], labels[:2000], 6, validation=held), 1)
    report("closed form, 2,000 x 1,280", took, "<= 2", "s")
    assert took <= 2


@pytest.mark.parametrize(
    ("backbone", "to_reach"),
    [
        ("mobilenet_v2", 3.5),
        ("mobilenet_v3_small", 6.0),
        ("convnext_tiny", 3.0),
        ("efficientnet_b0", 1.7),
        ("densenet121", 1.5),
        ("resnet50", 1.25),
        ("vgg16", 1.2),
    ],
)
def test_a_converted_trunk_against_predict(home, backbone, to_reach):
    from tl_core.models import build, stages
    from tl_core.training import trunk

    base = build.backbone(backbone, SIZE, None)
    cut = stages.cut_for(backbone, 0)
    path = trunk.convert(trunk.Trunk(backbone, cut.node_index, SIZE, False, "random"), base)
    batch = pictures(32)
    runner = trunk.Runner(path)
    converted = fastest(lambda: runner.run(batch))
    base.predict(batch, verbose=0)
    keras = fastest(lambda: base.predict(batch, verbose=0))
    report(f"encoding {backbone} against Keras predict", keras / converted, f">= {to_reach}")
    difference = np.abs(runner.run(batch) - base.predict(batch, verbose=0)).max()
    print(f"  {32 / converted:.0f} pictures a second, largest difference {difference:.1e}")
    assert keras / converted >= to_reach


def test_the_encoder_against_the_bare_interpreter_and_the_matrix_product_peak(home):
    from ai_edge_litert.interpreter import Interpreter

    from tl_core.models import build, stages
    from tl_core.training import calibration, trunk

    cut = stages.cut_for("mobilenet_v2", 0)
    name = trunk.Trunk("mobilenet_v2", cut.node_index, SIZE, False, "random")
    path = trunk.convert(name, build.backbone("mobilenet_v2", SIZE, None))
    batch, runner = pictures(64), trunk.Runner(path)
    bare = Interpreter(str(path), num_threads=trunk.threads())
    entry = bare.get_input_details()[0]["index"]
    bare.resize_tensor_input(entry, (trunk.BATCH, SIZE, SIZE, 3))
    bare.allocate_tensors()

    def raw():
        for start in range(0, 64, trunk.BATCH):
            bare.set_tensor(entry, batch[start : start + trunk.BATCH])
            bare.invoke()

    ours, theirs = fastest(lambda: runner.run(batch)), fastest(raw)
    report("encoding mobilenet_v2 against the bare interpreter", theirs / ours, ">= 0.9")
    work = cut.trunk_mega_flops(SIZE) / 1e3 * 64 / ours
    report(
        "encoding mobilenet_v2 of the matrix product peak",
        work / calibration.current().gigaflops,
        "-",
    )
    assert theirs / ours >= 0.9


@pytest.mark.parametrize(("trained", "to_reach"), [(4, 2.5), (1, 5.0)])
def test_an_epoch_of_the_tail_against_fit_of_the_whole_network(home, trained, to_reach):
    import keras

    from tl_core.config import TrainConfig
    from tl_core.models import build, cut, heads, stages

    config = TrainConfig(backbone="mobilenet_v2", trainable_stages=trained)
    base = build.backbone("mobilenet_v2", SIZE, None)
    place = stages.cut_for("mobilenet_v2", trained)
    below, tail = cut.split(base, place)
    cut.set_trainable(tail)
    head = heads.head(config, base.output_shape[1:], 6)
    whole = keras.Sequential([keras.Input((SIZE, SIZE, 3)), base, head])
    upper = heads.attach(tail, head)
    batch = pictures(96)
    answers = np.eye(6, dtype=np.float32)[np.arange(96) % 6]
    rows = below.predict(batch, verbose=0)

    def epoch_of(model, inputs):
        model.compile("adam", keras.losses.CategoricalCrossentropy(True), jit_compile=False)
        model.fit(inputs, answers, batch_size=32, epochs=1, verbose=0)
        return fastest(lambda: model.fit(inputs, answers, batch_size=32, epochs=1, verbose=0))

    ratio = epoch_of(whole, batch) / epoch_of(upper, rows)
    report(f"an epoch with the top {trained} stages trained", ratio, f">= {to_reach}")
    assert ratio >= to_reach


def test_head_only_on_real_pictures_against_the_tutorial_loop(home, real):
    from tl_core.config import TrainConfig
    from tl_core.data import datasets, intake
    from tl_core.evaluation import metrics
    from tl_core.training import pipeline

    intake.ingest(real / "trashnet", "a" * 24)
    seconds, accuracies = [], []
    for seed in range(5):
        folder = home / "runs" / str(seed)
        folder.mkdir(parents=True)
        config = TrainConfig(backbone="mobilenet_v2", patience=0, seed=seed)
        (folder / "config.json").write_text(config.model_dump_json())
        (folder / "run.json").write_text(json.dumps({"dataset": "a" * 24}))
        done = pipeline.train(folder, lambda event, **fields: None, metrics)
        seconds.append(done["seconds"])
        accuracies.append(done["metrics"]["test_accuracy"])
    ours = seconds[0]["total"]
    theirs, accuracy = tutorial(datasets.load("a" * 24), home / "tutorial")
    report("10 epochs on trashnet, conversion included", theirs / ours, ">= 10")
    report(
        "10 epochs on trashnet, converted before", theirs / (ours - seconds[0]["convert"]), ">= 20"
    )
    print(
        f"  test accuracy {np.mean(accuracies):.3f}, tutorial {accuracy:.3f}; seconds {seconds[0]}"
    )
    assert theirs / ours >= 10 and np.mean(accuracies) >= accuracy


def tutorial(dataset, folder: Path):
    """The loop that Keras's guide to transfer learning teaches; return seconds and accuracy."""
    import keras

    from tl_core.data import datasets

    for part, name in ((0, "train"), (2, "test")):
        for index in np.flatnonzero(dataset.splits == part):
            source = datasets.picture_path(str(dataset.hashes[index]))
            place = folder / name / dataset.classes[dataset.labels[index]] / f"{index}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            from PIL import Image

            Image.open(source).save(place)
    os.sync()
    began = time.perf_counter()
    load = keras.utils.image_dataset_from_directory
    train, test = (load(folder / name, image_size=(SIZE, SIZE)) for name in ("train", "test"))
    base = keras.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), include_top=False)
    base.trainable = False
    inputs = keras.Input((SIZE, SIZE, 3))
    x = base(keras.applications.mobilenet_v2.preprocess_input(inputs), training=False)
    x = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, keras.layers.Dense(len(dataset.classes))(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(train, epochs=10, verbose=0)
    took = time.perf_counter() - began
    return took, model.evaluate(test, verbose=0)[1]

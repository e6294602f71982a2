"""The program of a training, run without Graft, ends where the training did."""

import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.code import made
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.export import package
from tl_core.export.code import division, network_code, script
from tl_core.modalities import registry as modalities

SMALL_PX = 64


def run_program(folder: Path) -> str:
    """Run the program of a folder in a process of its own and return what it says."""
    child = subprocess.run(
        [sys.executable, "train.py"],
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3000:]
    return child.stdout


@pytest.mark.slow
def test_the_program_repeats_the_training_epoch_by_epoch(home, made_dataset, made_run, tmp_path):
    from tl_core.training import fit, pipeline, statistics

    dataset = made_dataset(classes=2, each=24)
    project = store.create_project("Leaves")
    store.create_dataset(project, "Leaves", dataset_id=dataset.id)
    store.dataset_ready(dataset.id, {"pictures": 48, "classes": {}, "splits": {}})
    run_id, events = ids.new(), []
    chosen: dict[str, Any] = {"backbone": "starter", "image_size_px": SMALL_PX, "epochs": 2}
    chosen |= {"trainable_stages": 2, "flip": True, "schedule": "cosine", "patience": 0}
    chosen |= {"start": "random", "stage_decay": 0.5, "l2": 0.001, "optimizer": "adamw"}
    folder = made_run(run_id, **chosen)
    done = pipeline.train(folder, lambda event, **fields: events.append((event, fields)))
    kept = TrainConfig(**chosen).model_dump(mode="json")
    store.add_run(dataset.id, "First", kept, "a click", run_id=run_id, metrics=done["metrics"])

    packed = package.package(run_id, "code", tmp_path / "out")
    with zipfile.ZipFile(packed["file"]) as archive:
        archive.extractall(tmp_path / "code")
    beside = {path.name for path in (tmp_path / "code").iterdir()}
    assert {"train.py", "train.ipynb", "split.csv", "opening.py", "README.md"} < beside
    assert {"LICENCES.txt", "weights.npz", "pictures"} < beside
    told = run_program(tmp_path / "code")

    losses = [fields["loss"] for event, fields in events if event == "epoch"][1:]
    found = [float(line.split()[3][:-1]) for line in told.splitlines() if line[:6] == "epoch "]
    np.testing.assert_allclose(found, losses, rtol=2e-3)
    test = done["metrics"]["test"]
    assert f"{test['right']} of {test['count']}" in told.splitlines()[-1]
    assert f"weights of epoch {done['metrics']['best_epoch']} " in told
    assert (tmp_path / "code" / "trained.keras").is_file()

    assert script.LOSS_LIMIT == fit.LOSS_LIMIT
    of_norm = (script.NORM_OLD, script.NORM_BATCH, script.NORM_STREAM)
    assert of_norm == (statistics.OLD, statistics.BATCH, statistics.STREAM)


WAYS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"trainable_stages": 2, "thaw_every": 1, "averaging": 1.0, "schedule": "plateau"}, "classes"),
    ({"trainable_stages": 1, "batch_norm": "refreshed", "toward_pretrained": 0.1, "l2": 0.1}, "classes"),
    ({"hidden_units": (8,), "dropout": 0.2, "class_weights": "balanced", "mixup": 0.2}, "classes"),
    ({"pooling": "flatten", "views": 0, "hue": 20.0, "rotate": 20.0, "optimizer": "sgd"}, "classes"),
    ({"method_name": "scratch", "optimizer": "rmsprop", "views": 1, "flip": True}, "classes"),
    ({"label_smoothing": 0.1, "trainable_stages": 1, "optimizer": "adamw"}, "labels"),
    ({"loss": "huber", "target_scale": "log", "trainable_stages": 1, "batch_norm": "learning"}, "numbers"),
)  # fmt: skip
"""Between them they take every branch of the templates that the training above does not."""


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(("chosen", "task"), WAYS, ids=str)
def test_every_way_of_training_runs_to_its_end(
    home, chosen, task, made_dataset, tmp_path, monkeypatch, capsys
) -> None:
    dataset = made_dataset(classes=2, each=12, values=task == "numbers")
    if task == "labels":
        shows = np.stack([dataset.labels == 0, np.arange(24) % 3 == 0], axis=1)
        dataset = replace(dataset, shows=shows)
    config = TrainConfig(**{"image_size_px": 32, "epochs": 3, "batch_size": 8, **chosen})
    code = script.of(dataset, config)
    (tmp_path / "opening.py").write_text(code.opener, "utf-8")
    (tmp_path / division.FILE).write_bytes(division.as_csv(dataset))
    np.savez(tmp_path / "weights.npz", **network_code.arrays(catalogue.get("starter")))
    for digest, name in zip(dataset.hashes, division.files(dataset), strict=True):
        place = tmp_path / "pictures" / name
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(modalities.USUAL.stored(str(digest)), place)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.delitem(sys.modules, "opening", raising=False)
    exec(compile(code.script, "train.py", "exec"), {"__file__": str(tmp_path / "train.py")})
    told = capsys.readouterr().out
    assert "test: " in told and told.count("epoch ") >= 2 and "nan" not in told


def _members() -> list[Any]:
    first = {catalogue.get(name).family: name for name in reversed(catalogue.BACKBONES)}
    return [pytest.param(name, id=family) for family, name in first.items()]


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", _members())
def test_a_member_of_each_family_answers_as_in_graft(home, name, monkeypatch, tmp_path) -> None:
    """Built by the program and by Graft from one file of weights, cut at the same place, both say the same."""
    import keras

    from tl_core.backbones import build, cut, stages, weights

    record, size = catalogue.get(name), max(catalogue.get(name).min_size_px, SMALL_PX)
    config = TrainConfig(backbone=name, trainable_stages=1, image_size_px=size)
    keras.utils.set_random_seed(1)
    if record.builder:
        plain = getattr(keras.applications, record.builder)
        made_file = tmp_path / "made.weights.h5"
        whole = plain(input_shape=(size, size, 3), include_top=False, weights=None, **record.arguments)  # fmt: skip
        for layer in whole.layers:
            if hasattr(layer, "adapt_variance"):  # as EfficientNet's published file has it
                layer.adapt_variance.assign(np.reshape(build._ROOTS_SQUARED, layer.adapt_variance.shape))  # fmt: skip
        whole.save_weights(made_file)
        monkeypatch.setattr(weights, "locate", lambda name: made_file)
        monkeypatch.setattr(keras.utils, "get_file", lambda *args, **options: made_file)
        arrays = {}
    else:
        if not weights.present(name):
            pytest.skip("its weights are not here")
        arrays = network_code.arrays(record)
    np.savez(tmp_path / "weights.npz", **arrays)
    text = made.text_of(config)
    names: dict[str, Any] = {"keras": keras, "np": np, "HERE": tmp_path, "SIZE": size}
    exec(text.partition("# ## The network")[2].partition("# %%\n")[2].partition("# %% [markdown]")[0], names)  # fmt: skip
    exec(text.partition("# ## Examples")[2].partition("# %%\n")[2].partition("# %% [markdown]")[0], names)  # fmt: skip

    pictures = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    base = build.backbone(name, size)
    below, above = cut.split(base, stages.cut_for(name, 1))
    from tl_core.modalities import registry

    rows = np.asarray(below.predict_on_batch(registry.USUAL.scale(record.preprocessing, pictures)))
    own = np.asarray(names["frozen"].predict_on_batch(names["scaled"](pictures)))
    scale = max(1e-6, float(np.abs(rows).max()))
    np.testing.assert_allclose(own / scale, rows / scale, atol=1e-4)
    last, own_last = (np.asarray(part.predict_on_batch(rows)) for part in (above, names["body"]))
    np.testing.assert_allclose(own_last, last, rtol=1e-3, atol=1e-4 * np.abs(last).max())

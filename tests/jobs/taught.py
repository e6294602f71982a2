"""Finished runs on made answers: a teacher, what it taught, and the same network without it."""

from collections.abc import Mapping

import numpy as np

from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base import about_run, ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.splits import TEST, TRAIN
from tl_core.measures import metrics
from tl_core.models import persist
from tl_core.training import first_answer, results

COUNT = 600
"""Pictures of the data set, a third of them to test by."""


def dataset(name: str = "many") -> str:
    """Store a data set of two classes whose pictures do not exist; return its id."""
    identifier = store.create_dataset(store.default_project().id, name)
    manifest.save(
        manifest.Dataset(
            id=identifier,
            name=name,
            classes=("round", "square"),
            targets=(),
            hashes=np.array([f"{index:064x}" for index in range(COUNT)]),
            names=np.array([f"{index}.png" for index in range(COUNT)], dtype=object),
            labels=np.arange(COUNT, dtype=np.int32) % 2,
            splits=(np.arange(COUNT) // 2 % 3).astype(np.int8),
            facts={"width": np.full(COUNT, 8, np.int32), "height": np.full(COUNT, 8, np.int32)},
        )
    )
    store.dataset_ready(identifier, {"pictures": COUNT, "classes": {"round": 300, "square": 300}})
    return identifier


def answers(truth: np.ndarray, wrong: int) -> np.ndarray:
    """Return shares of two classes, float32 (n, 2), of which the first `wrong` are not right."""
    given = np.where(np.arange(len(truth)) < wrong, 1 - truth, truth)
    return np.where(np.arange(2) == given[:, None], 0.9, 0.1).astype(np.float32)


def run(
    dataset_id: str,
    name: str,
    backbone: str,
    wrong: int,
    inputs: Mapping[str, str] | None = None,
    alone_wrong: int | None = None,
    **settings: object,
) -> str:
    """Store a run that has finished and has `wrong` of its test pictures wrong; return its id.

    `alone_wrong` is what the exact head that learnt from its own pictures alone has wrong.
    """
    taught = manifest.load(dataset_id)
    config = TrainConfig().but(backbone=backbone, **settings)
    made = store.add_run(dataset_id, name, config.model_dump(mode="json"), name, inputs=inputs)
    folder = ids.run_folder(made)
    folder.mkdir(parents=True)
    about_run.write(folder, about_run.AboutRun(dataset_id, inputs or {}, made))
    truth = taught.labels[taught.splits == TEST]
    told = answers(truth, wrong)
    goal = goals.of(taught, np.flatnonzero(taught.splits == TRAIN), config)
    results.write_predictions(folder, taught, goal, {TEST: told})
    if alone_wrong is not None:
        pictures = taught.hashes[taught.splits == TEST].astype(str)
        np.savez(folder / first_answer.ALONE, pictures=pictures, told=answers(truth, alone_wrong))
    (folder / results.MODEL_DIR).mkdir()
    described = persist.Description(
        backbone=backbone,
        backbone_weights="sha256:made",
        trainable_stages=config.network.trainable_stages,
        size_px=catalogue.size_for(backbone, config.network.image_size_px),
        preprocessing=None,
        stored_side_px=0,
        resize="squash",
        classes=taught.classes,
        head=config.head,
        tail_sha256="0" * 64,
    )
    persist.describe_as(folder / results.MODEL_DIR, described)
    summary = metrics.summary(truth, told, taught.classes, majority=0)
    store.run_finished(
        made, {"task": "classify", "test": summary, "test_accuracy": summary["accuracy"]}
    )
    return made


def three(wrong: tuple[int, int, int] = (10, 12, 60)) -> tuple[str, str, str]:
    """Store a teacher, what it taught and the same network without it; return their ids."""
    identifier = dataset()
    teacher = run(identifier, "teacher", "mobilenet_v2", wrong[0])
    own = run(
        identifier,
        "taught",
        "starter",
        wrong[1],
        {"teacher": teacher},
        method_name="distillation",
    )
    return teacher, own, run(identifier, "alone", "starter", wrong[2])

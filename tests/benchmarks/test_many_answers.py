"""How quickly many new pictures are answered, beside the encoding of the same pictures by a training.

Encoding is what the machine can do: it reads pictures that are stored already, in batches, in one process.
Answering opens files of unknown content in children with limits, makes a small picture of each, and keeps a
line for each reply. GRAFT_BENCH_PICTURES says how many pictures, 10,000 unless it is set.
"""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tl_core.base import cores, ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.encoding.job import LightEncoder, resolve
from tl_core.intake import importing
from tl_core.jobs import answer_list, answer_table, trial, work
from tl_core.jobs.answer_list import Only
from tl_core.training import network, results

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

COUNT = int(os.environ.get("GRAFT_BENCH_PICTURES", "10000"))
TURNS = 2
TO_REACH = 0.8
PAGE_S = 0.5


def changed(source: Path, number: int, into: Path) -> None:
    """Write a picture of the same size and detail that no other one equals: moved, some of them mirrored."""
    pixels = np.roll(
        np.asarray(Image.open(source).convert("RGB")), (number * 13, number * 29), (0, 1)
    )
    Image.fromarray(pixels[:, ::-1] if number % 2 else pixels).save(into, "JPEG", quality=92)


@pytest.fixture
def pictures(real, tmp_path) -> Path:
    """A folder with as many pictures as are asked for, each another one."""
    sources = sorted((real / "trashnet").rglob("*.jpg"))
    folder = tmp_path / "new"
    for label in range(2):
        (folder / f"class {label}").mkdir(parents=True)

    def make(number: int) -> None:
        path = folder / f"class {number % 2}" / f"{number:06}.jpg"
        changed(sources[number % len(sources)], number, path)

    with ThreadPoolExecutor(cores.available()) as pool:
        list(pool.map(make, range(COUNT)))
    return folder


def test_many_pictures_are_answered_nearly_as_quickly_as_they_are_encoded(pictures, engine, report):
    dataset_id, run_id = ids.new(), ids.new()
    importing.ingest(pictures, dataset_id)
    dataset = manifest.load(dataset_id)
    config = TrainConfig().but(backbone="mobilenet_v2", trainable_stages=0)
    job = resolve(dataset, config)
    built = network.build_network(job, len(dataset.classes))
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    results.save_model(folder, job, goals.of(dataset, job.members(0), job.config), built)
    results.save_light_form(folder, job, built)
    encoder = LightEncoder(job, built.convert_trunk(job))

    def encode() -> float:
        shutil.rmtree(job.rows_dir, ignore_errors=True)
        rows = job.rows()
        began = time.perf_counter()
        job.encode(rows, job.wanted(), None, encoder)
        return COUNT / (time.perf_counter() - began)

    def answer() -> tuple[float, str]:
        trial_id = trial.start_from(run_id, pictures)
        began = time.perf_counter()
        assert work.do("try", trial.subject_of(run_id, trial_id)) == 0
        return COUNT / (time.perf_counter() - began), trial_id

    encoded, answered, trial_id = 0.0, 0.0, ""
    for _ in range(TURNS):
        encoded = max(encoded, encode())
        speed, trial_id = answer()
        answered = max(answered, speed)
    report(f"encoding {COUNT} pictures", encoded, "-", "1/s")
    report(f"answering the same {COUNT} pictures", answered, "-", "1/s")
    report("answering over encoding", answered / encoded, f">= {TO_REACH}")
    looked_at = listed(trial.folder_of(run_id, trial_id))
    report(f"a page of the answers to {COUNT} pictures, in order", looked_at, f"<= {PAGE_S}", "s")
    assert answered / encoded >= TO_REACH and looked_at <= PAGE_S


def listed(folder: Path) -> float:
    """Return the seconds that a page of answers takes whose replies were read before."""
    assert (folder / answer_table.FILE).is_file()
    given = {one.key: place for place, one in enumerate(answer_list.tried.asked(folder))}
    answer_list.briefs(folder)
    began = time.perf_counter()
    found = answer_list.briefs(folder)
    assert answer_list.counts(found).answered == COUNT
    page = answer_list.arranged(found, "doubt", Only(), given)[:50]
    assert len(answer_list.whole(folder, page)) == 50
    return time.perf_counter() - began

"""`kill -9` at chosen and at random points of an import and of a run, then on again: the very same bits."""

import dataclasses
import hashlib
import importlib.util
import json
import random
import shutil
import signal
import sys
import zipfile

import numpy as np
import pytest

from tests import forks

FORCED = ("encode", "mid-epoch", "checkpoint", "between")
"""While encoding, in mid-epoch, inside a checkpoint, between a checkpoint and its event."""
RESTART_POINTS = 5
"""A life that goes on passes at least so many points before it does anything new."""

# Counts every event told and every file synced, before and after, says what kind of place each
# point is, and dies at the chosen one. The place of death stays behind in a file.
LIFE = """
import json, os, signal, sys
from pathlib import Path
from tl_core.training import checkpoint, pipeline; from tl_core.encoding import encode

encode.WRITE_BYTES = 1  # every batch is kept at once, so that a death while encoding leaves some
folder, kind, deadline = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
grave = Path(sys.argv[4])
points, doing = [], "start"

def point(where):
    points.append(where)
    passed = len(points) if kind == "any" else points.count(kind)
    if kind in ("any", where) and passed == deadline:
        grave.write_text(json.dumps(points))
        os.kill(os.getpid(), signal.SIGKILL)

plain_sync, plain_save = os.fsync, checkpoint.save

def fsync(handle):
    point(doing)
    plain_sync(handle)
    point(doing)

def save(*arguments):
    global doing
    doing = "checkpoint"
    plain_save(*arguments)
    doing = "between"

def emit(event, **fields):
    global doing
    if event == "phase":
        doing = fields["phase"]
    point("mid-epoch" if event == "step" and fields["step"] < fields["steps"] else doing)
    if event == "epoch":
        doing = "fit"

os.fsync, checkpoint.save = fsync, save
done = pipeline.train(folder, emit)
print(json.dumps({"points": points, "steps": done["metrics"]["steps"]}))
"""


# An import that dies while pictures are read, or with its manifest written and not yet in its place.
IMPORT = """
import os, signal, sys
from tl_core.datasets import manifest
from tl_core.jobs import work
from tl_core.signals.meter import PhaseMeter

dataset_id, place = sys.argv[1:]
plain_tell, plain_write = PhaseMeter.__call__, manifest.pq.write_table

def die(where):
    if where == place:
        os.kill(os.getpid(), signal.SIGKILL)

def tell(self, phase, done, total):
    plain_tell(self, phase, done, total)
    if 0 < done < total:
        die(phase)

def write_table(*arguments, **how):
    plain_write(*arguments, **how)
    die("manifest")

PhaseMeter.__call__, manifest.pq.write_table = tell, write_table
sys.exit(work.do("import", dataset_id))
"""


def live(folder, kind="any", deadline=0):
    """Run until death or the end.

    Args:
        folder: of the run.
        kind: which points count towards the deadline; "any" for all.
        deadline: at which of them to die; 0 for never.

    Returns:
        The points passed, by the kind of place, and for a life that was not killed its steps.
    """
    grave = folder.parent / "grave.json"
    grave.unlink(missing_ok=True)
    child = forks.run(LIFE, str(folder), kind, str(deadline), str(grave))
    if deadline:
        assert child.returncode == -signal.SIGKILL, child.stderr[-2000:]
        return json.loads(grave.read_text()), None
    assert child.returncode == 0, child.stderr[-2000:]
    told = json.loads(child.stdout.splitlines()[-1])
    return told["points"], told["steps"]


def fingerprint(folder):
    return hashlib.sha256((folder / "model" / "tail.safetensors").read_bytes()).hexdigest()


def kills(made_dataset, made_run, home, count, seed):
    """Break a run `count` times, at least once in every kind of place; return how often it died.

    The chosen places come first. Every later point is drawn from what is left of the run, spread
    so that the last death comes near the end.
    """
    made_dataset(classes=3, each=12)
    settings = {
        "backbone": "starter",
        "image_size_px": 0,
        "epochs": 4 + count // 8,
        "hidden_units": (8,),
        "dropout": 0.3,
        "flip": True,
        "batch_size": 8,
        "patience": 0,
        "start": "random",
    }
    points, steps = live(made_run("whole", **settings))
    shutil.rmtree(home / "cache")
    broken, chance = made_run("broken", **settings), random.Random(seed)
    deaths = [live(broken, kind, chance.randint(1, 2))[0][-1] for kind in FORCED]
    assert deaths == list(FORCED)
    # By now at most the start and two epochs are kept.
    left = len(points) - [at for at, where in enumerate(points) if where == "between"][2]
    while len(deaths) < count:
        within = RESTART_POINTS + 2 * left // (count - len(deaths) + 1)
        passed = live(broken, "any", chance.randint(1, within))[0]
        deaths.append(passed[-1])
        left = max(0, left - max(0, len(passed) - RESTART_POINTS))
    assert live(broken)[1] == steps
    assert fingerprint(broken) == fingerprint(home / "runs" / "whole")
    return len(deaths)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL"),
]


def test_five_kills_end_in_the_same_bits_and_the_same_number_of_steps(made_dataset, made_run, home):
    assert kills(made_dataset, made_run, home, 5, seed=4) == 5


TAIL = {
    "backbone": "starter",
    "image_size_px": 64,
    "trainable_stages": 1,
    "epochs": 3,
    "dropout": 0.3,
    "flip": True,
    "batch_size": 8,
    "patience": 0,
    "start": "random",
}


def broken_as_whole(made_run, home, settings, deaths):
    """Break a run at `deaths`, places with their deadlines; return its steps if no bit differs."""
    _, steps = live(made_run("whole", **settings))
    shutil.rmtree(home / "cache")
    broken = made_run("broken", **settings)
    for kind, deadline in deaths:
        assert live(broken, kind, deadline)[0][-1] == kind
    assert live(broken)[1] == steps
    assert fingerprint(broken) == fingerprint(home / "runs" / "whole")
    return steps


def test_a_trained_tail_is_killed_while_encoding_in_keras_and_while_training(
    made_dataset, made_run, home
):
    made_dataset(classes=3, each=12)
    deaths = (("encode", 7), ("mid-epoch", 2), ("between", 2))
    assert broken_as_whole(made_run, home, TAIL, deaths) == 9
    assert (home / "runs" / "broken" / "encodes-in-keras").exists()


def test_a_run_on_several_labels_is_killed_and_ends_in_the_same_bits_and_rules(
    made_dataset, made_run, home
):
    from tl_core.datasets import manifest
    from tl_core.models import persist
    from tl_core.tasks import multilabel

    dataset = made_dataset(classes=3, each=12)
    shows = np.eye(3, dtype=bool)[dataset.labels]
    shows[::4, 0] = shows[::5, 2] = True
    shows[::9] = False  # some show none of them
    labels = multilabel.first_of(shows)
    manifest.save(dataclasses.replace(dataset, shows=shows, labels=labels))
    settings = TAIL | {"image_size_px": 0, "trainable_stages": 0, "hidden_units": (8,)}
    deaths = (("encode", 3), ("mid-epoch", 1), ("checkpoint", 2), ("between", 1))
    assert broken_as_whole(made_run, home, settings, deaths) == 9
    whole, broken = (
        persist.describe(home / "runs" / name / "model") for name in ("whole", "broken")
    )
    assert whole.task == multilabel.TASK.kind and len(whole.rules.thresholds) == 3
    assert broken.rules == whole.rules


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_on_jax_a_killed_run_encodes_trains_and_goes_on_to_the_same_bits(
    made_dataset, made_run, home, monkeypatch
):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    made_dataset(classes=2, each=12)
    settings = TAIL | {"image_size_px": 0, "epochs": 2, "flip": False}
    deaths = (("encode", 3), ("mid-epoch", 1), ("checkpoint", 2), ("between", 1))
    assert broken_as_whole(made_run, home, settings, deaths) == 4
    assert not list((home / "cache").glob("trunks/*.tflite"))


def new_import(archive):
    """Ask for an import of `archive`, to be done by `IMPORT`; return the data set's id."""
    from tl_core import store

    return store.create_dataset(
        store.default_project().id, "pictures", request={"source": str(archive)}
    )


def everything(dataset_id):
    """What there is of a data set but its own name, and every kept picture's bytes."""
    from tl_core.base import settings
    from tl_core.datasets import manifest
    from tl_core.modalities import kept

    found = manifest.load(dataset_id)
    kept.collect(found.hashes)  # also what a death left half written
    arrays = (found.hashes, found.names, found.labels, found.splits, found.twins)
    arrays += tuple(found.facts.values())
    files = {path.name: path.read_bytes() for path in settings.current().pictures_dir.glob("??/*")}
    return found.classes, [part.tolist() for part in arrays if part is not None], files


def test_an_import_that_is_killed_leaves_nothing_half_there_and_comes_out_the_same_again(
    home, picture_folder, tmp_path, monkeypatch
):
    from tl_core import store
    from tl_core.base import ids
    from tl_core.base.errors import UserError
    from tl_core.datasets import manifest
    from tl_core.jobs import watch
    from tl_core.store import job_rows

    folder, archive = picture_folder(classes=3, each=16), tmp_path / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.glob("*/*")):
            packed.write(path, path.relative_to(folder))
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "never broken"))
    whole = new_import(archive)
    assert forks.run(IMPORT, whole, "nowhere").returncode == 0
    expected = everything(whole)
    monkeypatch.setenv("GRAFT_HOME", str(home))
    for place in ("pictures", "manifest"):
        broken = new_import(archive)
        child = forks.run(IMPORT, broken, place)
        assert child.returncode == -signal.SIGKILL, child.stderr[-2000:]
        left = job_rows.job("import", broken)
        assert left is not None
        job_rows.set_handle(left, f"{2**22 + 1}/{broken}")  # no process can have this number
        watch.tick()
        assert store.dataset(broken).status == "failed"
        assert not list(ids.dataset_folder(broken).glob("incoming-*"))
        with pytest.raises(UserError):
            manifest.load(broken)
    again = new_import(archive)
    assert forks.run(IMPORT, again, "nowhere").returncode == 0
    assert everything(again) == expected
    assert len(expected[2]) == 3 * 48  # each as it is stored, small, and as it was uploaded

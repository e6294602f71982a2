"""`kill -9` at random points of a run, then on again: the same bits as a run never broken."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIFE_LIMIT_S = 600

# Counts every event told and every file synced, before and after, and dies at the chosen one:
# while encoding, in mid-epoch, inside a checkpoint, between a checkpoint and its event.
LIFE = """
import json, os, signal, sys
from pathlib import Path
from tl_core.evaluation import metrics
from tl_core.training import pipeline

folder, deadline, passed = Path(sys.argv[1]), int(sys.argv[2]), 0

def point():
    global passed
    passed += 1
    if passed == deadline:
        os.kill(os.getpid(), signal.SIGKILL)

plain_sync = os.fsync

def fsync(handle):
    point()
    plain_sync(handle)
    point()

os.fsync = fsync
done = pipeline.train(folder, lambda event, **fields: point(), metrics)
print(json.dumps({"points": passed, "steps": done["metrics"]["steps"]}))
"""


def live(folder, deadline):
    """Run until death or the end; return what a finished life told, None for one that was killed."""
    child = subprocess.run(
        [sys.executable, "-c", LIFE, str(folder), str(deadline)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=LIFE_LIMIT_S,
    )
    if child.returncode == -signal.SIGKILL:
        return None
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(child.stdout.splitlines()[-1])


def fingerprint(folder):
    return hashlib.sha256((folder / "model" / "tail.safetensors").read_bytes()).hexdigest()


def kills(made_dataset, made_run, home, count, seed):
    import shutil

    made_dataset(classes=3, each=12)
    settings = {
        "backbone": "starter",
        "image_size_px": 0,
        "epochs": 4,
        "hidden_units": (8,),
        "dropout": 0.3,
        "flip": True,
        "batch_size": 8,
        "patience": 0,
    }
    whole = live(made_run("whole", **settings), 0)
    shutil.rmtree(home / "cache")
    broken, chance = made_run("broken", **settings), random.Random(seed)
    died = 0
    while (told := live(broken, chance.randint(1, whole["points"]))) is None:
        died += 1
        if died == count:
            told = live(broken, 0)
            break
    assert told["steps"] == whole["steps"]
    assert fingerprint(broken) == fingerprint(home / "runs" / "whole")
    return died


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_eight_kills_end_in_the_same_bits_and_the_same_number_of_steps(
    made_dataset, made_run, home
):
    assert kills(made_dataset, made_run, home, 8, seed=4) >= 1

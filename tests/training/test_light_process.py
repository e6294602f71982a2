"""The first accuracy of a run comes from a light process: what it may weigh is held here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_BYTES = 200 * 1024**2

# Ends at the first accuracy; what would be imported beside it, for later, is left out.
FIRST_ANSWER = """
import json, os, sys
from pathlib import Path
from tl_core.training import libraries, pipeline

def emit(event, **fields):
    if event != "closed_form":
        return
    status = Path("/proc/self/status").read_text()
    peak_kb = int(status.partition("VmHWM:")[2].split()[0])
    heavy = sorted({"tensorflow", "keras", "jax"} & set(sys.modules))
    told = {"bytes": peak_kb * 1024, "heavy": heavy, "accuracy": fields["val_accuracy"]}
    print(json.dumps(told), flush=True)
    os._exit(0)

libraries.load_ahead = lambda: None
pipeline.train(Path(sys.argv[1]), emit)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_first_accuracy_needs_no_tensorflow_and_at_most_200_mb(made_dataset, made_run):
    made_dataset(classes=3, each=40)
    folder = made_run(backbone="starter", image_size_px=0)
    child = subprocess.run(
        [sys.executable, "-c", FIRST_ANSWER, str(folder)],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    told = json.loads(child.stdout.splitlines()[-1])
    assert told["heavy"] == []
    assert told["accuracy"] > 0.5
    assert told["bytes"] <= LIMIT_BYTES, f"{told['bytes'] / 1e6:.0f} MB"

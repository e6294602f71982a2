"""What packing takes, step by step, beside converting and running the same network as tutorials do.

Needs GRAFT_TEST_DATA. Seconds of processors are told beside those waited: on a busy machine only they can be compared.
A packing converts the network, proves that its answers are the app's on up to 200 test pictures and some 50 awkward
files in a process of its own, and writes card, README and script; in 8 bits it also calibrates and judges.

Measured on two cores that ten other processes wanted as well: EfficientNet-Lite0 in 8 bits, 63 test pictures, 26.5 s of
processors in all. Of these 2.2 imports, 7.5 TensorFlow and the model, 3.9 the conversion, 4.5 quantising and 1.8 judging it,
2.0 awkward files, 1.1 the app's and 2.1 the file's own answers. Quantising MobileNetV2 took 9.2 s with 200 pictures in their order,
3.0 with 64 mixed ones, which answer a little nearer to the float file (mean difference 0.0082 after 0.0084).

In ONNX with 8 bits the same network, 84 test and 84 validation pictures, took 47 s of processors while twenty other processes
wanted them: 6.2 TensorFlow and the model, 6.3 the conversion, 8.1 quantising, 8.1 judging the float file and the whole numbers,
13.2 the file's own answers in its clean process. The last two are what whole numbers take to run; see `onnx_int8.WAYS`.

With nothing else at work, EfficientNet-Lite0 on photos of PACS was waited for: LiteRT 11.5 s, ONNX 14.2 s, in 8 bits 13.7 and 26.4 s.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.test_promises import told

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
MODELS = (
    ("sign_digits", "starter"),
    ("trashnet", "mobilenet_v2"),
    ("pacs/photo", "efficientnet_lite0"),
)
KINDS = ("litert", "onnx", "litert8", "onnx8")
PACKING_S = 30.0


@pytest.mark.parametrize(("name", "backbone"), MODELS)
def test_packing_takes_no_longer_than_a_person_waits(
    data_root: Path, home: Path, name: str, backbone: str, report
) -> None:
    folder, cached = data_root / name, data_root / "keras_home"
    if not folder.is_dir() or not cached.is_dir():
        pytest.skip(f"real data: {name} and keras_home are not in GRAFT_TEST_DATA")
    environment = os.environ | {"KERAS_HOME": str(cached)}
    settings = ("--set", f"backbone={backbone}", "--set", "epochs=3")
    run = str(told("train", str(folder), *settings, env=environment)["run"])
    for kind in KINDS:
        packed = steps(run, kind, environment)
        assert packed["certificate"]["passed"]
        for step, depth, waited, spent in packed["steps"]:
            print(f"{'  ' * depth}{step:<50} waited {waited:6.1f} s, processors {spent:6.1f} s")
        waited, spent = packed["steps"][0][2:]
        report(f"{name}, {backbone}: {kind} waited for", waited, PACKING_S, "s")
        plainly = steps(run, f"plain-{kind}", environment)["steps"][0][3]
        report(f"{name}, {backbone}: {kind}, processors over the plain way", spent / plainly, "–")
        assert waited <= PACKING_S or spent <= PACKING_S


def steps(run: str, kind: str, environment: dict[str, str]) -> dict:
    """Return what a packing took in a process of its own, and its certificate."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.packing_steps", run, kind],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(child.stdout.splitlines()[-1])

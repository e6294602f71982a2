"""What the app promises in figures: quick to open, and as good as the features allow."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.browser.conftest import FLAGS, ROOT, _free_port, _wait_until_healthy, chromium

pytestmark = pytest.mark.benchmark

HEALTHY_S, PAINTED_S = 4.0, 6.0


def test_the_app_opens_quickly(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    port, log = _free_port(), tmp_path / "log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    with playwright.sync_playwright() as starter:
        browser = starter.chromium.launch(executable_path=chromium(), args=FLAGS)
        tab = browser.new_page()
        began = time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
                cwd=ROOT,
                env={**kept, "GRAFT_HOME": str(tmp_path / "home")},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_until_healthy(f"http://localhost:{port}", process, log)
            healthy = time.monotonic() - began
            times = psutil.Process(process.pid).cpu_times()
            tab.goto(f"http://localhost:{port}")
            tab.get_by_role("heading", level=1).wait_for()
            painted = time.monotonic() - began
        finally:
            process.terminate()
            process.wait(timeout=30)
        browser.close()
    print(
        f"\nhealthy after {healthy:.1f} s (to reach: {HEALTHY_S} s), "
        f"first page after {painted:.1f} s (to reach: {PAINTED_S} s); "
        f"{times.user + times.system:.1f} s of processor time until healthy"
    )
    assert healthy <= HEALTHY_S
    assert painted <= PAINTED_S


@pytest.mark.parametrize(
    ("name", "seeds", "least"), [("trashnet", range(5), 0.77), ("sign_digits", range(1), 0.90)]
)
def test_a_head_on_published_features_is_as_good_as_they_allow(
    data_root: Path, home: Path, name: str, seeds: range, least: float
) -> None:
    folder, cached = data_root / name, data_root / "keras_home"
    if not folder.is_dir() or not cached.is_dir():
        pytest.skip(f"real data: {name} and keras_home are not in GRAFT_TEST_DATA")
    environment = os.environ | {"KERAS_HOME": str(cached)}
    scores = []
    for seed in seeds:
        # Another seed is another division of the pictures, too.
        ingested = told("ingest", str(folder), "--split-seed", str(seed), env=environment)
        settings = ["--set", "backbone=mobilenet_v2", "--set", f"seed={seed}"]
        done = told("train", str(ingested["dataset"]), *settings, env=environment)
        scores.append(done["metrics"]["test_accuracy"])
    mean = statistics.mean(scores)
    spread = ", ".join(f"{score:.3f}" for score in scores)
    print(f"\n{name}: {mean:.3f} on test pictures (to reach: {least}); seeds {spread}")
    assert mean >= least


def told(*arguments: str, env: dict[str, str]) -> dict:
    """Return the last line that the command line tells."""
    done = subprocess.run(
        [sys.executable, "-m", "tl_core", *arguments, "--json"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])

"""The recommended fine-tuning, through the engine, against the usual ways in plain Keras.

Exact head, recommended recipe, Keras's guide and one cycle, each in a process of its own, on one
division of the same pictures, one after the other. GRAFT_BENCH_DOMAINS and GRAFT_BENCH_DIVISIONS make
it short or long. One division is a glance, not a proof: a test part has about 80 pictures.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tl_core.methods import recipes

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(14_400)]

ROOT = Path(__file__).resolve().parents[2]
BACKBONE = "starter"
DOMAINS = os.environ.get("GRAFT_BENCH_DOMAINS", "photo sketch art_painting").split()
DIVISIONS = range(int(os.environ.get("GRAFT_BENCH_DIVISIONS", "1")))
OURS = """
import json, sys, time
from pathlib import Path
from tl_core.training import pipeline

began = time.perf_counter()
done = pipeline.train(Path(sys.argv[1]), lambda event, **fields: None)
print(json.dumps({"metrics": done["metrics"], "seconds": time.perf_counter() - began}))
"""


@pytest.mark.parametrize("division", DIVISIONS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_the_recommended_recipe_against_the_usual_ways(home, data_root, report, domain, division):
    source = data_root / "pacs" / domain
    if not source.is_dir():
        pytest.skip(f"needs pacs/{domain} in GRAFT_TEST_DATA")
    dataset = divided(source, division)
    exact, exact_s = engine(home, dataset, "exact head", division, 0)
    stages = total_stages() // 2
    trained, trained_s = engine(home, dataset, "recommended", division, stages)
    guide = usual(dataset, "guide", division)
    cycle = usual(dataset, "one_cycle", division)

    def tell(way: str, accuracy: float, seconds: float) -> None:
        report(f"{domain} {division}, {way} ({seconds:.0f} s)", 100 * accuracy, "-", "%")

    tell("exact head", exact["test_accuracy"], exact_s)
    kept = exact_head_kept(trained)
    tell(f"recommended, {stages} stages{kept}", trained["test_accuracy"], trained_s)
    tell("Keras's guide, two phases", guide["accuracy"], guide["seconds"])
    tell("one cycle", cycle["accuracy"], cycle["seconds"])
    assert trained["trained_val_accuracy"] is not None


def divided(source, division):
    """Import the pictures of a folder, a fifth of them for testing; return the data set's id."""
    from tl_core.datasets.splits import Split
    from tl_core.intake import importing

    dataset = f"{division + 1:024x}"
    importing.ingest(source, dataset, split=Split(validation=0.15, test=0.2, seed=division))
    return dataset


def total_stages():
    from tl_core.backbones import stages

    return len(stages.of(BACKBONE))


def exact_head_kept(metrics):
    return ", which kept the exact head" if metrics["handed_over"] == "exact_head" else ""


def engine(home, dataset_id, name, seed, trainable_stages):
    """Return the metrics and seconds of a run, everything as recommended."""
    from tl_core.config import TrainConfig
    from tl_core.datasets import manifest

    asked = {"backbone": BACKBONE, "trainable_stages": trainable_stages, "seed": seed}
    config = recipes.suited(manifest.load(dataset_id), TrainConfig(**asked), asked)
    folder = home / "runs" / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "run.json").write_text(json.dumps({"dataset": dataset_id}))
    print(name, recipes.recommended(recipes.situation(manifest.load(dataset_id), config)))
    told = alone("-c", OURS, str(folder))
    return told["metrics"], told["seconds"]


def usual(dataset_id, way, seed):
    """Return accuracy and seconds of a usual way."""
    return alone("-m", "tests.benchmarks.usual_ways", dataset_id, way, str(seed), BACKBONE)


def alone(*words):
    """Return what a Python process of its own printed last, as JSON."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])

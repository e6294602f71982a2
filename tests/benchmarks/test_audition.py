"""Does the order of an audition hold when heads are really trained? On real pictures, judged by the test part.

Every backbone whose weights are here is heard on a sample that holds none of the test part, and its
head is trained as a run does: solved for exactly on the training part, its strength chosen by the
validation part. What the test part says of those heads is the truth.
"""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tl_core import store
from tl_core.config import TrainConfig
from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, TRAIN, VALIDATION, Split
from tl_core.evaluation import audition
from tl_core.intake import importing
from tl_core.jobs import auditioner
from tl_core.measures import intervals
from tl_core.quality import picture_features
from tl_core.tasks import task

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

SETS = ("sign_digits", "trashnet", "pacs/photo", "pacs/sketch")
HALF = Split(validation=0.1, test=0.4)
FEWEST = 6


@pytest.fixture
def heard_and_trained(real):
    """A function that gives for a set the order heard and each backbone's test accuracy, with test pictures."""

    def measure(name: str) -> tuple[audition.Audition, dict[str, float], int]:
        dataset = _imported(real / name, name)
        backbones = auditioner.at_hand(dataset.modality)
        if len(backbones) < FEWEST:
            pytest.skip(f"needs the weights of {FEWEST} backbones; here are {len(backbones)}")
        stage = audition.stage(dataset)
        heard, trained = [], {}
        for backbone in backbones:
            rows = picture_features.features(dataset, backbone, lambda *_: None)
            place = {str(hashed): row for row, hashed in enumerate(dataset.hashes)}
            sample = [place[str(hashed)] for hashed in stage.sample.hashes]
            heard.append(stage.hear(backbone, rows[sample]))
            trained[backbone] = _test_accuracy(dataset, rows)
        return stage.ranked(heard), trained, int((dataset.splits == TEST).sum())

    return measure


def _imported(folder, name: str) -> Dataset:
    identifier = store.create_dataset(store.default_project().id, name)
    importing.ingest(folder, identifier, name=name, split=HALF)
    return manifest.load(identifier)


def _test_accuracy(dataset: Dataset, rows: np.ndarray) -> float:
    parts = [np.flatnonzero(dataset.splits == part) for part in (TRAIN, VALIDATION, TEST)]
    goal = goals.of(dataset, parts[0], TrainConfig())
    head = task.exact_head(goal, rows, parts[0], parts[1])
    right = head.of(rows, parts[2]).argmax(axis=1) == dataset.labels[parts[2]]
    return float(right.mean())


@pytest.mark.parametrize("name", SETS)
def test_the_order_heard_is_that_of_trained_heads(name, heard_and_trained, report):
    found, trained, judged = heard_and_trained(name)
    names = [place.heard.name for place in found.places]
    truth = [trained[each] for each in names]
    for place, each in zip(found.places, truth, strict=True):
        heard = place.heard
        report(f"  {heard.name}: heard {heard.score:.3f}, trained", 100 * each, "-", "%")
    columns = {"probe": "score"} | {
        key: key for key in ("neighbours", "log_me", "h_score", "trans_rate")
    }
    for title, field in columns.items():
        told = [getattr(place.heard, field) for place in found.places]
        to_reach = "0.8" if title == "probe" else "-"
        report(f"{name}: Spearman of {title}", spearmanr(told, truth).statistic, to_reach, "")
    right = intervals.wilson(round(truth[0] * judged), judged)
    report(f"{name}: chosen, behind the best", 100 * (max(truth) - truth[0]), "0", "points")
    assert spearmanr([place.heard.score for place in found.places], truth).statistic >= 0.8
    assert max(truth) <= right.high

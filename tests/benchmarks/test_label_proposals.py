"""How right accepted proposals are, and what an order of asking is worth, on real pictures. Prints.

The tables in `tl_core.evaluation.label_proposals` and `asking_order` are what this prints.
"""

from collections.abc import Callable

import numpy as np
import pytest

from tests.benchmarks.test_unknowns import _features
from tl_core.evaluation import asking_order, label_proposals, probe
from tl_core.evaluation.label_proposals import FAIR, STRANGE, SURE
from tl_core.tasks.closed_form import fit_softmax, softmax

pytestmark = pytest.mark.benchmark

BACKBONES = ("starter", "efficientnet_lite0")
SETS = ("trashnet", "sign_digits")
EACH = (5, 10, 20)
DRAWS = 5
STARTED, ROUND, LABELS = 2, 10, 50
"""Labels a class before anybody is asked, answers in a round, and answers in all."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture
def encoded(real, scratch):
    """Features and labels of a set by a backbone, encoded once."""

    def of(backbone: str, name: str) -> tuple[np.ndarray, np.ndarray]:
        found, kept = probe.read_set(real / name), scratch / f"{backbone}-{name}.npy"
        if not kept.is_file():
            np.save(kept, _features(backbone, found, scratch))
        return np.load(kept), found.labels

    return of


def drawn(labels: np.ndarray, each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of `each` pictures a class, and of all others."""
    random = np.random.default_rng(seed)
    known = np.concatenate(
        [random.permutation(np.flatnonzero(labels == one))[:each] for one in np.unique(labels)]
    )
    return known, np.setdiff1d(np.arange(len(labels)), known)


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("name", SETS)
def test_what_is_sure_is_right(backbone, name, encoded, report):
    rows, labels = encoded(backbone, name)
    for each in EACH:
        right, count, all_right = np.zeros(2), np.zeros(2), []
        vouched = np.zeros(2)
        for seed in range(DRAWS):
            known, asked = drawn(labels, each, seed)
            found = label_proposals.propose(
                rows[known], labels[known], int(labels.max()) + 1, rows[asked]
            )
            is_right = found.labels == labels[asked]
            all_right.append(is_right.mean())
            for place, kind in enumerate((SURE, FAIR)):
                right[place] += is_right[found.doubts == kind].sum()
                count[place] += (found.doubts == kind).sum()
            vouched += found.checked.sum(), len(found.checked)
        what = f"{name}, {backbone}, {each} a class"
        asked_in_all = DRAWS * (len(labels) - each * len(np.unique(labels)))
        report(f"{what}: all proposals right", np.mean(all_right), "-", "share")
        for place, kind in enumerate(("sure", "fair")):
            report(f"{what}: {kind}", count[place] / asked_in_all, "-", "share")
            report(f"{what}: {kind}, right", right[place] / max(1, count[place]), "-", "share")
        report(f"{what}: sure, right as checked", vouched[0] / max(1, vouched[1]), "-", "share")
        assert right[0] / max(1, count[0]) > np.mean(all_right) + 0.05
        if each >= 10 and count[0]:
            assert right[0] / count[0] > 0.85


@pytest.mark.parametrize("backbone", BACKBONES)
def test_pictures_of_no_class_are_told_without_accusing_the_others(backbone, encoded, report):
    signs, labels = encoded(backbone, "sign_digits")
    litter, _ = encoded(backbone, "trashnet")
    known, others = drawn(labels, 10, 0)
    asked = np.concatenate([signs[others], litter[:300]])
    found = label_proposals.propose(signs[known], labels[known], 10, asked)
    is_strange = found.doubts == STRANGE
    report(
        f"signs, {backbone}: litter is strange", is_strange[len(others) :].mean(), "0.90", "share"
    )
    report(
        f"signs, {backbone}: signs are strange", is_strange[: len(others)].mean(), "0.10", "share"
    )
    assert is_strange[len(others) :].mean() > 0.9
    assert is_strange[: len(others)].mean() < 0.1


Order = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]


def by_lot(features: np.ndarray, told: np.ndarray, known: np.ndarray, count: int) -> np.ndarray:
    return np.random.default_rng(len(known)).permutation(len(told))[:count]


def by_margin(features: np.ndarray, told: np.ndarray, known: np.ndarray, count: int) -> np.ndarray:
    return np.argsort(asking_order.margins(told), kind="stable")[:count]


ORDERS: dict[str, Order] = {
    "by lot": by_lot,
    "smallest margin": by_margin,
    "this order": asking_order.asked_first,
}


def after_asking(rows: np.ndarray, labels: np.ndarray, order: Order, seed: int) -> float:
    """Return the accuracy on pictures never asked about, after `LABELS` answers in rounds."""
    lot = np.random.default_rng(seed).permutation(len(labels))
    held, pool = lot[: len(lot) * 3 // 10], lot[len(lot) * 3 // 10 :]
    classes = int(labels.max()) + 1
    known = [row for one in range(classes) for row in pool[labels[pool] == one][:STARTED]]
    for _ in range(LABELS // ROUND):
        left = np.setdiff1d(pool, known)
        head = fit_softmax(rows[known], labels[known], classes, (0.1,))
        told = softmax(head(rows[left]))
        known += left[order(rows[left], told, rows[known], ROUND)].tolist()
    head = fit_softmax(rows[known], labels[known], classes, (0.1,))
    return float((head(rows[held]).argmax(axis=1) == labels[held]).mean())


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("name", SETS)
def test_asking_in_this_order_teaches_more_than_asking_by_lot(backbone, name, encoded, report):
    rows, labels = encoded(backbone, name)
    found = {
        what: [after_asking(rows, labels, order, seed) for seed in range(10)]
        for what, order in ORDERS.items()
    }
    for what, each in found.items():
        spread = f"(± {np.std(each) / np.sqrt(len(each)):.3f})"
        report(
            f"{name}, {backbone}, {LABELS} answers, {what} {spread}", np.mean(each), "-", "share"
        )
    assert np.mean(found["this order"]) > np.mean(found["by lot"])

"""A thousand classes: the Data page has as many things on it as with ten."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.pages.data.test_quality_report import found
from tests.pages.data.test_version_history import data_page
from tl_core import store
from tl_core.datasets import manifest
from tl_core.quality import findings
from tl_core.quality.findings import Report

CLASSES, EACH = 1000, 3
MOST_ELEMENTS = 150
MOST_BYTES = 1_000_000


@pytest.fixture
def many_id(home) -> str:
    """A data set of three pictures a class, with a note about each class and many doubtful labels."""
    names = tuple(f"A class with a name of usual length {index:04}" for index in range(CLASSES))
    identifier = store.create_dataset(store.default_project().id, "many")
    rows = np.arange(CLASSES * EACH)
    dataset = manifest.Dataset(
        id=identifier,
        name="many",
        classes=names,
        targets=(),
        hashes=np.array([f"{row:064x}" for row in rows]),
        names=np.array([f"{names[row // EACH]}/{row}.png" for row in rows], dtype=object),
        labels=(rows // EACH).astype(np.int32),
        splits=(rows % 3).astype(np.int8),
        facts={"width": np.full(len(rows), 8, np.int32), "height": np.full(len(rows), 8, np.int32)},
        notes=tuple(f"Something about “{name}”." for name in names),
    )
    manifest.save(dataset)
    doubts = findings.pictures(dataset, range(600), suggested=[CLASSES - 1] * 600)
    told = (
        found(dataset, "mislabelled", ()).model_copy(update={"pictures": doubts}),
        found(dataset, "leak", (6, 8) * 300, groups=((6, 8),) * 300, edit="split_again"),
    )
    report = Report(
        dataset=identifier,
        pictures=len(rows),
        backbone="starter",
        findings=told,
        groups=tuple(rows.tolist()),
    )
    findings.save(report)
    counts = {"pictures": len(rows), "classes": dict.fromkeys(names, EACH)}
    store.dataset_ready(identifier, counts)
    return identifier


def elements(block: Any) -> Iterator[Any]:
    """Yield all that stands on a page, containers and what is in them."""
    for child in getattr(block, "children", {}).values():
        yield child
        yield from elements(child)


def test_the_data_page_does_not_grow_with_the_classes(many_id):
    app = data_page()
    assert not app.exception and not app.error
    assert len(app.selectbox) < 20
    shown = list(elements(app._tree))
    sent = sum(
        len(one.proto.SerializeToString()) for one in shown if hasattr(one.proto, "ListFields")
    )
    assert 50 < len(shown) <= MOST_ELEMENTS
    assert sent <= MOST_BYTES
    assert any("995 more notes" in box.label for box in app.expander)

"""What people call things is shown as text on every page: no link, no picture, no formula, no request."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import Server, settled
from tests.conftest import made_picture
from tl_core import store
from tl_core.base import ids, settings
from tl_core.config import TrainConfig
from tl_core.datasets import edits, goals, manifest
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.home import versions
from tl_core.measures import metrics
from tl_core.modalities.picture import pictures
from tl_core.signals import events
from tl_core.training import results

pytestmark = pytest.mark.browser

EVIL = "evil.example"
NAMES = (
    f"https://{EVIL}/a_b*c*",
    f"www.{EVIL} me@{EVIL}",
    f"![p](https://{EVIL}/p.png) [l](https://{EVIL})",
    f"<a href='https://{EVIL}'>x</a> $x^2$ :smile: :red[y] **z** mailto:me@{EVIL}",
)
PAGES = (
    "",
    "data",
    "train",
    "runs",
    "results",
    "try_it",
    "take_home",
    "transfer_lab",
    "learn",
    "settings",
)
FINDINGS = """() => {
  const found = [];
  for (const a of document.querySelectorAll('a')) {
    const shown = (a.getAttribute('href') ?? '') + ' ' + a.href;
    if (!a.href.startsWith(location.origin) && /evil|mailto:|xmpp:/.test(shown)) found.push('link ' + a.outerHTML);
  }
  for (const e of document.querySelectorAll('img[src*="evil"], [href*="evil.example"]:not(a)')) found.push(e.outerHTML);
  for (const e of document.querySelectorAll('.katex annotation'))  // the lessons have formulas of their own
    if (e.textContent.trim() === 'x^2') found.push('formula ' + e.outerHTML);
  for (const e of document.querySelectorAll('[data-testid="stMarkdownContainer"] strong'))
    if (e.textContent.trim() === 'z') found.push('bold ' + e.outerHTML);
  if (document.body.innerText.includes('😄')) found.push('emoji');
  return found;
}"""


@dataclass(frozen=True)
class Made:
    """Where the two runs are, by query."""

    classes: str
    numbers: str


@pytest.fixture(scope="module")
def made(server: Server) -> Iterator[Made]:
    """Two data sets, of classes and of numbers, with a finished run each; every name is hostile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAFT_HOME", str(server.home))
        project = store.create_project(NAMES[0])
        yield Made(
            *(_query(project, _dataset(project, is_numbers)) for is_numbers in (False, True))
        )


def _dataset(project: str, is_numbers: bool) -> str:
    identifier = store.create_dataset(project, NAMES[1])
    random, count = np.random.default_rng(len(identifier) + is_numbers), 48
    labels = np.arange(count, dtype=np.int32) % len(NAMES)
    folder = settings.current().pictures_dir
    kept = [
        pictures.store(Image.fromarray(made_picture(int(one), random)), folder, 1024)
        for one in labels
    ]
    kept[1] = kept[0]  # one picture in two classes, for the look-through to tell of
    manifest.save(
        manifest.Dataset(
            id=identifier,
            name=NAMES[1],
            classes=() if is_numbers else NAMES,
            targets=NAMES[:2] if is_numbers else (),
            hashes=np.array([name for name, _, _ in kept]),
            names=np.array([f"{NAMES[2]}/{index}.png" for index in range(count)], dtype=object),
            labels=np.zeros(count, np.int32) if is_numbers else labels,
            splits=(np.arange(count) // 4 % 3).astype(np.int8),
            facts={
                "width": np.array([width for _, width, _ in kept], np.int32),
                "height": np.array([height for _, _, height in kept], np.int32),
            },
            values=random.normal(size=(count, 2)) if is_numbers else None,
        )
    )
    classes = {} if is_numbers else dict.fromkeys(NAMES, count // len(NAMES))
    counts = {"pictures": count, "classes": classes, "set_aside": 0}
    store.dataset_ready(identifier, counts)
    if is_numbers:
        return identifier
    return versions.edit(identifier, edits.Rename(label=0, name=NAMES[0] + "/new"), "rename")


def _query(project: str, dataset_id: str) -> str:
    dataset = manifest.load(dataset_id)
    config = TrainConfig(epochs=2)
    run_id = store.add_run(dataset_id, NAMES[3], config.model_dump(mode="json"), f"c{dataset_id}")
    folder = ids.run_folder(run_id)
    folder.mkdir(parents=True)
    what = goals.of(dataset, np.flatnonzero(dataset.splits == 0), config)
    random = np.random.default_rng(1)
    truth = {part: np.flatnonzero(dataset.splits == part) for part in (VALIDATION, TEST)}
    width = 2 if dataset.values is not None else len(NAMES)
    answers = {
        part: random.dirichlet(np.ones(width), len(rows)).astype(np.float32)
        for part, rows in truth.items()
    }
    results.write_predictions(folder, dataset, what, answers)
    with events.Writer(folder) as emit:
        emit("started", epochs=2)
        for epoch in (1, 2):
            told = {"loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5}
            emit("epoch", epoch=epoch, epochs=2, seconds=1.0, best=epoch == 2, **told)
        emit("note", text=f"A note on {NAMES[0]} by me@{EVIL}")
    test = truth[TEST]
    if dataset.values is not None:
        summary = metrics.regression_summary(dataset.values[test], answers[TEST], dataset.targets)
        more = {"closed_form": summary, "val": summary}
        numbers = {"task": "regress", "test": summary, "test_accuracy": 0.1} | more
    else:
        summary = metrics.summary(dataset.labels[test], answers[TEST], dataset.classes, majority=0)
        numbers = {"task": "classify", "test": summary, "test_accuracy": summary["accuracy"]}
    store.run_finished(run_id, {"closed_form_accuracy": 0.5} | numbers)
    return f"project={project}&dataset={dataset_id}&run={run_id}"


@pytest.mark.parametrize("kind", ["classes", pytest.param("numbers", marks=pytest.mark.exhaustive)])
def test_no_name_is_obeyed_on_any_page(tab, made, kind):
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    seen = ""
    tab.goto(f"/data?{getattr(made, kind)}")
    tab.get_by_role("heading", name="Gallery").wait_for()
    if kind == "classes":
        tab.get_by_role("heading", name="The same picture under two classes").wait_for()
    for page in PAGES:
        tab.goto(f"/{page}?{getattr(made, kind)}")
        tab.get_by_role("heading", level=1).first.wait_for()
        settled(tab)
        for fold in tab.locator('[data-testid="stExpander"] summary').all():
            fold.click()
        tab.wait_for_timeout(500)
        settled(tab)
        found = tab.evaluate(FINDINGS)
        assert not found, (page, found)
        seen += tab.inner_text("body")
    assert not [url for url in asked if EVIL in url.split("?")[0]]
    plain = seen.replace("\u2060", "")
    assert NAMES[0][:20] in plain and f"me@{EVIL}" in plain

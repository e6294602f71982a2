"""Whatever a page says can be said in another language.

The language of these tests puts brackets around every text that translators are given. What a page
shows without brackets, and is no name of the person's own, no translation could ever reach.
"""

import gettext
import html.parser
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Dataframe

from pages.parts.shared import page_files, words
from tests.conftest import made_picture
from tests.pages.data.test_quality_report import found
from tests.pages.test_pages import MAIN
from tests.test_texts import TEXTS
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base import ids, machine, settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.manifest import SetAside
from tl_core.home import versions
from tl_core.intake import layout
from tl_core.jobs.kinds import importing
from tl_core.measures import metrics
from tl_core.methods import registry
from tl_core.modalities.picture import images, pictures
from tl_core.quality import findings
from tl_core.signals import events
from tl_core.signals.meter import PhaseMeter

pytestmark = pytest.mark.slow

UNSEEN = {
    *("id", "element_id", "form_id", "icon", "type", "tag", "language", "format", "anchor"),
    *("component_name", "css_content", "js_content", "css_source_path", "js_source_path"),
    *(
        "page",
        "query_string",
        "uuid",
        "styler_uuid",
        "page_script_hash",
        "code_text",
        "key",
        "url",
        "imgs",
        "theme",
        "config",
        "delta_type",
    ),
}
"""Fields of elements that nobody reads."""
SPOKEN = ("alt", "title", "aria-label", "placeholder")
DRAWN = ("text", "name", "hovertemplate", "ticktext", "title", "label", "help", "words")
"""Keys of charts, columns and components whose values are read."""
COUNTED = ("bdata", "dtype", "shape", "font", "uid")
"""Keys below those that hold numbers or looks."""
# Units, symbols and proper names are the same everywhere.
EVERYWHERE = {
    *(
        "B",
        "kB",
        "MB",
        "GB",
        "TB",
        "k",
        "M",
        "G",
        "R",
        "JPEG",
        "PNG",
        "WebP",
        "HEIC",
        "AVIF",
        "GIF",
    ),
    *("Graft", "CSV", "ImageNet", "GPU", "CPU", "px", "AdamW", "LiteRT", "TensorFlow", "Keras"),
    *("Python", "streamlit", "keras", "tensorflow", "ai-edge-litert", "numpy", "pillow"),
}
MARKUP = re.compile(
    r":material/\w+:|:small\[[^\[\]]*: [\w-]+\]|:[\w-]+\[|\b[0-9a-f]{32}\b|https?://\S+|%\{[^}]*\}|&\w+;"
)
WRAPPED = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


class Bracketed(gettext.NullTranslations):
    """A language in which every text that translators are given stands in brackets."""

    def __init__(self) -> None:
        super().__init__()
        self._known = {message.id for message in TEXTS.catalogue() if message.id}
        self._known |= {part for known in self._known if isinstance(known, tuple) for part in known}

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        chosen = msgid1 if n == 1 else msgid2
        return f"⟦{chosen}⟧" if (msgid1, msgid2) in self._known else chosen


class _Read(html.parser.HTMLParser):
    """Takes from HTML what is read, by eye or by ear."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("style", "script")
        self.told += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.told.append(data)


def told(app: AppTest) -> Iterator[str]:
    """Every text on the page, wherever it stands."""
    tree: Any = app._tree
    waiting = list(tree.children.values())
    while waiting:
        node = waiting.pop()
        if isinstance(node, Block):
            waiting += node.children.values()
        if isinstance(node, Dataframe):
            yield from map(str, node.value.columns)
            yield from node.value.select_dtypes("object").to_numpy().ravel().astype(str)
        if isinstance(message := getattr(node, "proto", None), Message):
            yield from _of_message(message)


def _of_message(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        several = value if field.is_repeated else [value]
        if field.name in UNSEEN:
            continue
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if not (field.message_type and field.message_type.GetOptions().map_entry):
                for item in several:
                    yield from _of_message(item)
        elif field.type == FieldDescriptor.TYPE_STRING:
            for item in several:
                yield from _of_text(item)


def _of_text(text: str) -> Iterator[str]:
    if text.startswith(("{", "[")):
        try:
            yield from _of_json(json.loads(text))
            return
        except ValueError:
            pass
    reader = _Read()
    reader.feed(text)
    yield from reader.told


def _of_json(value: Any, *, is_read: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in COUNTED:
                continue
            yield from _of_json(item, is_read=is_read or key in DRAWN)
    elif isinstance(value, list):
        for item in value:
            yield from _of_json(item, is_read=is_read)
    elif isinstance(value, str) and is_read:
        yield from _of_text(value)


def untold(app: AppTest, own: set[str]) -> list[str]:
    """What on a page no translator was given, without what people named themselves."""
    bare = set()
    for text in told(app):
        left = text.replace("\\", "").replace("\u2060", "")
        for name in sorted(own - {""}, key=len, reverse=True):
            left = left.replace(name, "")
        while WRAPPED.search(left):
            left = WRAPPED.sub("", left)
        if set(WORD.findall(MARKUP.sub("", left))) - EVERYWHERE:
            bare.add(left)
    return sorted(bare)


@pytest.fixture
def own() -> set[str]:
    """Names: what people, papers, programs and machines are called. Tests add their own."""
    names = {"My first project", machine.device().name}
    for record in catalogue.BACKBONES.values():
        names |= {record.title, record.paper, record.weights_license, record.accuracy_source}
    written = [line for method in registry.METHODS for line in method.formula.splitlines()]
    formulas = {line.replace("\\", "") for line in written}
    return names | formulas | {method.paper for method in registry.METHODS}


@pytest.fixture
def opened(monkeypatch) -> Callable[..., AppTest]:
    brackets = Bracketed()
    monkeypatch.setattr(words, "_catalogue", lambda language: brackets)

    def open_at(page: str = page_files.START, **asked: str) -> AppTest:
        app = AppTest.from_file(MAIN, default_timeout=120)
        for name, value in asked.items():
            app.query_params[name] = value
        return shown(app, page)

    return open_at


def shown(app: AppTest, page: str) -> AppTest:
    app = (app if page == page_files.START else app.switch_page(page)).run()
    assert not app.exception, app.exception
    return app


PAGES = (
    *(
        page_files.START,
        page_files.DATA,
        page_files.TRAIN,
        page_files.RUNS,
        page_files.RESULTS,
        page_files.TRY_IT,
    ),
    *(page_files.TAKE_HOME, page_files.TRANSFER_LAB, page_files.LEARN, page_files.SETTINGS),
)
CLASSES = ("ooo", "xxx", "zzz")
COUNT = 30


def test_every_text_of_an_empty_house_can_be_translated(home, opened, own):
    app = opened()
    for page in PAGES:
        assert untold(shown(app, page), own) == [], page


@pytest.fixture
def dataset(home, own) -> manifest.Dataset:
    """A data set that has something of everything: kept, set aside, doubted, told about."""
    own |= {"mmmm", *CLASSES, *(f"n{row}.png" for row in range(COUNT)), "bad.png"}
    identifier = store.create_dataset(store.default_project().id, "mmmm")
    random = np.random.default_rng(0)
    labels = np.minimum(np.arange(COUNT, dtype=np.int32) % 2, 1)
    labels[-1] = 2
    folder = settings.current().pictures_dir
    drawn = [Image.fromarray(made_picture(int(label), random)) for label in labels]
    made = manifest.Dataset(
        id=identifier,
        name="mmmm",
        classes=CLASSES,
        targets=(),
        hashes=np.array([pictures.store(image, folder, 1024)[0] for image in drawn]),
        names=np.array([f"n{row}.png" for row in range(COUNT)], dtype=object),
        labels=labels,
        splits=(np.arange(COUNT) // 2 % 3).astype(np.int8),
        facts={"width": np.full(COUNT, 8, np.int32), "height": np.full(COUNT, 8, np.int32)},
        notes=tuple(layout.doubtful_names(["ooo", "OOO"])),
    )
    own |= {"OOO"}
    bad = home / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(UserError) as refused:
        images.open_image(bad)
    why = refused.value
    manifest.save(made, [SetAside("bad.png", why.code, why.message, why.hint)])
    store.dataset_ready(identifier, versions.counts(made, set_aside=1, junk=2))
    findings.save(
        findings.Report(
            dataset=identifier,
            pictures=COUNT,
            backbone="starter",
            findings=(
                found(made, "duplicate", (0, 2), groups=((0, 2),), touched=(2,)),
                found(made, "two_classes", (4, 5), groups=((4, 5),)),
                found(made, "leak", (6, 8), groups=((6, 8),), edit="split_again"),
                found(made, "mislabelled", (1, 3), edit="relabel", labels=(0, 0)),
                found(made, "blurred", (9, 10, 11)),
            ),
            groups=tuple(range(COUNT)),
        )
    )
    return manifest.load(identifier)


def add_run(dataset: manifest.Dataset, name: str) -> str:
    config = TrainConfig(epochs=2).model_dump(mode="json")
    return store.add_run(dataset.id, name, config, f"token {name}")


@pytest.fixture
def finished(dataset, own) -> str:
    """A run that is over, with everything that a worker tells."""
    run_id = add_run(dataset, "rrrr")
    own |= {"rrrr", "dddd"}
    folder = ids.run_folder(run_id)
    answers = np.random.default_rng(1).dirichlet(np.ones(3), COUNT)
    tested = dataset.splits == 2
    columns = {
        "picture": [str(each) for each in dataset.hashes],
        "name": [str(each) for each in dataset.names],
        "split": [("train", "val", "test")[part] for part in dataset.splits],
        "truth": dataset.labels,
        "predicted": answers.argmax(axis=1),
        **{f"p_{k}": answers[:, k].astype(np.float32) for k in range(3)},
    }
    summary = metrics.summary(dataset.labels[tested], answers[tested], CLASSES, majority=0)
    told_metrics = {
        "task": "classify",
        "test_accuracy": summary["accuracy"],
        "test": summary,
        "val": summary,
        "closed_form_accuracy": 0.5,
    }
    with events.Writer(folder) as emit:
        emit("started", pid=1, device="dddd", epochs=2)
        emit("planned", phases={"convert": 1.0, "encode": 2.0, "fit": 3.0}, total_s=6.0)
        emit("phase", phase="encode", text=Said("Looking at the pictures"), expected_s=2.0)
        emit("closed_form", val_accuracy=0.5)
        for epoch in (1, 2):
            emit("epoch", epoch=epoch, epochs=2, loss=1.0, accuracy=0.4, val_loss=1.1)
        picture = {"picture": str(dataset.hashes[0]), "is_right": True}
        emit("flips", epoch=2, pictures=[picture])
        emit("finished", metrics=told_metrics, seconds={"total": 7.0})
    pq.write_table(pa.table(columns), folder / "predictions.parquet")
    store.run_finished(run_id, told_metrics)
    return run_id


def test_every_text_about_a_finished_run_can_be_translated(finished, opened, own):
    app = opened(run=finished)
    for page in PAGES:
        assert untold(shown(app, page), own) == [], page


@pytest.mark.parametrize("options", [{"optimizer": "sgd", "schedule": "plateau"}, {"flip": True}])
def test_every_setting_and_every_choice_can_be_translated(dataset, opened, own, options):
    app = opened(page_files.TRAIN)
    for field, value in options.items():
        kind = app.toggle if value is True else app.selectbox
        title = SETTINGS[field].field.title
        next(w for w in kind if w.label == f"⟦{title}⟧").set_value(value).run()
    assert not app.exception
    assert untold(app, own) == []


def test_every_text_about_a_run_that_failed_can_be_translated(dataset, opened, own, home):
    run_id = add_run(dataset, "ffff")
    own |= {"ffff"}
    ids.run_folder(run_id).mkdir(parents=True, exist_ok=True)
    store.run_failed(
        run_id, UserError("backbone", "There is no backbone called {name!r}.", name="q")
    )
    assert untold(opened(page_files.RUNS, run=run_id), own) == []


def test_every_text_about_an_import_can_be_translated(home, opened, own):
    project = store.default_project().id
    own |= {"iiii"}
    identifier = store.create_dataset(project, "iiii")
    with events.Writer(ids.dataset_folder(identifier)) as emit:
        emit("started", pid=os.getpid())
        PhaseMeter(emit, importing.TEXTS)("pictures", 1, 9)
    assert untold(opened(page_files.DATA), own) == []
    store.dataset_failed(identifier, importing.TOO_MUCH)
    assert untold(opened(page_files.DATA), own) == []

"""Fixtures that every test may use: a home of its own, made pictures, real data where present."""

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import URL, Engine, event

from tests import openers
from tl_core import store
from tl_core.datasets import manifest
from tl_core.modalities import opening_children
from tl_core.store import database, schema

pytest_plugins = ["tests.made", "tests.home.homes", "tests.methods.made"]

PictureFolder = Callable[..., Path]

COLOURS = (
    (200, 40, 40),
    (40, 160, 60),
    (50, 80, 210),
    (220, 180, 40),
    (150, 60, 170),
    (40, 180, 190),
    (120, 120, 120),
    (240, 130, 60),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one of them at the end."""
    takes: dict[Path, int] = {}
    for item in items:
        takes[item.path] = min(takes.get(item.path, 2), _turn(item))
    items.sort(key=lambda item: takes[item.path])


def pytest_collection_finish() -> None:
    """Spare each collection of garbage a walk over all that the libraries hold: a tenth of the time."""
    gc.freeze()


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("browser"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2


@pytest.fixture(scope="session")
def new_stores_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new store is a copy of the first one, and nothing is forced onto the disk: both cost time.

    `tests/store` makes its stores as the app does, and so does every process that a test starts.
    """
    first = tmp_path_factory.mktemp("store") / "first.db"
    as_shipped = schema.MIGRATIONS
    make = database.brought_up_to_date

    def copied(file: Path) -> Engine:
        if file.stat().st_size or schema.MIGRATIONS is not as_shipped:
            return make(file)
        if not first.exists():
            made = first.with_suffix(".new")
            made.touch()
            make(made).dispose()
            made.replace(first)
        shutil.copyfile(first, file)
        return database._sqlite(URL.create("sqlite", database=str(file)), file)

    def trust_the_machine(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", trust_the_machine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "brought_up_to_date", copied)
        yield
    event.remove(Engine, "connect", trust_the_machine)


@pytest.fixture(scope="session", autouse=True)
def _pictures_are_opened_by_forks() -> Iterator[None]:
    """The child that opens the pictures of an import takes longer to begin than to open a few."""
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(os, "fork"):
            patch.setattr(opening_children, "_start", openers.start_or(opening_children._start))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_stores_are_copies: None) -> Path:
    """A home folder of the test's own, in force for it and for the processes it starts."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("GRAFT_")]:
        if name != "GRAFT_TEST_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("GRAFT_HOME", str(folder))
    return folder


@pytest.fixture
def picture_folder(tmp_path: Path) -> PictureFolder:
    """A function that makes a folder of pictures: one sub-folder per class."""

    def make(
        classes: int = 3,
        each: int = 6,
        *,
        name: str = "pictures",
        size_px: tuple[int, int] = (48, 40),
        seed: int = 0,
    ) -> Path:
        folder = tmp_path / name
        generator = np.random.default_rng(seed)
        for index in range(classes):
            class_folder = folder / f"class {index}"
            class_folder.mkdir(parents=True)
            for number in range(each):
                picture = made_picture(index, generator, size_px)
                Image.fromarray(picture).save(class_folder / f"{number:03}.png")
        return folder

    return make


def made_picture(
    label: int, generator: np.random.Generator, size_px: tuple[int, int] = (48, 40)
) -> np.ndarray:
    """Return a noisy uint8 (height, width, 3) picture whose colour and stripes tell its class.

    Args:
        label: the class, which sets the colour and the width of the stripes.
        generator: source of the noise; no two pictures are alike.
        size_px: width and height.
    """
    width, height = size_px
    colour = np.array(COLOURS[label % len(COLOURS)], dtype=np.float32)
    columns = np.arange(width) + generator.integers(0, width)
    stripes = np.where(columns // (label + 2) % 2 == 0, 1.0, 0.6)[None, :, None]
    noise = generator.normal(0, 18, (height, width, 3))
    return np.clip(colour * stripes + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def dataset_id(home: Path) -> str:
    """A data set of two classes that is ready; its pictures do not exist."""
    identifier = store.create_dataset(store.default_project().id, "shapes")
    count = 12
    manifest.save(
        manifest.Dataset(
            id=identifier,
            name="shapes",
            classes=("round", "square"),
            targets=(),
            hashes=np.array([f"{index:064x}" for index in range(count)]),
            names=np.array([f"{index}.png" for index in range(count)], dtype=object),
            labels=np.arange(count, dtype=np.int32) % 2,
            splits=(np.arange(count) // 2 % 3).astype(np.int8),
            facts={"width": np.full(count, 8, np.int32), "height": np.full(count, 8, np.int32)},
        )
    )
    store.dataset_ready(identifier, {"pictures": count, "classes": {"round": 6, "square": 6}})
    return identifier


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data named by GRAFT_TEST_DATA; the test is skipped without it."""
    named = os.environ.get("GRAFT_TEST_DATA", "")
    if not named or not Path(named).is_dir():
        pytest.skip("real data: set GRAFT_TEST_DATA to a folder that holds them")
    return Path(named).resolve()


@pytest.fixture(autouse=True)
def _limits_stay() -> Iterator[None]:
    """A limit on memory lowered here would stay, for every later test and the programs it starts."""
    try:
        import resource
    except ImportError:  # Windows has none
        yield
        return
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    before = [resource.getrlimit(kind) for kind in kinds]
    yield
    assert [resource.getrlimit(kind) for kind in kinds] == before

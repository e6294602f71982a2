"""Sample pictures that were imported and looked through once, to be copied into the home of any running app."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.made import FakeEngine
from tl_core import store
from tl_core.base import settings
from tl_core.datasets import manifest
from tl_core.jobs import engines, imports, watch, work
from tl_core.jobs.kinds.inspection import INSPECT
from tl_core.quality import findings, picture_map
from tl_core.samples import bundled


@dataclass(frozen=True)
class Ready:
    """A data set with its report and its map, and the folder of its pictures."""

    dataset: manifest.Dataset
    counts: dict[str, Any]
    report: findings.Report
    map: picture_map.PictureMap
    pictures: Path


Make = Callable[[int], Ready]


def maker(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that makes a data set of sample pictures, so many of each kind, once."""

    @cache
    def make(each: int) -> Ready:
        folder = tmp_path_factory.mktemp("ready")
        bundled.make(folder / "fruit", seed=5, each=each)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GRAFT_HOME", str(folder / "home"))
            patch.setattr(engines, "_IN_USE", [FakeEngine()])
            made = imports.start_intake(store.default_project().id, folder / "fruit", "fruit")
            assert work.do("import", made) == work.DONE
            watch.take_up(INSPECT)
            assert work.do("inspect", made) == work.DONE
            report, seen = findings.load(made), picture_map.load(made)
            assert report is not None and seen is not None
            pictures = settings.current().pictures_dir
            return Ready(manifest.load(made), store.dataset(made).counts, report, seen, pictures)

    return make


def copied(ready: Ready, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a data set of its own of what is ready, in a home; return its id.

    It is looked through as well, or the Data page would be drawn once more whenever that ends.
    """
    monkeypatch.setenv("GRAFT_HOME", str(home))
    made = store.create_dataset(store.default_project().id, "fruit")
    shutil.copytree(ready.pictures, settings.current().pictures_dir, dirs_exist_ok=True)
    manifest.save(replace(ready.dataset, id=made))
    findings.save(ready.report.model_copy(update={"dataset": made}))
    picture_map.save(made, ready.map)
    store.dataset_ready(made, ready.counts)
    return made

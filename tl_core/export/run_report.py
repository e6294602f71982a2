"""The report on a run: gathered from the store and the run's folder, written as one HTML file."""

from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base import files, ids, speech
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig, parse
from tl_core.datasets import manifest
from tl_core.evaluation import rejudging
from tl_core.evaluation.report import page
from tl_core.evaluation.report.subject import Subject
from tl_core.export import names
from tl_core.methods import registry as methods
from tl_core.signals import progress
from tl_core.tasks import registry as tasks


def write(run_id: str, path: Path, language: str = speech.ENGLISH) -> None:
    """Write the report on a run to `path`.

    Raises:
        UserError: "unknown" where there is no such run, "no-results" where nothing came of it yet.
    """
    files.write_whole(path, page.render(subject(run_id), language).encode("utf-8"))


def subject(run_id: str) -> Subject:
    """Return what a report on a run is about.

    Raises:
        UserError: see `write`.
    """
    run = store.run(run_id)
    if not run.metrics:
        raise UserError(
            "no-results",
            "This run has no results.",
            "Wait until it is finished, or choose another run.",
        )
    row, folder = store.dataset(run.dataset_id), ids.run_folder(run.id)
    backbone = str(run.setting("backbone") or "")
    config = _settings(run)
    method = methods.of(config) if config else None
    return Subject(
        run_id=run.id,
        run=run.name,
        project=store.project(run.project_id).name,
        data=row.name,
        version=row.version,
        asked_at=run.created_at,
        folder=folder,
        dataset=manifest.load(run.dataset_id),
        config=config,
        metrics=_with_intervals(run.metrics, folder),
        view=progress.state(folder),
        backbone=catalogue.known(backbone),
        method=(method.title, method.paper) if method else (methods.title_of(run.config), ""),
        is_pretrained=method.is_pretrained if method else True,
    )


def file_name(run: store.RunRow) -> str:
    """Return what the report on a run is called, said so that a person can read it."""
    score = (run.metrics or {}).get("test_accuracy")
    told = "" if score is None else tasks.of_metrics(run.metrics).score_in_words(score)
    return f"{names.readable(run.name, told, 'report')}.html"


def _with_intervals(metrics: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a run's metrics with all intervals of today; an earlier Graft gave fewer.

    They are worked out anew from the answers that the run kept, where those are still there.
    """
    test = metrics.get("test") or {}
    if not test.get("count") or "interval_methods" in test:
        return metrics
    try:
        return metrics | {"test": rejudging.evaluate(folder)}
    except (UserError, FileNotFoundError):  # what it was judged by is no longer there
        return metrics


def _settings(run: store.RunRow) -> TrainConfig | None:
    """Return the settings of a run, None where a later Graft wrote them."""
    try:
        config = parse(run.config)
        methods.of(config)
    except UserError:
        return None
    return config

"""The report on a run that the store knows: gathered, written, asked for anew when the result changed."""

import os

import pytest

from tl_core import store
from tl_core.__main__ import main
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.export import run_report
from tl_core.jobs import reporter
from tl_core.jobs.kinds import reporting
from tl_core.jobs.kinds.reporting import REPORT
from tl_core.store import job_rows

METRICS = {"task": "classify", "test": {"count": 0, "accuracy": None}}


@pytest.fixture
def run(made_dataset):
    """The id of a run that was judged by no test picture."""
    project = store.create_project("a project")
    store.create_dataset(project, "made <b>", dataset_id="2" * 24)
    store.dataset_ready("2" * 24, {"pictures": 36})
    made_dataset()
    config = TrainConfig(epochs=3).model_dump(mode="json")
    return store.add_run("2" * 24, "first", config, "token", metrics=METRICS)


def test_a_run_of_the_store_is_told_with_its_project_and_its_pictures(run, tmp_path):
    run_report.write(run, tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text("utf-8")
    assert "a project" in html and "made &lt;b&gt;" in html and "data:image/jpeg" in html


def test_a_run_without_results_has_no_report(run, tmp_path):
    config = TrainConfig().model_dump(mode="json")
    empty = store.add_run("2" * 24, "second", config, "other", metrics={})
    with pytest.raises(UserError, match="no results"):
        run_report.write(empty, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_the_command_writes_it_where_it_is_told(run, tmp_path, capsys):
    assert main(["report", run, "--out", str(tmp_path / "mine.html")]) == 0
    assert (tmp_path / "mine.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    inside_a_file = tmp_path / "mine.html" / "page.html"
    assert main(["report", run, "--out", str(inside_a_file)]) == 2


def test_the_job_leaves_it_in_the_folder_of_the_run(run, engine):
    reporter.start(run, "en")
    assert reporter.is_working(run) and reporter.written(run, "en") is None
    job = job_rows.job(REPORT.name, run)
    told = []
    context = context_of(job, told)
    assert REPORT.run(context) is not None
    job_rows.end(REPORT.name, run, "finished", claim=job.claimed_at)
    assert reporter.written(run, "en") == reporting.file(run, "en")


def test_a_report_of_before_the_result_changed_is_not_offered(run):
    path = reporting.file(run, "en")
    path.parent.mkdir(parents=True)
    path.write_text("old")
    assert reporter.written(run, "en") == path
    metrics = ids.run_folder(run) / "metrics.json"
    metrics.write_text("{}")
    os.utime(metrics, (path.stat().st_mtime + 10,) * 2)
    assert reporter.written(run, "en") is None


def context_of(job, told):
    """Return what the job is given to work with."""
    from tl_core.jobs.job import Context
    from tl_core.jobs.kinds.reporting import ReportArguments

    def emit(event, **fields):
        told.append(event)

    return Context(
        job, ReportArguments(**(job.arguments or {})), reporting.folder(job.subject), emit
    )

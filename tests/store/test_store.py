import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from tl_core import store
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.store import database, identity, schema, store_file


def queue(dataset_id: str, token: str) -> str:
    return store.add_run(dataset_id, "", {"epochs": 3}, token)


def test_the_migrations_lead_to_the_tables_that_the_queries_use(home):
    store.projects()
    engine = create_engine(f"sqlite:///{home / 'graft.db'}")
    found = inspect(engine)
    assert set(found.get_table_names()) == set(schema.metadata.tables)
    for table in schema.metadata.sorted_tables:
        there = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        wanted = {column.name: column.nullable for column in table.columns}
        if table.name != "migrations":  # keys are not null by nature
            there["id"] = wanted["id"]
        assert there == wanted
    engine.dispose()


def test_an_older_store_takes_only_the_steps_it_lacks(home, monkeypatch):
    project = store.create_project("kept")
    step = ("9998 a test", ("ALTER TABLE projects ADD COLUMN colour TEXT",))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    database._engine.cache_clear()
    assert store.project(project).name == "kept"
    with sqlite3.connect(home / "graft.db") as connection:
        taken = [name for (name,) in connection.execute("SELECT name FROM migrations")]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(projects)")]
    connection.close()
    assert taken == [name for name, _ in schema.MIGRATIONS]
    assert "colour" in columns


def test_a_store_of_a_newer_graft_is_refused_in_words(home):
    store.projects()
    connection = sqlite3.connect(home / "graft.db")
    connection.execute("INSERT INTO migrations VALUES ('9999 the future', 0)")
    connection.commit()
    connection.close()
    database._engine.cache_clear()
    with pytest.raises(UserError, match="newer Graft") as refused:
        store.projects()
    assert refused.value.code == "store-newer"


def test_a_first_project_is_there_once_even_for_many_tabs(home):
    with ThreadPoolExecutor(8) as tabs:
        found = {project.id for project in tabs.map(lambda _: store.default_project(), range(8))}
    assert len(found) == 1
    assert len(store.projects()) == 1


def test_owners_see_nothing_of_each_other(dataset_id):
    run = queue(dataset_id, "click")
    for ask in (
        lambda: store.dataset(dataset_id, owner="other"),
        lambda: store.run(run, owner="other"),
        lambda: store.project(store.default_project().id, owner="other"),
        lambda: store.rename("run", run, "mine now", owner="other"),
        lambda: store.delete("dataset", dataset_id, owner="other"),
        lambda: store.add_run(dataset_id, "", {}, "click", owner="other"),
    ):
        with pytest.raises(UserError) as refused:
            ask()
        assert refused.value.code == "unknown"
    assert store.projects(owner="other") == []
    assert store.runs(owner="other") == []
    assert not store.run_finished(run, {}, owner="other")
    assert store.run_of_token("click", owner="other") is None


def test_one_click_makes_one_run_however_often_it_arrives(dataset_id):
    with ThreadPoolExecutor(8) as tabs:
        made = set(tabs.map(lambda _: queue(dataset_id, "one click"), range(8)))
    assert len(made) == 1
    assert len(store.runs()) == 1
    assert queue(dataset_id, "another click") not in made


def test_runs_are_numbered_when_nobody_names_them(dataset_id):
    queue(dataset_id, "a")
    store.add_run(dataset_id, "best so far", {}, "b")
    queue(dataset_id, "c")
    assert {run.name for run in store.runs()} == {"Run 1", "best so far", "Run 3"}


def test_a_data_set_that_is_not_ready_cannot_be_trained_on(home):
    importing = store.create_dataset(store.default_project().id, "pictures")
    with pytest.raises(UserError, match="'pictures' cannot be trained on"):
        queue(importing, "a")


def test_only_one_run_is_claimed_at_a_time_and_the_first_comes_first(dataset_id):
    first, second = queue(dataset_id, "a"), queue(dataset_id, "b")
    with ThreadPoolExecutor(8) as tickers:
        claimed = [run for run in tickers.map(lambda _: store.claim_next(), range(8)) if run]
    assert [run.id for run in claimed] == [first]
    assert store.run_finished(first, {"test_accuracy": 0.5})
    following = store.claim_next()
    assert following is not None
    assert following.id == second


def test_an_end_is_noted_once_and_stays(dataset_id):
    run = queue(dataset_id, "a")
    store.claim_next()
    assert store.run_finished(run, {"test_accuracy": 0.5})
    assert not store.run_failed(run, UserError("late", "Too late."))
    row = store.run(run)
    assert (row.status, row.metrics, row.error) == ("finished", {"test_accuracy": 0.5}, None)
    assert row.finished_at is not None
    assert row.is_done


def test_a_claim_that_is_over_changes_nothing(dataset_id):
    run = queue(dataset_id, "a")
    seen = store.claim_next()
    assert seen is not None
    store.move_run(run, "queued", only_from=("running",))
    time.sleep(0.01)
    store.claim_next()
    assert not store.run_failed(run, UserError("x", "x"), claimed_at=seen.claimed_at)
    assert store.run(run).status == "running"


def test_names_are_kept_literally_but_for_line_breaks(home):
    project = store.default_project().id
    for name in ("../../x", "<b>bold</b>", "=1+1", "ไทย عربي 🦉 e\u0301"):
        store.rename("project", project, name)
        assert store.project(project).name == name
    store.rename("project", project, " two\nlines\x00and\tmore ")
    assert store.project(project).name == "two lines and more"
    store.rename("project", project, "bad\udcff")
    assert store.project(project).name == "bad?"
    with pytest.raises(UserError, match="empty"):
        store.rename("project", project, " \n ")


def test_what_is_deleted_is_hidden_until_it_is_restored(dataset_id):
    project = store.default_project().id
    store.delete("dataset", dataset_id)
    assert store.datasets(project) == []
    assert [entry[:2] for entry in store.deleted("dataset")] == [(dataset_id, "shapes")]
    store.restore("dataset", dataset_id)
    assert [row.id for row in store.datasets(project)] == [dataset_id]
    assert store.deleted("dataset") == []


@pytest.mark.parametrize("kind", ["dataset", "project"])
def test_nothing_is_deleted_into_which_pictures_come(home, kind):
    project = store.create_project("Mine")
    target = {"project": project, "dataset": store.create_dataset(project, "Cups")}
    with pytest.raises(UserError, match="still coming in") as refused:
        store.delete(kind, target[kind])
    assert refused.value.code == "in-use"
    store.dataset_ready(target["dataset"], {"pictures": 3})
    store.delete(kind, target[kind])


@pytest.mark.parametrize("kind", ["run", "dataset", "project"])
def test_nothing_is_deleted_under_a_run_that_is_not_over(dataset_id, kind):
    run = queue(dataset_id, "a")
    target = {"run": run, "dataset": dataset_id, "project": store.default_project().id}[kind]
    with pytest.raises(UserError, match="'Run 1' is not over") as refused:
        store.delete(kind, target)
    assert refused.value.code == "in-use"
    store.move_run(run, "cancelled", only_from=("queued",))
    store.delete(kind, target)


def test_what_others_were_made_from_is_not_forgotten(dataset_id):
    run = queue(dataset_id, "a")
    store.move_run(run, "cancelled", only_from=("queued",))
    store.delete("dataset", dataset_id)
    with pytest.raises(UserError, match="still needed"):
        store.forget("dataset", dataset_id)
    store.delete("run", run)
    store.forget("run", run)
    store.forget("dataset", dataset_id)
    with pytest.raises(UserError, match="There is no data set"):
        store.dataset(dataset_id)


def test_what_was_not_deleted_is_not_forgotten(dataset_id):
    with pytest.raises(UserError, match="Delete this data set first"):
        store.forget("dataset", dataset_id)
    assert store.dataset(dataset_id).id == dataset_id


def test_a_version_counts_on_from_its_parent(dataset_id):
    project = store.default_project().id
    child = store.create_dataset(project, "shapes", parent_id=dataset_id, history="merged two")
    row = store.dataset(child)
    assert (row.version, row.parent_id, row.history) == (2, dataset_id, "merged two")


def test_a_history_that_looks_like_a_kept_sentence_is_a_text_and_no_template(home):
    """It may come from a project file of somebody else."""
    source = {"template": "{a:>8}", "values": {"a": 1}}
    forged = json.dumps({"said": "       1", "said_from": source})
    row = store.create_dataset(store.create_project("P"), "D", history=forged)
    assert store.dataset(row).history == forged
    assert not isinstance(store.dataset(row).history, Said)
    row = store.create_dataset(store.create_project("P"), "D", history=Said("Left {n} out.", n=2))
    assert isinstance(store.dataset(row).history, Said)


def test_a_store_that_is_locked_for_a_while_is_waited_for(dataset_id, home):
    other = sqlite3.connect(home / "graft.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    threading.Timer(1.0, lambda: other.execute("COMMIT")).start()
    store.rename("dataset", dataset_id, "late but safe")
    assert time.monotonic() - began > 0.8
    assert store.dataset(dataset_id).name == "late but safe"
    other.close()


def test_a_store_that_stays_locked_says_so(dataset_id, home, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.2)
    database._engine.cache_clear()
    other = sqlite3.connect(home / "graft.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError) as refused:
        store.rename("dataset", dataset_id, "x")
    assert refused.value.code == "store-locked"
    other.close()
    database._engine.cache_clear()


def test_a_store_file_that_is_none_is_named(home):
    (home / "graft.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(UserError) as refused:
        store.projects()
    assert refused.value.code == "store-damaged"


def test_a_home_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(UserError) as refused:
        store.projects()
    assert refused.value.code == "store-unavailable"


@pytest.mark.parametrize("wrong", ["../../etc/passwd", "", "A" * 24, "a" * 23, "a" * 24 + "\n"])
def test_what_is_no_id_never_becomes_a_path(home, wrong):
    with pytest.raises(UserError, match="is not the id"):
        ids.run_folder(wrong)


def test_ids_are_fresh_and_pass_their_own_check(home):
    made = {ids.new() for _ in range(100)}
    assert len(made) == 100
    assert all(ids.checked(one) == one for one in made)
    assert ids.dataset_folder(next(iter(made))).parent == Path(home) / "datasets"


def test_nothing_is_put_into_a_project_that_another_tab_has_deleted(dataset_id):
    project = store.dataset(dataset_id).project_id
    store.delete("project", project)
    for put in (
        lambda: store.create_dataset(project, "pictures"),
        lambda: queue(dataset_id, "click"),
    ):
        with pytest.raises(UserError, match="deleted meanwhile") as refused:
            put()
        assert refused.value.code == "project-deleted"
    store.restore("project", project)
    queue(dataset_id, "click")


def test_a_run_that_another_tab_has_deleted_does_not_begin_to_work(dataset_id):
    run = queue(dataset_id, "a")
    store.move_run(run, "cancelled", only_from=("queued",))
    store.delete("run", run)
    assert not store.move_run(run, "queued", only_from=("cancelled",))
    store.restore("run", run)
    assert store.move_run(run, "queued", only_from=("cancelled",))


def test_a_project_that_is_brought_back_while_it_is_removed_keeps_all_or_nothing(dataset_id):
    project = store.dataset(dataset_id).project_id
    store.delete("project", project)
    store.restore("project", project)
    with pytest.raises(UserError) as refused:
        store.forget("project", project)
    assert refused.value.code == "not-deleted"
    assert store.dataset(dataset_id).name == "shapes"


def test_nothing_at_work_is_forgotten(dataset_id):
    project = store.dataset(dataset_id).project_id
    run = queue(dataset_id, "a")
    store.move_run(run, "cancelled", only_from=("queued",))
    store.delete("project", project)
    store.move_run(run, "running", only_from=("cancelled",))
    with pytest.raises(UserError, match="still at work"):
        store.forget("project", project)
    assert store.run(run).status == "running"
    store.run_finished(run, {})
    assert store.forget("project", project) == [
        ("run", run),
        ("dataset", dataset_id),
        ("project", project),
    ]


def test_commands_in_several_processes_lose_nothing_of_each_other(home):
    project = store.default_project().id
    code = (
        "import sys; from tl_core import store\n"
        "for n in range(8): store.create_dataset(sys.argv[1], f'{sys.argv[2]}-{n}')"
    )
    words = [sys.executable, "-c", code, project]
    commands = [subprocess.Popen([*words, str(number)]) for number in range(3)]
    assert [command.wait(timeout=120) for command in commands] == [0, 0, 0]
    assert {row.name for row in store.datasets(project)} == {
        f"{number}-{n}" for number in range(3) for n in range(8)
    }
    noted = identity.of_home()
    with database.reading() as connection:
        assert noted is not None and noted.changes <= identity.of_store(connection).changes
        assert not identity.have_parted(connection)


def test_many_processes_that_find_no_store_make_one_together(home):
    code = "import sys; from tl_core import store; store.create_project(sys.argv[1])"
    words = [sys.executable, "-c", code]
    commands = [subprocess.Popen([*words, str(number)]) for number in range(4)]
    assert [command.wait(timeout=120) for command in commands] == [0, 0, 0, 0]
    assert {project.name for project in store.projects()} == {"0", "1", "2", "3"}


def test_a_store_that_is_moved_away_while_in_use_is_missed_and_never_replaced_by_an_empty_one(home):
    store.default_project()
    (home / "graft.db").rename(home / "away.db")
    for act in (store.projects, lambda: store.create_project("x")):
        with pytest.raises(UserError) as refused:
            act()
        assert refused.value.code == "store-gone"
    assert not (home / "graft.db").exists()
    (home / "away.db").rename(home / "graft.db")
    assert len(store.projects()) == 1


def test_an_empty_store_is_refused_and_stays_as_it_is(home, monkeypatch):
    monkeypatch.setattr(store_file, "EMPTY_PATIENCE_S", 0.05)
    (home / "graft.db").touch()
    with pytest.raises(UserError, match="0 bytes") as refused:
        store.projects()
    assert refused.value.code == "store-empty"
    assert (home / "graft.db").stat().st_size == 0


def test_a_store_that_is_protected_is_refused_also_for_the_superuser(home):
    store.default_project()
    database.forget_engines()
    file = home / "graft.db"
    before = file.read_bytes()
    file.chmod(0o400)
    with pytest.raises(UserError, match="protected") as refused:
        store.projects()
    file.chmod(0o600)
    assert refused.value.code == "store-read-only"
    assert file.read_bytes() == before


def test_tables_of_something_else_are_left_alone(home):
    other = sqlite3.connect(home / "graft.db")
    other.execute("CREATE TABLE projects (mine)")
    other.commit()
    other.close()
    before = (home / "graft.db").read_bytes()
    with pytest.raises(UserError) as refused:
        store.projects()
    assert refused.value.code == "store-foreign"
    assert (home / "graft.db").read_bytes() == before


def test_a_store_that_lost_a_table_is_told_as_damaged(home):
    store.default_project()
    database.forget_engines()
    other = sqlite3.connect(home / "graft.db")
    other.execute("DROP TABLE runs")
    other.commit()
    other.close()
    with pytest.raises(UserError) as refused:
        store.projects()
    assert refused.value.code == "store-damaged"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("nonsense", "store-address"),
        ("mysql://a:secret@b/c", "store-address"),
        ("postgresql+nothing://a:secret@b/c", "store-address"),
        ("postgresql+pg8000://a:secret@b/c", "store-driver"),
        ("sqlite:////nowhere/at/all.db", "store-unavailable"),
        ("sqlite:////", "store-unavailable"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(
    home, monkeypatch, address, code
):
    monkeypatch.setenv("GRAFT_DATABASE_URL", address)
    with pytest.raises(UserError) as refused:
        store.projects()
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own in memory, of 1 MiB; skipped without the right to mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path):
    with suppress(OSError), (place / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1024)


@pytest.mark.parametrize("is_home", [True, False])
def test_a_full_disk_is_told_by_its_name_and_the_store_stays(
    home, small_disk, monkeypatch, is_home
):
    monkeypatch.setenv("GRAFT_DATABASE_URL", f"sqlite:///{small_disk / 'graft.db'}")
    if is_home:
        monkeypatch.setenv("GRAFT_HOME", str(small_disk))
    store.default_project()
    fill(small_disk)
    before = (small_disk / "graft.db").read_bytes()
    with pytest.raises(UserError) as refused:
        database.probe()
    assert refused.value.code == "disk-full" and str(small_disk) in refused.value.message
    assert (small_disk / "graft.db").read_bytes() == before
    (small_disk / "fill").unlink()
    database.probe()


@pytest.mark.parametrize("is_home", [True, False])
def test_a_disk_that_can_only_be_read_is_told_by_its_name(home, small_disk, monkeypatch, is_home):
    monkeypatch.setenv("GRAFT_DATABASE_URL", f"sqlite:///{small_disk / 'graft.db'}")
    if is_home:
        monkeypatch.setenv("GRAFT_HOME", str(small_disk))
    store.default_project()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for anew in (False, True):
        if anew:
            database.forget_engines()
        with pytest.raises(UserError) as refused:
            database.probe()
        assert refused.value.code == "disk-read-only"
        assert str(small_disk) in refused.value.message

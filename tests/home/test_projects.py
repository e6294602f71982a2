"""A project becomes a file and a project again; what is not such a file is refused and named."""

import errno
import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from tests.export.made import described_only
from tests.made import DATASET
from tl_core import __main__ as command_line
from tl_core import store
from tl_core.backbones import stages, weights
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets import edits, goals, manifest, naming
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.export import package
from tl_core.graft_files import project_file, sealed
from tl_core.home import housekeeping, project_opening, versions
from tl_core.intake import unlabelled, uploads
from tl_core.jobs import imports, run_actions
from tl_core.measures import unknowns
from tl_core.modalities.picture import pictures
from tl_core.modalities.picture.greys import Greys
from tl_core.models import detector_file, persist
from tl_core.signals import events, progress
from tl_core.training import results

DETECTOR = f"runs/0/{detector_file.FILE}"


@pytest.fixture
def project(made_dataset):
    """A project with a data set in two versions and a finished run on the first."""
    identifier = store.create_project("Leaves <b>")
    dataset = replace(
        made_dataset(classes=2, each=12), read_by=Greys(whole=(0, 4095), found=("whole",))
    )
    store.create_dataset(identifier, "Made", dataset_id=DATASET)
    aside = [manifest.SetAside("broken.jpg", "picture-damaged", "It is cut off.", "Copy it again.")]
    manifest.save(dataset, aside)
    store.dataset_ready(DATASET, versions.counts(dataset, set_aside=1, junk=3))
    versions.edit(DATASET, edits.Rename(label=0, name="oak"), "a click")
    finished_run(dataset)
    return identifier


def finished_run(dataset, inputs=None):
    run_id = ids.new()
    folder = ids.run_folder(run_id)
    described_only(folder / results.MODEL_DIR, dataset.classes, len(dataset.classes))
    config = TrainConfig(backbone="starter", epochs=2)
    kept = config.model_dump(mode="json")
    (folder / "config.json").write_text(json.dumps(kept))
    (folder / "run.json").write_text(json.dumps({"run": run_id, "dataset": dataset.id}))
    what = goals.of(dataset, np.flatnonzero(dataset.splits == 0), config)
    random, answers = np.random.default_rng(0), {}
    for part in (VALIDATION, TEST):
        count = int((dataset.splits == part).sum())
        answers[part] = random.dirichlet(np.ones(2), count).astype(np.float32)
    results.write_predictions(folder, dataset, what, answers)
    test = what.summary(np.flatnonzero(dataset.splits == TEST), answers[TEST])
    told = {
        "task": "classify",
        "test_accuracy": test["accuracy"],
        "closed_form_accuracy": 0.75,
        "test": test,
        "naive": {"score": 0.9, "leaked": 4},
        "ended": "early",
        "epochs": 2,
        "best_epoch": 1,
        "steps": 14,
        "handed_over": "exact_head",
        "closed_form_val_accuracy": 0.5,
        "trained_val_accuracy": 0.25,
        "refitted": True,
    }
    with events.Writer(folder) as emit:
        emit("started", pid=1, epochs=2)
        emit("closed_form", val_accuracy=0.5, baseline=0.5)
        for epoch in range(3):
            emit("epoch", epoch=epoch, epochs=2, loss=1.0 / (epoch + 1), best=epoch == 1)
        emit("finished", metrics=told)
    return store.add_run(
        dataset.id, "First try", kept, run_id, run_id=run_id, inputs=inputs, metrics=told
    )


def saved(project: str, tmp_path: Path) -> Path:
    return Path(package.package(project, "project", tmp_path / "out")["file"])


def taken_in(file: Path) -> str:
    """Open a file as the worker of an import does; return the project's id."""
    project = store.create_project("given")
    row = store.dataset(store.create_dataset(project, "given", request={"is_project": True}))
    ids.dataset_folder(row.id).mkdir(parents=True)
    try:
        counts = project_opening.take_in(row, file, lambda phase, done, total: None)
    except UserError as error:
        store.dataset_failed(row.id, error)
        raise
    store.dataset_ready(row.id, counts)
    return project


def on_another_computer(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "elsewhere"))


def test_a_project_comes_back_as_it_was(project, tmp_path, monkeypatch):
    file = saved(project, tmp_path)
    before = [manifest.load(row.id) for row in store.datasets(project)]
    counts = [row.counts for row in store.datasets(project)]
    run = store.runs(project)[0]
    curve = progress.state(ids.run_folder(run.id)).epochs

    on_another_computer(tmp_path, monkeypatch)
    there = taken_in(file)
    assert store.project(there).name == "Leaves <b>"
    rows = store.datasets(there)
    assert [row.counts for row in rows] == counts
    assert [(row.name, row.version) for row in rows] == [("Made", 2), ("Made", 1)]
    assert rows[0].root_id == rows[1].id
    assert "oak" in rows[0].history
    for row, was in zip(rows, before, strict=True):
        now = manifest.load(row.id)
        assert now.classes == was.classes and now.split == was.split
        assert now.read_by == was.read_by and was.read_by is not None
        assert now.facts.keys() == was.facts.keys()
        assert all(np.array_equal(now.facts[name], was.facts[name]) for name in was.facts)
        for column in ("hashes", "names", "labels", "splits", "twins"):
            assert np.array_equal(getattr(now, column), getattr(was, column)), column
        assert all(pictures.picture_path(digest).is_file() for digest in now.hashes)
        assert all(pictures.thumbnail_path(digest).is_file() for digest in now.hashes)
    assert manifest.set_aside(rows[1].id)[0].name == "broken.jpg"

    (came,) = store.runs(there)
    assert (came.name, came.status, came.dataset_id) == ("First try", "finished", rows[1].id)
    assert came.config == run.config and came.id != run.id
    assert came.metrics is not None and run.metrics is not None
    computed_again = {"val", "val_accuracy", "closed_form"}
    for name, told in run.metrics.items():
        assert name in computed_again or came.metrics[name] == told, name
    view = progress.state(ids.run_folder(came.id))
    assert [epoch["loss"] for epoch in view.epochs] == [epoch["loss"] for epoch in curve]
    assert view.best_epoch == 1 and view.closed_form and view.closed_form["val_accuracy"] == 0.5
    assert persist.describe(ids.run_folder(came.id) / results.MODEL_DIR).backbone == "starter"


def test_what_runs_learnt_from_beside_their_data_set_comes_along(project, tmp_path, monkeypatch):
    first = store.runs(project)[0]
    version = store.datasets(project)[0]
    second = finished_run(
        manifest.load(DATASET), inputs={"source": version.id, "teacher": first.id}
    )
    store.delete("dataset", version.id)  # a run learnt from it: it travels all the same
    file = saved(project, tmp_path)
    assert read_part(file, "runs/1/run.json")["inputs"] == {
        "source": {"dataset": 1},
        "teacher": {"run": 0},
    }
    assert "inputs" not in read_part(file, "runs/0/run.json")  # earlier versions read it
    on_another_computer(tmp_path, monkeypatch)
    there = taken_in(file)
    student, teacher = store.runs(there)
    (came,) = [row for row in store.datasets(there, with_deleted=True) if row.version == 2]
    assert student.inputs == {"source": came.id, "teacher": teacher.id} and not teacher.inputs
    about = json.loads((ids.run_folder(student.id) / "run.json").read_text("utf-8"))
    assert about["inputs"] == student.inputs
    assert second not in (student.id, teacher.id)


def test_pictures_to_be_answered_and_what_names_were_read_as_come_along(
    project, tmp_path, monkeypatch
):
    known = manifest.load(DATASET).hashes
    names = np.array(["test/=1.png", "test/2.png"], dtype=object)
    for row in store.datasets(project):
        unlabelled.save(row.id, unlabelled.Unlabelled(known[:2], names))
        naming.save(row.id, naming.Reading("gb18030", ("cp950",), {"猫": "猫".encode("gbk")}))
    file = saved(project, tmp_path)
    on_another_computer(tmp_path, monkeypatch)
    for row in store.datasets(taken_in(file)):
        waiting = unlabelled.load(row.id)
        assert waiting.names.tolist() == names.tolist()
        assert waiting.hashes.tolist() == known[:2].tolist()
        read = naming.load(row.id)
        assert read == naming.Reading("gb18030", ("cp950",), {"猫": "猫".encode("gbk")})


def test_the_same_project_makes_the_same_bytes_and_opens_twice(project, tmp_path):
    first, second = (
        saved(project, tmp_path),
        package.package(project, "project", tmp_path / "again"),
    )
    assert weights.file_hash(first) == second["sha256"]
    one, other = taken_in(first), taken_in(first)
    assert one != other and len(store.runs(one)) == len(store.runs(other)) == 1
    assert len({row.id for row in store.datasets(one) + store.datasets(other)}) == 4


def test_numbers_come_back_too(made_dataset, tmp_path):
    project = store.create_project("Sizes")
    dataset = made_dataset(values=True)
    store.create_dataset(project, "Sizes", dataset_id=DATASET)
    store.dataset_ready(DATASET, versions.counts(dataset, set_aside=0, junk=0))
    there = taken_in(saved(project, tmp_path))
    came = manifest.load(store.datasets(there)[0].id)
    assert came.values is not None and dataset.values is not None
    assert np.array_equal(came.values, dataset.values) and came.targets == dataset.targets


def test_a_deleted_version_goes_along_if_a_run_learnt_from_it(project, tmp_path):
    store.delete("dataset", DATASET)
    there = taken_in(saved(project, tmp_path))
    (shown,) = store.datasets(there)
    (run,) = store.runs(there)
    assert shown.version == 2 and run.dataset_id == shown.parent_id
    assert store.dataset(run.dataset_id).deleted_at is not None


def test_settings_that_another_version_knew_give_way_to_what_the_model_tells(project, tmp_path):
    file = saved(project, tmp_path)
    odd = {"backbone": "starter", "epochs": -1, "flux": 3}
    there = taken_in(altered(file, told(file, "runs/0/run.json", config=odd)))
    config = store.runs(there)[0].config
    assert (config["network"]["backbone"], config["network"]["image_size_px"]) == ("starter", 64)


def test_a_project_of_the_first_edition_keeps_the_settings_of_its_runs(project, tmp_path):
    file = saved(project, tmp_path)
    flat = TrainConfig(image_size_px=64, epochs=7, optimizer="sgd", hidden_units=(8,)).flat()
    there = taken_in(altered(file, told(file, "runs/0/run.json", config=flat)))
    (run,) = store.runs(there)
    assert run_actions.settings_of(run.id) == TrainConfig(**flat)
    assert run.config["course"]["epochs"] == 7 and run.config["edition"] == TrainConfig().edition


def test_a_run_whose_files_are_damaged_is_left_out_and_counted(project, tmp_path):
    run = store.runs(project)[0]
    path = ids.run_folder(run.id) / results.MODEL_DIR / persist.TAIL
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    made = package.package(project, "project", tmp_path / "out")
    assert made["left_out"] == 1
    there = taken_in(Path(made["file"]))
    assert store.runs(there) == [] and len(store.datasets(there)) == 2


def fit_detector(folder: Path, tail_sha256: str) -> Path:
    """Keep a detector of unknowns for a model's features in a folder; return its file."""
    features = np.random.default_rng(0).random((20, 1280)).astype(np.float32)
    detector = unknowns.fit(features, np.arange(20) % 2, None, features, None)
    folder.mkdir(exist_ok=True)
    detector_file.save(folder, detector.taking(0.1), tail_sha256)
    return folder / detector_file.FILE


def test_what_tells_unknowns_comes_along(project, tmp_path, monkeypatch):
    run = store.runs(project)[0]
    folder = ids.run_folder(run.id) / results.MODEL_DIR
    kept = fit_detector(folder, persist.describe(folder).tail_sha256).read_bytes()
    file = saved(project, tmp_path)
    on_another_computer(tmp_path, monkeypatch)
    (came,) = store.runs(taken_in(file))
    arrived = ids.run_folder(came.id) / results.MODEL_DIR
    assert (arrived / detector_file.FILE).read_bytes() == kept
    found = detector_file.load(arrived, persist.describe(arrived).tail_sha256)
    assert found is not None and found.careful == 0.1


def test_a_run_whose_detector_is_damaged_is_left_out_and_counted(project, tmp_path):
    run = store.runs(project)[0]
    folder = ids.run_folder(run.id) / results.MODEL_DIR
    path = fit_detector(folder, persist.describe(folder).tail_sha256)
    path.write_bytes(path.read_bytes()[:-1])
    assert package.package(project, "project", tmp_path / "out")["left_out"] == 1


def detector_of_another_model(file: Path) -> dict[str, bytes]:
    return {DETECTOR: fit_detector(file.with_name("another"), "b" * 64).read_bytes()}


def test_a_run_that_was_stopped_stays_one(project, tmp_path):
    run = store.runs(project)[0]
    store.move_run(run.id, "cancelled", only_from=("finished",))
    (came,) = store.runs(taken_in(saved(project, tmp_path)))
    assert came.status == "cancelled" and came.metrics


def test_runs_that_share_weights_take_room_for_them_once(project, tmp_path):
    """Else a small file could fill a disk."""
    file = saved(project, tmp_path)
    numbers = sum(stage.parameters for stage in stages.of("starter"))
    content = save({"backbone/all": np.zeros(numbers, np.float32)})
    digest = hashlib.sha256(content).hexdigest()
    changes = told(file, "runs/0/run.json", weights=digest)
    there = altered(file, changes, {f"weights/{digest}.safetensors": content})
    run = store.runs(taken_in(there))[0]
    kept = ids.run_folder(run.id) / "model" / persist.BACKBONE
    assert kept.read_bytes() == content


def test_nothing_stays_of_an_opening_that_breaks_off_at_its_end(project, tmp_path, monkeypatch):
    waiting = manifest.load(DATASET).hashes[:1], np.array(["test/1.png"], dtype=object)
    for row in store.datasets(project):
        unlabelled.save(row.id, unlabelled.Unlabelled(*waiting))
    file = saved(project, tmp_path)
    rows, runs = len(store.datasets(project)), store.runs()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(store, "add_run", full)
    with pytest.raises(UserError) as refusal:
        taken_in(file)
    assert refusal.value.code == "disk-full"
    given = store.projects()[0]
    failed = store.datasets(given.id, with_deleted=True)
    assert [row.status for row in failed] == ["failed"]
    assert len(unlabelled.load(failed[0].id)) == 0  # it would keep its pictures
    assert len(store.datasets(project)) == rows and store.runs() == runs


def test_who_stops_an_opening_finds_nothing_of_it(project, tmp_path, engine):
    given = store.create_project("given")
    first = imports.start_intake(given, saved(project, tmp_path), "given", is_project=True)
    beside = store.create_dataset(given, "Beside", request={"opened_with": first})
    store.dataset_ready(beside, {})
    mine = store.create_dataset(given, "Mine")
    imports.stop_intake(first)
    rows = store.datasets(given, with_deleted=True)
    assert {row.id for row in rows} == {first, mine}


def test_an_empty_or_unknown_project_is_not_saved(home, tmp_path):
    with pytest.raises(UserError, match="no pictures") as refusal:
        package.package(store.create_project("Empty"), "project", tmp_path)
    assert refusal.value.code == "nothing-to-save"
    with pytest.raises(UserError) as refusal:
        package.package("f" * 24, "project", tmp_path)
    assert refusal.value.code == "unknown"


def test_a_picture_that_changed_on_the_disk_is_not_handed_on(project, tmp_path):
    path = pictures.picture_path(str(manifest.load(DATASET).hashes[0]))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError) as refusal:
        saved(project, tmp_path)
    assert refusal.value.code == "picture-missing"
    assert list((tmp_path / "out").iterdir()) == []


def altered(file: Path, changes: dict[str, bytes | None], also: dict[str, bytes] | None = None):
    """Return a file with other parts whose manifest is true: what only a forger would write."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    del parts[sealed.MANIFEST]
    parts |= {name: content for name, content in changes.items() if content is not None}
    parts |= also or {}
    for name, content in changes.items():
        if content is None:
            del parts[name]
    made = file.with_name("altered.graft")
    sealed.write(made, project_file.KIND, list(parts.items()))
    return made


def read_part(file: Path, name: str) -> dict:
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read(name))


def told(file: Path, part: str, /, **changes) -> dict[str, bytes]:
    return {part: json.dumps(read_part(file, part) | changes).encode()}


def answered(file: Path, value: float, count: int | None = None) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        answers = np.frombuffer(archive.read("runs/0/answers.f64"))
    made = np.full(len(answers) if count is None else count, value)
    return {"runs/0/answers.f64": made.tobytes()}


FORGERIES = {
    "a class that is none": lambda f: told(f, "datasets/0.json", labels=[9] * 24),
    "lists of other lengths": lambda f: told(f, "datasets/0.json", names=["x"]),
    "a picture that is not there": lambda f: told(f, "datasets/0.json", pictures=[999] * 24),
    "classes and numbers": lambda f: told(f, "datasets/0.json", targets=["size"]),
    "a field that no version has": lambda f: told(f, "project.json", surprise=1),
    "more data sets than there are": lambda f: told(f, "project.json", datasets=3),
    "very many runs": lambda f: told(f, "project.json", runs=10**12),
    "a name as a path": lambda f: told(f, "project.json", pictures=["../" * 21 + "x"]),
    "a run on no data set": lambda f: told(f, "runs/0/run.json", dataset=7),
    "a run on other classes": lambda f: told(f, "runs/0/run.json", dataset=1),
    "answers for other pictures": lambda f: answered(f, 0.5, count=2),
    "answers that are no numbers": lambda f: answered(f, float("nan")),
    "a curve that is none": lambda f: told(f, "runs/0/run.json", curve=[{"epoch": -1}]),
    "a number beyond all bounds": lambda f: told(f, "datasets/0.json", twins=[10**12] * 24),
    "a run without a name": lambda f: told(f, "runs/0/run.json", name=" \n\t"),
    "a version before its parent": lambda f: told(f, "datasets/0.json", parent=1),
    "a picture twice": lambda f: told(
        f, "project.json", pictures=read_part(f, "project.json")["pictures"] * 2
    ),
    "an input that is not there": lambda f: told(
        f, "runs/0/run.json", inputs={"source": {"dataset": 2}}
    ),
    "a teacher that came later": lambda f: told(
        f, "runs/0/run.json", inputs={"teacher": {"run": 0}}
    ),
    "an input that is two things": lambda f: told(
        f, "runs/0/run.json", inputs={"source": {"dataset": 0, "run": 0}}
    ),
    "a role of what is not there": lambda f: told(
        f, "project.json", serving=[{"dataset": 0, "role": "source", "by": {"dataset": 2}}]
    ),
    "a data set as a teacher": lambda f: told(
        f, "project.json", serving=[{"dataset": 0, "role": "teacher", "by": {"dataset": 1}}]
    ),
    "classes of a data set that is not there": lambda f: told(
        f, "project.json", matched=[{"dataset": 0, "source": 7, "renamed": {"a": "b"}}]
    ),
    "another backbone": lambda f: told(f, "runs/0/run.json", config={"backbone": "vgg16"}),
    "weights that are not there": lambda f: told(f, "runs/0/run.json", weights="0" * 64),
    "no JSON": lambda f: {"datasets/0.json": b"{" * 100_000},
    "a missing part": lambda f: {"datasets/1.json": None},
    "a detector that is none": lambda f: {DETECTOR: b"\x80\x04nonsense"},
    "a detector of another model": lambda f: detector_of_another_model(f),
    "weights that are none": lambda f: {"runs/0/tail.safetensors": b"\x80\x04nonsense"},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_file_is_refused_and_leaves_no_data_set_or_run(project, tmp_path, forgery):
    file = saved(project, tmp_path)
    rows, runs = len(store.datasets(project)), len(store.runs())
    with pytest.raises(UserError) as refusal:
        taken_in(altered(file, FORGERIES[forgery](file)))
    assert refusal.value.code == "E-PROJECT", refusal.value
    given = store.projects()[0]
    assert given.name == "given" and [row.status for row in store.datasets(given.id)] == ["failed"]
    assert len(store.datasets(project)) == rows and len(store.runs()) == runs
    folder = ids.dataset_folder(store.datasets(given.id)[0].id)
    assert list(folder.iterdir()) == []


def test_a_picture_that_is_none_is_refused_by_the_children_that_open_pictures(project, tmp_path):
    file = saved(project, tmp_path)
    contents = read_part(file, "project.json")
    content = b"RIFF\x10\x00\x00\x00WEBPVP8 not a picture"
    digest = hashlib.sha256(content).hexdigest()
    old, contents["pictures"][0] = contents["pictures"][0], digest
    changes = {"project.json": json.dumps(contents).encode(), f"pictures/{old}.webp": None}
    with pytest.raises(UserError, match=digest[:12]) as refusal:
        taken_in(altered(file, changes, {f"pictures/{digest}.webp": content}))
    assert refusal.value.code == "E-PROJECT"


@pytest.mark.parametrize("stray", ["../escape.json", "/escape.json", "runs/0/evil.py", "notes"])
def test_a_name_that_is_not_on_the_list_is_refused_unread(project, tmp_path, stray):
    file = saved(project, tmp_path)
    with pytest.raises(UserError) as refusal:
        taken_in(altered(file, {}, {stray: b"x"}))
    assert refusal.value.code == "E-PROJECT"
    assert not list(tmp_path.rglob("escape.json")) and not list(tmp_path.rglob("evil.py"))


@pytest.mark.parametrize("size", [0, 3, 400, -1])
def test_a_cut_file_is_refused(project, tmp_path, size):
    file = saved(project, tmp_path)
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(UserError) as refusal:
        taken_in(file)
    assert refusal.value.code == "E-PROJECT"


def test_entries_that_share_their_bytes_are_refused(project, tmp_path):
    """A small file whose directory names one entry many times would unpack to a large one."""
    file = saved(project, tmp_path)
    with zipfile.ZipFile(file, "a") as archive:
        member = archive.getinfo("project.json")
        for number in range(200):
            archive.filelist.append(member_called(member, f"datasets/{number}.json"))
        archive._didModify = True  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(UserError) as refusal:
        taken_in(file)
    assert refusal.value.code == "E-PROJECT"


def member_called(member: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    other = zipfile.ZipInfo(name)
    for field in ("header_offset", "compress_size", "file_size", "CRC"):
        setattr(other, field, getattr(member, field))
    return other


def test_a_project_given_as_pictures_is_named_and_its_upload_removed(project, tmp_path, engine):
    file = saved(project, tmp_path)
    with pytest.raises(UserError, match="Start page") as refusal:
        imports.start_intake(project, file, "pictures")
    assert refusal.value.code == "is-project" and file.exists() and not engine.submitted
    upload = uploads.keep(file.read_bytes())
    with pytest.raises(UserError, match="Start page"):
        imports.start_intake(project, upload, "pictures", remove_source=True)
    assert not upload.exists()


def test_a_purged_project_takes_what_was_packed_with_it(project):
    packed = ids.project_folder(project) / "exports"
    packed.mkdir(parents=True)
    (packed / "p.graft").write_bytes(b"x" * 1000)
    before = housekeeping.disk_use().runs
    housekeeping.collect_garbage()
    assert packed.exists()
    store.delete("project", project)
    housekeeping.purge("project", project)
    assert not packed.exists() and housekeeping.disk_use().runs < before


def test_the_command_line_saves_a_project_and_opens_it(project, tmp_path, monkeypatch, capsys):
    words = ["export", project, "--format", "project", "--out", str(tmp_path), "--json"]
    assert command_line.main(words) == 0
    file = json.loads(capsys.readouterr().out.splitlines()[-1])["file"]
    on_another_computer(tmp_path, monkeypatch)
    assert command_line.main(["open-file", file, "--json"]) == 0
    opened = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert opened["name"] == "Leaves <b>"
    assert len(opened["datasets"]) == 2 and len(opened["runs"]) == 1

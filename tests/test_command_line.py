import json
import shutil
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from tests import forks
from tests.datasets.test_naming import entries, zipped
from tests.weight_server import CONTENT, NAME, publishing
from tl_core import store
from tl_core.__main__ import main
from tl_core.backbones import catalogue, starter
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.commands import chosen_settings
from tl_core.commands.output import Output
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets import manifest
from tl_core.datasets.splits import GroupRule
from tl_core.jobs import engines
from tl_core.signals import events
from tl_core.store import database


def told(capsys) -> list[dict]:
    """Every line of standard output, each of which must be one JSON object."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def run(*words: str, timeout_s: float = 120) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tl_core", *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )


def test_pictures_are_imported_and_counted(home, picture_folder, capsys):
    folder = picture_folder(classes=3, each=4)
    (folder / "class 0" / "broken.png").write_bytes(b"no picture")
    split = ["--val", "0.25", "--test", "0.5", "--split-seed", "7"]
    assert main(["ingest", str(folder), "--name", "three kinds", *split, "--json"]) == 0
    *passed_on, result = told(capsys)
    assert result["images"] == 12
    assert result["classes"] == {"class 0": 4, "class 1": 4, "class 2": 4}
    assert [aside["name"] for aside in result["skipped"]] == ["class 0/broken.png"]
    assert result["splits"] == {"train": 3, "val": 3, "test": 6}
    assert passed_on[0]["event"] == "started"
    assert store.dataset(result["dataset"]).name == "three kinds"


def test_pictures_whose_names_tell_that_they_belong_together_stay_together(
    home, imports_at_once, picture_folder, capsys
):
    folder = picture_folder(classes=2, each=12)
    for path in sorted(folder.rglob("*.png")):
        number = int(path.stem)
        path.rename(path.with_name(f"clip{number // 3}_{number % 3}.png"))
    assert main(["ingest", str(folder), "--groups", "number", "--json"]) == 0
    dataset = manifest.load(told(capsys)[-1]["dataset"])
    parts: dict[str, set[int]] = {}
    for name, part in zip(dataset.names, dataset.splits, strict=True):
        parts.setdefault(name.rpartition("_")[0], set()).add(int(part))
    assert len(parts) == 8
    assert all(len(of_clip) == 1 for of_clip in parts.values())


def test_every_rule_of_names_may_be_asked_for(capsys):
    for rule in get_args(GroupRule):
        words = ["ingest", "no such folder", "--groups", rule]
        assert main(words) == 2
        assert "source-missing" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["ingest", ".", "--groups", "colour"])


def test_names_that_are_bare_bytes_are_judged_or_read_as_told(
    home, imports_at_once, tmp_path, capsys
):
    names = ("猫", "狗")
    source = zipped(tmp_path / "animals.zip", entries(names), "gbk")
    assert main(["ingest", str(source), "--json"]) == 0
    result = told(capsys)[-1]
    assert set(result["classes"]) == set(names)
    assert result["encoding"]["read_as"] == "gbk"
    assert "big5" in result["encoding"]["others"]
    assert main(["ingest", str(source), "--encoding", "Big5", "--json"]) == 0
    result = told(capsys)[-1]
    assert set(result["classes"]) == {name.encode("gbk").decode("big5") for name in names}
    assert main(["ingest", str(source), "--encoding", "klingon"]) == 2
    assert "[encoding]" in capsys.readouterr().err


def test_pictures_are_added_as_a_new_version(home, imports_at_once, picture_folder, capsys):
    assert main(["ingest", str(picture_folder(classes=2, each=4)), "--json"]) == 0
    first = told(capsys)[-1]["dataset"]
    more = str(picture_folder(classes=1, each=3, name="more", seed=4))
    assert main(["ingest", more, "--add-to", first, "--into", "class 1", "--json"]) == 0
    result = told(capsys)[-1]
    assert result["classes"] == {"class 0": 4, "class 1": 7}
    row = store.dataset(result["dataset"])
    assert (row.version, row.parent_id, row.history) == (2, first, "Added pictures to “class 1”.")


def test_columns_of_a_table_are_chosen(home, imports_at_once, picture_folder, tmp_path, capsys):
    folder = picture_folder(classes=1, each=6)
    table = tmp_path / "houses.csv"
    lines = [f"class 0/{n:03}.png,{n},{n * n}" for n in range(6)]
    table.write_text("\n".join(["photo of it,rooms,price", *lines, "gone.png,1,1"]))
    columns = ["--columns", "file=photo of it", "targets=price"]
    assert main(["ingest", str(folder), "--targets", str(table), *columns, "--json"]) == 0
    result = told(capsys)[-1]
    assert any("gone.png" in note for note in result["notes"])
    assert store.dataset(result["dataset"]).counts["targets"] == ["price"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ingest", "no such folder"], "source-missing"),
        (["ingest", ".", "--targets", "no such table.csv"], "source-missing"),
        (["ingest", ".", "--columns", "label=x"], "columns"),
        (["ingest", "samples", "--add-to", "f" * 24], "add-samples"),
        (["open-file", "no such file"], "source-missing"),
        (["ingest", ".", "--add-to", "0" * 24], "unknown"),
        (["ingest", ".", "--columns", "file=x", "colour=y"], "columns"),
        (["train", "no such folder"], "source-missing"),
        (["train"], "no-data"),
        (["train", "0" * 24], "unknown"),
        (["train", ".", "--set", "backbone=resnet50"], "weights-missing"),
        (["weights", "resnet9000"], "backbone"),
        (["weights", "vgg16", "--file", "no such file.h5"], "not-found"),
        (["weights", "starter", "--file", __file__], "weights-file"),
        (["weights", "vgg16", "vgg19", "--file", "no such file.h5"], "weights-file"),
        (["train", "0" * 24, "--set", "epochs=0"], "setting"),
        (["train", "0" * 24, "--set", "epochs"], "setting"),
        (["train", "0" * 24, "--config", "no such file.json"], "config-file"),
        (["evaluate", "../../etc"], "unknown"),
        (["curve", "0" * 24], "unknown"),
        (["predict", "0" * 24, "no such file.png"], "not-found"),
    ],
)
def test_what_a_person_can_put_right_is_told_with_its_code(home, capsys, monkeypatch, words, code):
    monkeypatch.setenv("KERAS_HOME", str(home))
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error [{code}]: ")
    assert len(shown.err.splitlines()) == 2


def test_a_file_that_is_no_bundle_is_refused(home, tmp_path, capsys):
    foreign = tmp_path / "model.keras"
    foreign.write_bytes(b"PK\x03\x04 and then nothing")
    (tmp_path / "picture.png").touch()
    assert main(["predict", str(foreign), str(tmp_path / "picture.png")]) == 2
    assert "error [E-MODEL-FORMAT]" in capsys.readouterr().err


def test_a_refused_import_ends_with_2_and_its_reason(home, imports_at_once, tmp_path, capsys):
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04 and then nothing")
    assert main(["ingest", str(tmp_path / "damaged.zip")]) == 2
    assert "error [E-ARCHIVE]: “damaged.zip” is damaged" in capsys.readouterr().err


def test_settings_come_from_the_file_then_from_assignments(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"epochs": 3, "seed": 5}))
    namespace = type("Given", (), {"config": file, "assignments": ["epochs=4"]})
    assert chosen_settings.read_settings(namespace) == TrainConfig(epochs=4, seed=5)


def test_every_setting_is_listed_and_in_the_help(capsys, monkeypatch):
    assert main(["train", "--list-settings", "--json"]) == 0
    assert set(told(capsys)[-1]) == set(SETTINGS)
    monkeypatch.setattr(sys, "argv", ["tl_core", "train", "--help"])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr().out
    for name, setting in SETTINGS.items():
        assert f"  {name}=" in shown
        assert str(setting.field.title) in shown


class WorkAtOnce:
    """An engine that does a run's work on the spot."""

    def __init__(self, work):
        self.work = work

    def submit(self, kind, subject, folder, environment):
        self.work(subject, folder)
        return "at once"

    def cancel(self, handle): ...

    def alive(self, handle):
        return True


METRICS = {
    "test_accuracy": 0.75,
    "test": {
        "accuracy": 0.75,
        "accuracy_low": 0.3,
        "accuracy_high": 0.95,
        "right": 3,
        "count": 4,
        "baseline": 0.5,
        "baseline_class": "a",
    },
}


def finish(run_id, folder):
    with events.Writer(folder) as emit:
        emit("started", device="a machine")
        emit("epoch", epoch=1, epochs=1, loss=0.5, val_accuracy=0.75, best=True)
        emit("finished", metrics=METRICS, seconds={"total": 1.5})
    store.run_finished(run_id, METRICS)


def test_training_passes_events_on_and_ends_with_the_result(dataset_id, capsys, monkeypatch):
    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(finish)])
    assert main(["train", dataset_id, "--set", "epochs=1", "--json"]) == 0
    *passed_on, result = told(capsys)
    assert [event["event"] for event in passed_on] == ["started", "epoch", "finished"]
    assert result["status"] == "finished"
    assert result["metrics"] == METRICS
    assert result["seconds"] == {"total": 1.5}
    assert store.run(result["run"]).setting("epochs") == 1
    assert main(["train", dataset_id]) == 0
    shown = capsys.readouterr()
    assert "accuracy: 75.0% (95 % interval 30.0% to 95.0%), 3 of 4 pictures" in shown.out
    assert "epoch 1 of 1: loss 0.5, val_accuracy 0.75 (kept)" in shown.err


def test_people_read_what_came_of_an_import_in_lines(home, tmp_path, capsys, monkeypatch):
    def take(dataset_id, folder):
        store.dataset_ready(dataset_id, {"pictures": 8, "classes": {"round": 4, "square": 4}})
        with events.Writer(folder) as emit:
            emit("phase", phase="pictures", text="Reading pictures")

    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(take)])
    assert main(["ingest", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert "images: 8\n" in shown.out
    assert "  round: 4\n" in shown.out
    assert shown.err == "Reading pictures\n"


def test_a_failed_run_ends_with_2_and_its_reason(dataset_id, capsys, monkeypatch):
    def fail(run_id, folder):
        store.run_failed(run_id, UserError("weights-missing", "They are gone.", "Get them."))

    monkeypatch.setattr(engines, "_IN_USE", [WorkAtOnce(fail)])
    assert main(["train", dataset_id]) == 2
    assert capsys.readouterr().err == "error [weights-missing]: They are gone.\n  Get them.\n"


def test_progress_is_drawn_in_place_on_a_terminal_only(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    output = Output(as_json=False)
    output.event({"event": "progress", "phase": "encode", "done": 3, "total": 9})
    output.say("done")
    assert capsys.readouterr().err == f"\r  encode 3 of 9\r{' ' * 15}\rdone\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    Output(as_json=False).event({"event": "progress", "phase": "encode", "done": 3, "total": 9})
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    arrived = {"event": "progress", "phase": "download", "unit": "bytes", "seconds_left": 4.6}
    Output(as_json=False).event({**arrived, "done": 5_040_000, "total": 98_000_000})
    assert capsys.readouterr().err == "\r  download 5.0 MB of 98.0 MB, 5 s left"


def test_weights_are_downloaded_with_progress_or_taken_from_a_file(
    home, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KERAS_HOME", str(home))
    with publishing(monkeypatch):
        assert main(["weights", NAME, "starter", "--json"]) == 0
    *passed_on, result = told(capsys)
    kept = home / "weights" / catalogue.get(NAME).weights_file
    assert result["weights"] == {NAME: str(kept), "starter": str(starter.FILE)}
    assert [event["event"] for event in passed_on][:2] == ["started", "phase"]
    assert passed_on[-2]["done"] == passed_on[-2]["total"] == len(CONTENT)
    stick = tmp_path / "from a stick.h5"
    shutil.move(kept, stick)
    assert main(["weights", NAME, "--file", str(stick)]) == 0
    assert kept.read_bytes() == CONTENT
    capsys.readouterr()
    stick.write_bytes(CONTENT[1:])
    assert main(["weights", NAME, "--file", str(stick)]) == 2
    assert "error [weights-damaged]: from a stick.h5 is not" in capsys.readouterr().err


def test_doctor_tells_what_is_there_and_exits_with_0(home, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(home))
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["ok"]
    assert {"python", "tensorflow", "device", "disk", "store"} <= {
        check["check"] for check in result["checks"]
    }
    checks = {check["check"]: check for check in result["checks"]}
    assert checks["starter"]["ok"] and "without the internet" in checks["starter"]["value"]
    assert not checks["weights"]["ok"] and "resnet50" in checks["weights"]["value"]
    assert "tl_core weights" in checks["weights"]["hint"]


def test_doctor_repairs_a_store_that_cannot_be_read_and_says_what_came_back(home, shapes, capsys):
    (home / "graft.db").write_bytes(b"no database" * 500)
    database.forget_engines()
    assert main(["doctor", "--json"]) == 2
    shown = told(capsys)[-1]
    check = next(check for check in shown["checks"] if check["check"] == "store")
    assert "damaged" in check["value"] and "doctor --repair" in check["hint"]
    assert main(["doctor", "--repair", "--json"]) == 0
    shown = told(capsys)[-1]
    assert shown["repaired"]["datasets"] == 1 and "put-aside" in shown["repaired"]["put_aside"]
    assert store.dataset(shapes.id).name == "shapes"
    assert not any(check["check"] == "folders" for check in shown["checks"])


def test_a_backup_is_written_and_brought_back_by_command(
    home, shapes, tmp_path, monkeypatch, capsys
):
    file = tmp_path / "all.zip"
    assert main(["backup", str(file), "--json"]) == 0
    shown = told(capsys)[-1]
    assert (shown["datasets"], shown["runs"]) == (1, 0) and shown["bytes"] == file.stat().st_size
    assert main(["backup", str(file)]) == 2
    assert "error [backup-exists]" in capsys.readouterr().err
    assert main(["restore", str(file)]) == 2
    assert "error [restore-not-empty]" in capsys.readouterr().err
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "new"))
    assert main(["restore", str(file), "--json"]) == 0
    assert told(capsys)[-1]["unknown"] == {"datasets": 0, "runs": 0}
    assert store.dataset(shapes.id).name == "shapes"


def test_doctor_names_a_damaged_starter_and_weights(home, tmp_path, monkeypatch, capsys):
    for name in ("FILE", "POOLED_FILE"):
        damaged = tmp_path / name
        damaged.write_bytes(b"half")
        with monkeypatch.context() as patch:
            patch.setattr(starter, name, damaged)
            assert main(["doctor", "--json"]) == 2
        assert told(capsys)[-1]["missing"] == ["starter"]
    kept = home / "weights" / catalogue.get("vgg16").weights_file
    kept.parent.mkdir()
    kept.write_bytes(b"half")
    assert main(["doctor", "--json"]) == 0
    values = [check["value"] for check in told(capsys)[-1]["checks"]]
    assert any("VGG16" in value and "not the published" in value for value in values)


def test_doctor_names_what_is_missing_and_exits_with_2(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "file" / "home"))
    assert main(["doctor", "--json"]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["missing"] == ["store"]
    assert "error [doctor]" in shown.err


def test_every_command_has_its_function_in_the_module_that_is_named_for_it():
    from importlib import import_module

    from tl_core.__main__ import COMMANDS

    for command, module, _ in COMMANDS:
        assert callable(getattr(import_module(f"tl_core.commands.{module}"), command.__name__))


def test_doctor_names_an_engine_that_there_is_not(home, monkeypatch, capsys):
    from tl_core.jobs import engines

    monkeypatch.setattr(engines, "_IN_USE", [])
    monkeypatch.setenv("GRAFT_ENGINE", "locl")
    assert main(["doctor", "--json"]) == 2
    shown = told(capsys)[-1]
    assert shown["missing"] == ["engine"]
    check = next(check for check in shown["checks"] if check["check"] == "engine")
    assert "'locl'" in check["value"] and "local" in check["hint"]


def test_serving_until_done_ends_where_only_kinds_are_left_that_nobody_knows(
    home, monkeypatch, capsys
):
    from tl_core.jobs import watch
    from tl_core.store import job_rows

    monkeypatch.setattr(watch, "keep_ticking", lambda: None)
    job_rows.ask("from-a-later-graft", "0" * 24)
    assert main(["serve-jobs", "--until-done", "--json"]) == 0
    shown = told(capsys)[-1]
    assert (shown["done"], shown["unknown"]) == (0, 1)


def test_doctor_wants_the_backend_that_was_chosen_instead_of_tensorflow(home, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "a-backend-that-is-not-here")
    assert main(["doctor", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["missing"] == ["a-backend-that-is-not-here"]
    assert "tensorflow" not in {check["check"] for check in told["checks"]}


def test_no_command_and_no_worker_loads_what_is_heavy_before_it_needs_it(home):
    code = (
        "import sys; from tl_core.__main__ import main\n"
        "assert main(['doctor', '--json']) == 0\n"
        "from tl_core.commands import data, training, using\n"
        "from tl_core.jobs import work, server; from tl_core.home import housekeeping, versions\n"
        "print(sorted({'keras', 'tensorflow', 'pandas', 'scipy', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_a_fault_of_graft_itself_keeps_its_traceback_and_exits_with_1(home):
    code = (
        "import sys; from tl_core import __main__\n"
        "from tl_core.commands import doctor\n"
        "doctor.doctor = lambda *_: 1 / 0\n"
        "sys.exit(__main__.main(['doctor']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def asked_without_a_browser(folder):
    """Train on a folder, judge and ask the model; return its run, the picture, and what it answered."""
    trained = run("train", str(folder), "--set", "epochs=2", "--json", timeout_s=500)
    assert trained.returncode == 0, trained.stderr
    result = json.loads(trained.stdout.splitlines()[-1])
    assert result["status"] == "finished"
    assert {"test_accuracy", "val_accuracy", "closed_form_accuracy"} <= set(result["metrics"])
    assert {"encode", "closed_form", "fit", "total"} <= set(result["seconds"])
    assert ids.run_folder(result["run"]).exists()

    evaluated = forks.command("evaluate", result["run"], "--json")
    assert evaluated.returncode == 0, evaluated.stderr
    accuracy = json.loads(evaluated.stdout.splitlines()[-1])["accuracy"]
    assert accuracy == pytest.approx(result["metrics"]["test_accuracy"])

    picture = next((folder / "class 1").iterdir())
    promised = forks.command("predict", result["run"], str(picture), "--sets", "80")
    refused = forks.command("predict", result["run"], str(picture), "--sets", "95")
    assert promised.returncode == 0 and "one of (80%)" in promised.stdout, promised.stderr
    assert refused.returncode == 2 and "validation" in refused.stderr
    predicted = forks.command("predict", result["run"], str(picture), "--json")
    assert predicted.returncode == 0, predicted.stderr
    (told,) = json.loads(predicted.stdout.splitlines()[-1])["predictions"]
    return result["run"], picture, told


@pytest.mark.slow
def test_a_folder_is_trained_on_judged_and_asked_without_a_browser(home, picture_folder):
    asked_without_a_browser(picture_folder(classes=2, each=12))


@pytest.mark.exhaustive  # modalities/test_another_member takes models home by the same commands
def test_the_journey_from_a_folder_to_a_download_without_a_browser(home, picture_folder, tmp_path):
    run_id, picture, mine = asked_without_a_browser(picture_folder(classes=2, each=12))
    exported = forks.command("export", run_id, "--out", str(tmp_path / "home taken"), "--json")
    assert exported.returncode == 0, exported.stderr
    assert list((tmp_path / "home taken").iterdir())

    words = ["--format", "bundle", "--out", str(tmp_path / "bundle"), "--json"]
    bundled = forks.command("export", run_id, *words)
    assert bundled.returncode == 0, bundled.stderr
    file = json.loads(bundled.stdout.splitlines()[-1])["file"]
    asked = forks.command("predict", file, str(picture), "--json")
    assert asked.returncode == 0, asked.stderr
    (theirs,) = json.loads(asked.stdout.splitlines()[-1])["predictions"]
    assert mine["probabilities"] == pytest.approx(theirs["probabilities"], abs=1e-6)


@pytest.mark.exhaustive  # a way that goes through everything once more; each of its steps has quick tests
def test_several_labels_a_picture_from_a_table_to_a_model_that_is_taken_home(home, tmp_path):
    random = np.random.default_rng(0)
    lines = ["file,tags"]
    for number in range(60):
        shows = random.random(2) < 0.5
        shows[number % 2] |= number < 20
        pixels = (random.random((48, 48, 3)) * 70).astype(np.uint8)
        for channel in np.flatnonzero(shows):
            row, column = random.integers(0, 28, 2)
            pixels[row : row + 20, column : column + 20] = 0
            pixels[row : row + 20, column : column + 20, 2 * channel] = 230
        Image.fromarray(pixels).save(tmp_path / f"p{number:02}.png")
        names = [name for name, is_there in zip(("red", "blue"), shows, strict=True) if is_there]
        lines.append(f"p{number:02}.png,{';'.join(names)}")
    (tmp_path / "tags.csv").write_text("\n".join(lines), "utf-8")
    made = json.loads(forks.command("ingest", str(tmp_path), "--json").stdout.splitlines()[-1])
    taken = made["readings"][made["reading"] - 1]
    assert (taken["task"], taken["labels"]) == ("multilabel", "each")
    settings = ["--set", "backbone=starter", "--set", "epochs=2"]
    trained = forks.command("train", made["dataset"], *settings, "--json")
    told = json.loads(trained.stdout.splitlines()[-1])
    assert told["metrics"]["task"] == "multilabel" and told["metrics"]["test"]["map"] > 0.8
    said = forks.command("evaluate", told["run"]).stdout
    assert "micro F1" in said and "macro F1" in said and "guessing" in said
    table = tmp_path / "answers.csv"
    picture = str(tmp_path / "p00.png")
    assert forks.command("predict", told["run"], picture, "--csv", str(table)).returncode == 0
    assert table.read_text("utf-8-sig").startswith("file,labels,probability of blue")
    for kind in ("keras", "bundle", "project"):
        what = store.dataset(made["dataset"]).project_id if kind == "project" else told["run"]
        out = forks.command("export", what, "--format", kind, "--out", str(tmp_path / kind), "--json")  # fmt: skip
        assert out.returncode == 0, out.stderr
        packed = json.loads(out.stdout.splitlines()[-1])
        if kind == "keras":
            assert packed["certificate"]["passed"] and packed["certificate"]["label_agreement"] == 1
    opened = forks.command("open-file", packed["file"], "--json")
    arrived = json.loads(opened.stdout.splitlines()[-1])
    again = forks.command("evaluate", arrived["runs"][0]).stdout
    assert again.splitlines()[1:] == said.splitlines()[1:]  # the very same numbers

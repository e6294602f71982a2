"""Imports that ask what is to be learnt, and what has come read another way afterwards."""

from pathlib import Path

import numpy as np
import pytest

from tests.datasets.test_naming import entries, picture, zipped
from tests.home.homes import age_all, look_anew
from tl_core import store
from tl_core.__main__ import main
from tl_core.base.errors import UserError
from tl_core.base.settings import current
from tl_core.datasets import manifest, naming
from tl_core.datasets.edits import Reread
from tl_core.home import adoption, housekeeping, versions
from tl_core.intake import arrival, material, unlabelled
from tl_core.intake.reading import Choice
from tl_core.jobs import answering, imports, watch, work
from tl_core.store import job_rows


@pytest.fixture
def deep(picture_folder) -> Path:
    """Two folders with two folders each: the class may be either."""
    folder = picture_folder(classes=4, each=6)
    for number, name in enumerate(("cat", "dog", "rose", "oak")):
        outer = folder / ("animals" if number < 2 else "plants")
        outer.mkdir(exist_ok=True)
        (folder / f"class {number}").rename(outer / name)
    return folder


def begun(source: Path, **more) -> str:
    project = store.default_project().id
    return imports.start_intake(project, source, "mine", may_ask=True, **more)


def waiting(source: Path) -> str:
    dataset_id = begun(source)
    assert work.do("import", dataset_id) == 0
    assert store.dataset(dataset_id).is_waiting
    return dataset_id


def classes_of(dataset_id: str) -> dict[str, int]:
    return (store.dataset(dataset_id).counts or {})["classes"]


def test_an_import_that_is_not_sure_waits_and_loses_nothing_meanwhile(home, engine, deep):
    dataset_id = waiting(deep)
    engine.working.clear()
    watch.tick()
    assert store.dataset(dataset_id).is_waiting
    assert store.importing_datasets() == []  # nothing else is held up by it
    housekeeping.collect_garbage()
    kept = material.load(dataset_id)
    assert all(path.exists() for _, path in kept.listing.pictures)
    asked = material.told(dataset_id)
    assert asked is not None and asked.asks and asked.taken is None


def test_the_answer_lets_it_go_on_once(home, engine, deep):
    dataset_id = waiting(deep)
    assert answering.answer(dataset_id, Choice(key="folders:0")) == dataset_id
    assert engine.submitted == [("import", dataset_id)] * 2
    with pytest.raises(UserError) as caught:
        answering.answer(dataset_id, Choice(key="folders:1"))
    assert caught.value.code == "answered"
    assert work.do("import", dataset_id) == 0
    row = store.dataset(dataset_id)
    assert row.status == "ready"
    assert classes_of(dataset_id) == {"animals": 12, "plants": 12}


def test_an_answer_that_comes_while_pictures_are_read_is_found(home, engine, deep, monkeypatch):
    dataset_id = begun(deep)
    read = arrival.open_all

    def meanwhile(*given, **how):
        answering.answer(dataset_id, Choice(key="folders:1"))
        return read(*given, **how)

    monkeypatch.setattr(arrival, "open_all", meanwhile)
    assert work.do("import", dataset_id) == 0
    assert engine.submitted == [("import", dataset_id)]
    assert set(classes_of(dataset_id)) == {"cat", "dog", "rose", "oak"}


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"key": "folders:7"}, "reading"),
        ({"key": "folders:0", "columns": ("colour",)}, "reading"),
    ],
)
def test_an_answer_that_cannot_be_is_told_and_the_import_still_waits(
    home, engine, deep, choice, code
):
    dataset_id = waiting(deep)
    with pytest.raises(UserError) as caught:
        answering.answer(dataset_id, Choice(**choice))
    assert caught.value.code == code
    assert store.dataset(dataset_id).is_waiting


def test_what_is_sure_is_not_asked(home, engine, picture_folder):
    dataset_id = begun(picture_folder(classes=2, each=4))
    assert work.do("import", dataset_id) == 0
    assert store.dataset(dataset_id).status == "ready"


def test_loose_pictures_are_named_there_and_then(home, engine, picture_folder):
    folder = picture_folder(classes=1, each=6)
    for number, path in enumerate(sorted((folder / "class 0").iterdir())):
        path.rename(folder / f"IMG_{number}.png")
    (folder / "class 0").rmdir()
    dataset_id = waiting(folder)
    with pytest.raises(UserError) as caught:
        answering.answer(dataset_id, Choice())
    assert caught.value.code == "reading-name"
    answering.answer(dataset_id, Choice(class_name=" fox "))
    assert work.do("import", dataset_id) == 0
    assert classes_of(dataset_id) == {"fox": 6}


def test_a_data_set_is_read_another_way_as_a_new_version(home, engine, deep):
    dataset_id = waiting(deep)
    answering.answer(dataset_id, Choice(key="folders:1"))
    work.do("import", dataset_id)
    for path in sorted(deep.rglob("*.png")):
        path.unlink()  # what was uploaded is gone
    other = answering.answer(dataset_id, Choice(key="folders:0"))
    assert work.do("import", other) == 0
    row = store.dataset(other)
    assert (row.version, row.parent_id) == (2, dataset_id)
    assert "2 classes from the folders" in row.history
    assert manifest.load(other).classes == ("animals", "plants")
    assert set(manifest.load(dataset_id).classes) == {"cat", "dog", "rose", "oak"}
    asked = answering.asked_of(row)
    assert asked is not None and asked.taken is not None
    assert (asked.material_id, asked.taken.key) == (dataset_id, "folders:0")


def test_pictures_beside_the_class_folders_are_kept_and_named_later(home, engine, picture_folder):
    folder = picture_folder(classes=2, each=6)
    for number in range(3):
        (folder / "class 0" / f"00{number}.png").rename(folder / f"loose{number}.png")
    dataset_id = begun(folder)
    assert work.do("import", dataset_id) == 0
    housekeeping.collect_garbage()
    named = answering.name_loose(dataset_id, "owl")
    assert work.do("import", named) == 0
    assert classes_of(named) == {"class 0": 3, "class 1": 6, "owl": 3}
    assert manifest.set_aside(named) == []
    before, after = manifest.load(dataset_id), manifest.load(named)
    assert np.array_equal(after.splits[: len(before)], before.splits)


def test_a_data_set_of_an_older_graft_says_that_it_cannot_be_read_again(dataset_id):
    assert answering.asked_of(store.dataset(dataset_id)) is None
    for ask in (
        lambda: answering.answer(dataset_id, Choice()),
        lambda: answering.name_loose(dataset_id, "owl"),
    ):
        with pytest.raises(UserError) as caught:
            ask()
        assert caught.value.code == "material-missing"


def test_a_cancelled_question_leaves_nothing(home, engine, deep):
    dataset_id = waiting(deep)
    imports.stop_intake(dataset_id)
    housekeeping.remove("dataset", dataset_id)
    housekeeping.collect_garbage()
    assert not list(current().pictures_dir.rglob("*.webp"))


def test_the_command_line_tells_and_takes_readings(home, imports_at_once, deep, capsys):
    import json

    def told() -> dict:
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    assert main(["ingest", str(deep), "--json"]) == 0
    result = told()
    assert result["reading"] == 1
    assert [reading["key"] for reading in result["readings"]] == ["folders:1", "folders:0"]
    assert "4 classes from the inner folders" in result["readings"][0]["sentence"]
    assert main(["ingest", str(deep), "--reading", "2", "--json"]) == 0
    second = told()
    assert (second["reading"], set(second["classes"])) == (2, {"animals", "plants"})
    assert main(["readings", result["dataset"], "--json"]) == 0
    assert [reading["number"] for reading in told()["readings"]] == [1, 2]
    assert main(["readings", result["dataset"], "--take", "2", "--json"]) == 0
    assert set(told()["classes"]) == {"animals", "plants"}
    assert main(["ingest", str(deep), "--reading", "9"]) == 2
    assert "error [reading]" in capsys.readouterr().err
    assert main(["readings", result["dataset"], "--take", "0"]) == 2


def test_an_import_that_has_asked_since_it_was_seen_at_work_is_not_taken_for_dead(
    home, engine, deep
):
    dataset_id = begun(deep)
    seen = store.dataset(dataset_id)
    assert work.do("import", dataset_id) == 0
    died = UserError("process-ended", "It ended.")
    assert not job_rows.fail("import", seen.id, died, claim=seen.claimed_at)
    assert store.dataset(dataset_id).is_waiting
    answering.answer(dataset_id, Choice(key="folders:0"))
    # another process goes on from the answer
    assert not job_rows.fail("import", seen.id, died, claim=seen.claimed_at)
    assert job_rows.fail("import", dataset_id, died, claim=store.dataset(dataset_id).claimed_at)


def test_the_process_that_asked_is_not_taken_for_the_one_that_goes_on(home, engine, deep):
    dataset_id = waiting(deep)
    asked = job_rows.job("import", dataset_id)
    assert asked is not None
    job_rows.set_handle(asked, "4000000")  # noted late: it had asked and ended by then
    store.answer_import(dataset_id, Choice(key="folders:0").model_dump(mode="json"))
    claimed = store.claim_import(1)
    assert claimed is not None and claimed.handle is None


def test_an_answer_that_nobody_asked_for_is_refused_and_not_lost_silently(
    home, engine, picture_folder, monkeypatch
):
    dataset_id = begun(picture_folder(classes=2, each=6))
    read = arrival.open_all
    refused = []

    def meanwhile(*given, **how):
        with pytest.raises(UserError) as caught:
            answering.answer(dataset_id, Choice(key="one_class", class_name="all"))
        refused.append(caught.value.code)
        return read(*given, **how)

    monkeypatch.setattr(arrival, "open_all", meanwhile)
    assert work.do("import", dataset_id) == 0
    assert refused == ["answered"]
    assert (store.dataset(dataset_id).request or {}).get("answer") is None


@pytest.fixture
def reread(home, engine, tmp_path) -> str:
    """A data set whose names were read in a wrong encoding, and then in the right one."""
    files = entries([f"train/{name}" for name in ("动物/猫", "动物/狗", "植物/树", "植物/花")])
    files |= {f"test/问{number}.png": picture(2, 90 + number) for number in range(3)}
    files |= {"train/单.png": picture(3, 99)}
    source = zipped(tmp_path / "a.zip", files, "gbk")
    project = store.default_project().id
    dataset_id = imports.start_intake(project, source, "mine", encoding="cp437")
    assert work.do("import", dataset_id) == 0
    reading = naming.load(dataset_id)
    assert reading is not None
    changes = reading.changes("gb18030")
    change = Reread(codec="gb18030", old=tuple(changes), new=tuple(changes.values()))
    return versions.edit(dataset_id, change, "click")


def test_pictures_to_be_answered_are_read_in_the_encoding_that_a_person_chose(reread):
    assert set(unlabelled.load(reread).names) == {f"test/问{number}.png" for number in range(3)}


def test_another_reading_keeps_the_encoding_that_a_person_chose(reread):
    asked = answering.asked_of(store.dataset(reread))
    assert asked is not None and asked.taken is not None
    other = next(each.key for each in asked.readings if each.key != asked.taken.key)
    again = answering.answer(reread, Choice(key=other))
    assert work.do("import", again) == 0
    made, reading = manifest.load(again), naming.load(again)
    assert reading is not None and reading.codec == "gb18030"
    assert set(made.classes) <= set("猫狗树花") | {"动物", "植物"}
    assert all(name.startswith(("train/动物/", "train/植物/")) for name in made.names)
    assert set(unlabelled.load(again).names) == set(unlabelled.load(reread).names)


def test_loose_pictures_are_named_in_the_encoding_that_a_person_chose(reread):
    named = answering.name_loose(reread, "鸟")
    assert work.do("import", named) == 0
    made, reading = manifest.load(named), naming.load(named)
    assert reading is not None and reading.codec == "gb18030"
    assert made.names[made.labels == made.classes.index("鸟")].tolist() == ["train/单.png"]


def test_an_import_that_waits_for_its_answer_comes_back_with_a_lost_store(home, engine, deep):
    dataset_id = waiting(deep)
    for path in sorted(deep.rglob("*.png")):
        path.unlink()  # what was uploaded is gone
    (home / "graft.db").rename(home / "away.db")
    look_anew()
    assert store.default_project().name
    assert adoption.is_needed()
    assert adoption.found().datasets == adoption.adopt().datasets == 1
    assert not adoption.is_needed()
    watch.tick()
    assert store.dataset(dataset_id).is_waiting
    age_all(home)
    housekeeping.collect_garbage()
    answering.answer(dataset_id, Choice(key="folders:0"))
    assert work.do("import", dataset_id) == 0
    assert classes_of(dataset_id) == {"animals": 12, "plants": 12}


def test_what_is_left_of_an_import_of_which_nothing_is_noted_parts_no_store_from_its_home(
    home, engine, deep
):
    dataset_id = waiting(deep)
    (current().datasets_dir / dataset_id / "row.json").unlink()
    (home / "graft.db").rename(home / "away.db")
    look_anew()
    assert store.default_project().name
    assert not adoption.is_needed()
    assert adoption.adopt().datasets == 0

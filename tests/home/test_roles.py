"""What else there is to learn from: named once for all versions of a data set, wherever it goes."""

import dataclasses

import pytest

from tests.home.test_projects import finished_run, saved, taken_in
from tests.modalities import rows_of_numbers
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets import manifest
from tl_core.datasets.edits import DeleteClass, Exclude, Merge, Rename
from tl_core.home import housekeeping, roles, versions
from tl_core.jobs import imports
from tl_core.modalities import registry as modalities
from tl_core.store import database, role_rows


@pytest.fixture
def sets(made_dataset):
    """Three ready data sets of one project, by name; `there` calls two classes otherwise."""
    made = {}
    for seed, name in enumerate(("here", "there", "without")):
        made[name] = store.create_dataset(store.default_project().id, name)
        dataset = made_dataset(3, 12, identifier=made[name], seed=seed)
        if name == "there":
            manifest.save(dataclasses.replace(dataset, classes=("Class 0", "second", "something")))
        counts = versions.counts(manifest.load(made[name]), set_aside=0, junk=0)
        store.dataset_ready(made[name], counts)
    return made


def of(dataset_id):
    return roles.of(store.dataset(dataset_id))


def code(act, *args):
    with pytest.raises(UserError) as error:
        act(*args)
    return error.value.code


def test_a_role_is_named_once_and_holds_in_every_version_of_both(sets):
    here, there = sets["here"], sets["there"]
    older = versions.edit(here, Exclude(rows=(1,)), "one")
    roles.give(store.dataset(older), "source", there)
    assert of(here) == of(older) == {"source": there}
    newer = versions.edit(older, Exclude(rows=(2,)), "two")
    assert of(newer) == {"source": there}
    changed = versions.edit(there, Exclude(rows=(0,)), "three")
    assert of(newer) == {"source": changed}  # the newest of theirs serves
    roles.give(store.dataset(newer), "unlabelled", sets["without"])
    assert of(here) == {"source": changed, "unlabelled": sets["without"]}
    roles.give(store.dataset(here), "source", "")
    assert of(newer) == {"unlabelled": sets["without"]}


def test_what_is_gone_is_passed_over_and_counts_again_once_it_is_back(sets):
    here, there = sets["here"], sets["there"]
    roles.give(store.dataset(here), "source", there)
    store.delete("dataset", there)
    assert of(here) == {} and there not in roles.offered(store.dataset(here), "source")
    store.restore("dataset", there)
    assert of(here) == {"source": there}
    store.delete("dataset", there)
    housekeeping.remove("dataset", there)
    assert of(here) == {}
    first = store.dataset(here)
    later = versions.edit(here, Exclude(rows=(1,)), "one")
    roles.give(first, "unlabelled", sets["without"])
    store.delete("dataset", here)
    assert of(later) == {"unlabelled": sets["without"]}  # no version has to be there for another


def test_what_cannot_serve_is_refused_in_words_and_nothing_is_kept(sets, made_dataset, monkeypatch):
    row = store.dataset(sets["here"])
    assert code(roles.give, row, "source", sets["here"]) == "input-itself"
    other = versions.edit(sets["here"], Exclude(rows=(1,)), "one")
    assert code(roles.give, row, "unlabelled", other) == "input-itself"
    assert code(roles.give, row, "source", "0" * 24) == "unknown"
    assert code(roles.give, row, "teacher", sets["there"]) == "unknown"
    assert code(roles.give, row, "muse", sets["there"]) == "input-role"
    elsewhere = store.create_dataset(store.create_project("another"), "far")
    made_dataset(3, 12, identifier=elsewhere, seed=9)
    store.dataset_ready(elsewhere, {"pictures": 36})
    assert code(roles.give, row, "source", elsewhere) == "input-not-ready"
    store.delete("dataset", sets["there"])
    assert code(roles.give, row, "source", sets["there"]) == "input-not-ready"
    numbers = rows_of_numbers.MODALITY
    monkeypatch.setattr(modalities, "MODALITIES", (*modalities.MODALITIES, numbers))
    without = manifest.load(sets["without"])
    manifest.save(
        dataclasses.replace(
            without, modality=numbers.name, facts={"length": without.facts["width"]}
        )
    )
    assert code(roles.give, row, "unlabelled", sets["without"]) == "input-modality"
    assert of(sets["here"]) == {} and not role_rows.named(row)


def test_what_a_person_said_of_classes_is_kept_for_the_pair_and_follows_new_names(sets):
    here, there = sets["here"], sets["there"]
    said = {"second": "class 1", "something": "class 2", "Class 0": ""}
    roles.call(store.dataset(here), there, said)

    def renamed(dataset_id, source=there):
        ours = manifest.load(dataset_id).classes
        return roles.renamed(store.dataset(dataset_id), ours, source)

    assert renamed(here) == said
    again = versions.edit(there, Exclude(rows=(0,)), "one")
    assert renamed(here, again) == said
    called = versions.edit(here, Rename(label=1, name="oak"), "two")
    assert renamed(called) == said | {"second": "oak"} and renamed(here) == said
    merged = versions.edit(called, Merge(labels=(2,), into=1), "three")
    assert renamed(merged) == {"second": "oak", "something": "oak", "Class 0": ""}
    gone = versions.edit(called, DeleteClass(label=2), "four")
    assert renamed(gone) == {"second": "oak", "something": "", "Class 0": ""}
    assert renamed(here, sets["without"]) == {}
    roles.call(store.dataset(here), there, {})
    assert renamed(here) == renamed(called) == {}


def test_why_a_source_is_of_no_use_yet_is_told_until_its_classes_are_matched(sets):
    here, there = manifest.load(sets["here"]), manifest.load(sets["there"])
    manifest.save(dataclasses.replace(there, classes=("ash", "second", "something")))
    flaw = roles.flaw(here, "source", there.id)
    assert flaw is not None and "class" in flaw.message
    roles.call(store.dataset(here.id), there.id, {"second": "class 1"})
    assert roles.flaw(here, "source", there.id) is None


def test_pictures_brought_for_a_data_set_have_their_role_once_they_are_there(sets):
    asked = {"serves": {"dataset": sets["here"], "role": "unlabelled"}}
    newer = versions.edit(sets["here"], Exclude(rows=(1,)), "one")
    row = dataclasses.replace(store.dataset(sets["without"]), request=asked)
    assert roles.take_up(row) is None
    assert of(newer) == {"unlabelled": sets["without"]}
    assert [(served.id, role) for served, role in roles.served(row)] == [(newer, "unlabelled")]
    lost = {"serves": {"dataset": "0" * 24, "role": "unlabelled"}}
    error = roles.take_up(dataclasses.replace(row, request=lost))
    assert error is not None and error.code == "unknown"


def test_an_import_gives_the_role_that_its_pictures_are_brought_for(
    sets, picture_folder, imports_at_once
):
    project, asked = store.default_project().id, (sets["here"], "source")
    pictures = picture_folder()
    made = imports.start_intake(project, pictures, "street", serves=asked)
    assert store.dataset(made).status == "ready" and of(sets["here"]) == {"source": made}
    gone = imports.start_intake(project, pictures, "lost", serves=("0" * 24, "source"))
    assert store.dataset(gone).status == "ready" and of(sets["here"]) == {"source": made}


def test_roles_and_class_names_come_along_in_a_project_file(sets, tmp_path):
    here, there = sets["here"], sets["there"]
    newer = versions.edit(here, Exclude(rows=(1,)), "one")
    roles.give(store.dataset(here), "source", there)
    roles.give(store.dataset(here), "unlabelled", sets["without"])
    roles.call(store.dataset(newer), there, {"second": "class 1"})
    store.delete("dataset", sets["without"])
    project = taken_in(saved(store.default_project().id, tmp_path))
    came = {(row.name, row.version): row for row in store.datasets(project)}
    first, second, other = came["here", 1], came["here", 2], came["there", 1]
    for row in (first, second):
        assert roles.of(row) == {"source": other.id}
        ours = manifest.load(row.id).classes
        assert roles.renamed(row, ours, other.id) == {"second": "class 1"}
    assert of(here) == {"source": there}


def test_a_teacher_serves_while_its_run_is_there_and_comes_along(made_dataset, tmp_path):
    project = store.create_project("Leaves")
    dataset = made_dataset(classes=2, each=12)
    store.create_dataset(project, "Made", dataset_id=dataset.id)
    store.dataset_ready(dataset.id, versions.counts(dataset, set_aside=0, junk=0))
    row = store.dataset(dataset.id)
    assert roles.offered(row, "teacher") == []
    run_id = finished_run(dataset)
    assert roles.offered(row, "teacher") == [run_id]
    role_rows.give(row.id, "teacher", run_id)
    assert of(row.id) == {"teacher": run_id}
    came = store.datasets(taken_in(saved(project, tmp_path)))[0]
    (run,) = store.runs(came.project_id)
    assert roles.of(came) == {"teacher": run.id} and run.id != run_id
    store.delete("run", run_id)
    assert of(row.id) == {}


def test_roles_are_noted_beside_the_files_of_every_version(sets):
    newer = versions.edit(sets["here"], Exclude(rows=(1,)), "one")
    roles.give(store.dataset(sets["here"]), "source", sets["there"])
    from tl_core.store import row_notes

    for each in (sets["here"], newer):
        note = row_notes.read(row_notes.path_of("dataset", each), "dataset", each)
        assert note is not None and sets["there"] in str(note.row["further"])
    database.forget_engines()
    assert of(newer) == {"source": sets["there"]}

"""An import in its own process: what it leaves in the store, and the run that was promised."""

from tl_core.config import TrainConfig
from tl_core.errors import UserError
from tl_core.runs import dispatcher, events, ids, intake_worker, store


def imported(source, config):
    project = store.default_project().id
    dataset_id = dispatcher.start_intake(project, source, "shapes", then_train=config)
    assert intake_worker.main(dataset_id) == 0
    return dataset_id


def test_the_promised_run_starts_with_its_settings_though_nobody_watches(
    home, engine, picture_folder
):
    dataset_id = imported(picture_folder(each=12), TrainConfig(epochs=3))
    (run,) = store.runs(dataset_id=dataset_id)
    assert run.status == "running"
    assert ("worker", run.id) in engine.submitted
    assert dispatcher.settings_of(run.id).epochs == 3


def test_who_watches_the_import_gets_the_same_run(home, engine, picture_folder):
    dataset_id = imported(picture_folder(each=12), TrainConfig())
    again = dispatcher.start_first_run(store.dataset(dataset_id))
    assert [run.id for run in store.runs(dataset_id=dataset_id)] == [again]


def test_without_a_promise_nothing_is_trained(home, engine, picture_folder):
    dataset_id = imported(picture_folder(), None)
    assert store.runs(dataset_id=dataset_id) == []
    assert dispatcher.start_first_run(store.dataset(dataset_id)) is None


def test_a_run_that_cannot_start_leaves_the_pictures_ready_and_the_reason_told(
    home, engine, picture_folder, monkeypatch
):
    def refused(*_, **__):
        raise UserError("disk-full", "The disk is full.", "Free some space.")

    monkeypatch.setattr(dispatcher, "start_run", refused)
    dataset_id = imported(picture_folder(), TrainConfig())
    assert store.dataset(dataset_id).status == "ready"
    told = events.read(ids.dataset_folder(dataset_id))[0]
    assert [event["event"] for event in told][-2:] == ["note", "finished"]
    assert told[-2]["text"] == "The disk is full. Free some space."

from tl_core.signals import events, progress


def view_of(*told):
    return progress.fold(progress.RunView(), told)


def epoch(number, **fields):
    return {"event": "epoch", "time": 0.0, "epoch": number, "epochs": 4, **fields}


def test_a_run_is_followed_from_its_phases_to_its_end():
    view = view_of(
        {"event": "started", "time": 1.0, "device": "CPU", "epochs": 4},
        {"event": "phase", "time": 2.0, "phase": "encode", "text": "Encoding"},
        {"event": "progress", "time": 3.0, "phase": "encode", "done": 30, "total": 120},
        {"event": "closed_form", "time": 4.0, "val_accuracy": 0.7},
    )
    assert (view.device, view.phase, view.text, view.fraction) == (
        "CPU",
        "encode",
        "Encoding",
        0.25,
    )
    assert view.closed_form is not None
    assert (view.started_at, view.updated_at) == (1.0, 4.0)
    view = progress.fold(
        view,
        [
            {"event": "phase", "time": 5.0, "phase": "fit", "text": "Training"},
            epoch(1, seconds=2.0, best=True),
            epoch(2, seconds=2.0),
        ],
    )
    assert (view.done, view.total, view.fraction) == (0, 0, 0.0)
    assert (view.epoch, view.best_epoch, view.planned_epochs) == (2, 1, 4)
    assert view.seconds_left == 4.0
    view = progress.fold(view, [{"event": "finished", "time": 6.0, "metrics": {"a": 1}}])
    assert view.ending is not None
    assert view.metrics == {"a": 1}


def test_epochs_told_again_after_a_resume_replace_the_lost_ones():
    view = view_of(
        {"event": "started", "time": 1.0},
        epoch(1, loss=3),
        epoch(2, loss=2),
        epoch(3, loss=9),
        {"event": "started", "time": 2.0},
        epoch(2, loss=1),
    )
    assert [(told["epoch"], told["loss"]) for told in view.epochs] == [(1, 3), (2, 1)]
    assert view.starts == 2
    assert view.started_at == 1.0


def test_steps_beyond_the_epoch_that_a_run_goes_on_from_are_forgotten():
    def step(epoch, number):
        return {"event": "step", "time": 0.0, "epoch": epoch, "step": number}

    started = {"event": "started", "time": 1.0}
    lost = view_of(started, step(1, 1), epoch(1), step(2, 1), step(2, 2), started)
    assert [(told["epoch"], told["step"]) for told in lost.steps] == [(1, 1)]
    # The newest checkpoint was damaged: its epoch is told again, and all that came after it.
    older = view_of(started, step(1, 1), epoch(1), step(2, 1), epoch(2), started, epoch(1))
    assert [told["epoch"] for told in older.steps] == [1]


def test_the_work_of_all_lives_is_counted_and_the_time_between_them_is_not():
    view = view_of(
        {"event": "started", "time": 10.0},
        epoch(1) | {"time": 14.0},
        {"event": "started", "time": 100.0},
        {"event": "cancelled", "time": 103.0},
    )
    assert view.worked_s == 7.0


def test_a_phase_that_counts_nothing_moves_by_the_clock_and_never_reaches_its_end():
    loading = {"event": "phase", "time": 10.0, "phase": "load", "expected_s": 4.0}
    shares = [view_of(loading).fraction_at(now) for now in (10.0, 12.0, 14.0, 60.0)]
    assert shares[0] == 0.0 and shares == sorted(shares) and 0.8 < shares[2] < shares[3]
    assert view_of(loading | {"expected_s": None}).fraction_at(12.0) == 0.0


def test_a_start_after_an_end_opens_the_run_again():
    view = view_of({"event": "cancelled", "time": 1.0}, {"event": "started", "time": 2.0})
    assert view.ending is None


def test_steps_and_flips_are_kept_only_as_long_as_they_are_drawn():
    steps = [{"event": "step", "time": 0.0, "step": step} for step in range(5000)]
    flips = [{"event": "flips", "time": 0.0, "epoch": number} for number in range(100)]
    view = view_of(*steps, *flips)
    assert len(view.steps) == progress.STEPS_KEPT
    assert view.steps[-1]["step"] == 4999
    assert len(view.flips) == progress.FLIPS_KEPT


def test_events_of_a_later_version_are_passed_over():
    assert view_of({"event": "wonder", "time": 3.0}) == progress.RunView(updated_at=3.0)


def test_following_gives_what_reading_everything_gives(tmp_path):
    view = progress.RunView()
    with events.Writer(tmp_path) as emit:
        for number in range(1, 5):
            emit("epoch", epoch=number, epochs=4, seconds=1.0)
            view = progress.follow(view, tmp_path)
    assert view == progress.state(tmp_path)


def test_a_view_forgets_a_file_that_was_begun_anew(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("epoch", epoch=3, epochs=4)
        emit("note", text="the old one")
    view = progress.state(tmp_path)
    (tmp_path / events.FILE).write_bytes(b'{"event": "started", "time": 1, "device": "x"}\n')
    view = progress.follow(view, tmp_path)
    assert (view.epochs, view.notes, view.device) == ((), (), "x")


def test_asking_again_reads_only_what_is_new(tmp_path, monkeypatch):
    offsets = []
    read = events.read

    def watched(folder, offset=0):
        offsets.append(offset)
        return read(folder, offset)

    monkeypatch.setattr(events, "read", watched)
    with events.Writer(tmp_path) as emit:
        emit("epoch", epoch=1, epochs=4)
        first = progress.state(tmp_path)
        offsets.clear()
        emit("epoch", epoch=2, epochs=4)
        assert progress.state(tmp_path).epoch == 2
    assert min(offsets) == first.offset > 0


def test_only_the_latest_runs_are_remembered(tmp_path):
    for number in range(progress.SEEN_KEPT + 5):
        with events.Writer(tmp_path / str(number)) as emit:
            emit("epoch", epoch=number, epochs=99)
        assert progress.state(tmp_path / str(number)).epoch == number
    assert len(progress._SEEN) == progress.SEEN_KEPT
    assert progress.state(tmp_path / "0").epoch == 0


def test_a_run_without_events_has_an_empty_view(tmp_path):
    assert progress.state(tmp_path) == progress.RunView()


def test_what_each_phase_took_over_all_lives_stands_beside_what_was_said_of_it():
    told = [
        {"event": "started", "time": 0.0, "epochs": 2},
        {"event": "planned", "time": 0.5, "phases": {"encode": 9.0, "fit": 4.0}},
        {"event": "phase", "phase": "encode", "time": 1.0},
        {"event": "progress", "phase": "encode", "done": 1, "total": 2, "time": 3.0},
        {"event": "started", "time": 1000.0, "epochs": 2},
        {"event": "phase", "phase": "encode", "time": 1000.0},
        {"event": "phase", "phase": "fit", "time": 1003.0},
        {"event": "finished", "time": 1007.0},
    ]
    view = progress.fold(progress.RunView(), told)
    assert view.said_s == {"encode": 9.0, "fit": 4.0}
    assert view.spent_s == {"encode": 5.0, "fit": 4.0}


def test_the_log_holds_the_latest_phases_and_notes(tmp_path):
    with events.Writer(tmp_path) as emit:
        for number in range(progress.TOLD_KEPT + 5):
            emit("note", text=f"number {number}")
        emit("step", step=1)
        emit("phase", phase="fit", text="Training")
    told = progress.state(tmp_path).told
    assert len(told) == progress.TOLD_KEPT and told[-1] == "phase: Training"
    assert told[-2] == f"note: number {progress.TOLD_KEPT + 4}"


def test_the_epoch_that_is_kept_may_be_an_earlier_one_again():
    events = [
        {"event": "epoch", "epoch": 0, "best": True, "kept": 0},
        {"event": "epoch", "epoch": 1, "best": True, "kept": 1},
        {"event": "epoch", "epoch": 2, "best": False, "kept": 0},
    ]
    assert progress.fold(progress.RunView(), events).best_epoch == 0
    assert (
        progress.fold(progress.RunView(), [event | {"kept": 1} for event in events[:2]]).best_epoch
        == 1
    )

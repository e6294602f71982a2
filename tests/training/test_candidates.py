"""Another model takes a model's place whole, and the former one comes back as it was, wherever a kill falls."""

import json
import shutil

import pytest

from tl_core.training import candidates, results


def made(folder, name):
    (folder / results.MODEL_DIR).mkdir(parents=True)
    (folder / results.MODEL_DIR / "weights").write_text(name)
    (folder / results.PREDICTIONS).write_text(name)
    (folder / results.METRICS).write_text(json.dumps({"model": name}))
    return folder


def names(folder):
    told = {
        (folder / results.MODEL_DIR / "weights").read_text(),
        (folder / results.PREDICTIONS).read_text(),
        json.loads((folder / results.METRICS).read_text())["model"],
    }
    (only,) = told
    return only


class Store(dict):
    """What the store holds of the run's numbers."""

    def tell(self, numbers):
        self.clear()
        self.update(numbers)


class KilledError(Exception):
    """The process is gone."""


@pytest.fixture
def run(tmp_path):
    run = made(tmp_path / "run", "trained")
    (run / "exports").mkdir()
    made(tmp_path / "other", "exact")
    return run


@pytest.fixture
def kept():
    return Store(model="trained")


def test_the_other_model_comes_with_its_answers_and_numbers_and_nothing_packed_stays(run, kept):
    candidates.hand_over(run, run.parent / "other", kept.tell)
    assert names(run) == kept["model"] == "exact"
    assert names(run / candidates.FORMER) == "trained" and candidates.has_former(run)
    assert not (run / "exports").exists() and not candidates.is_coming(run)
    candidates.bring_back(run, kept.tell)
    assert names(run) == kept["model"] == "trained" and not candidates.has_former(run)
    assert sorted(path.name for path in run.iterdir()) == sorted(candidates.PARTS)


def killing(monkeypatch, count):
    """Let the process die before its step number `count` that changes anything; return how many were begun."""
    begun = []

    def counted(plain):
        def step(*given, **named):
            begun.append(plain)
            if len(begun) == count:
                raise KilledError
            return plain(*given, **named)

        return step

    path = type(candidates.Path())
    for owner, name in (
        (shutil, "rmtree"),
        (shutil, "copytree"),
        (shutil, "copy2"),
        (shutil, "move"),
        (path, "mkdir"),
        (path, "rename"),
        (path, "replace"),
        (path, "unlink"),
        (Store, "tell"),
    ):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    return begun


@pytest.mark.parametrize("back", [False, True], ids=["hand over", "bring back"])
def test_wherever_a_kill_falls_store_and_files_tell_of_one_model_again(tmp_path, back):
    count, is_done = 0, False
    while not is_done:
        count += 1
        place = tmp_path / str(count)
        run, other, kept = made(place / "run", "trained"), made(place / "other", "exact"), Store()
        kept.tell({"model": "trained"})
        if back:
            candidates.hand_over(run, other, kept.tell)
        with pytest.MonkeyPatch.context() as patch:
            killing(patch, count)
            try:
                if back:
                    candidates.bring_back(run, kept.tell)
                else:
                    candidates.hand_over(run, other, kept.tell)
                is_done = True
            except KilledError:
                pass
        was_begun = candidates.is_coming(run)
        candidates.settle(run, kept.tell)
        assert names(run) == kept["model"], f"killed before step {count}"
        assert not candidates.is_coming(run)
        if was_begun or is_done:
            assert names(run) == ("trained" if back else "exact")
        if names(run) == "exact":
            assert names(run / candidates.FORMER) == "trained"
    assert count > 8, "there are as many steps to be killed at"


def test_what_a_kill_left_is_no_hindrance_to_the_next_try(run, kept):
    (run / f".{candidates.FORMER}.partial").mkdir()
    made(run / candidates.FORMER, "older")
    candidates.hand_over(run, run.parent / "other", kept.tell)
    assert names(run) == "exact" and names(run / candidates.FORMER) == "trained"

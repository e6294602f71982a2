"""A copy of a kept model adapts to what it is asked about: only batch normalisation moves, the kept one stays."""

import hashlib

import numpy as np
import pytest
from safetensors.numpy import load_file

from tl_core.base.errors import UserError
from tl_core.jobs import adapting_at_use
from tl_core.jobs.adapting_at_use import AdaptedAnswers
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.models import persist
from tl_core.training import pipeline, tent
from tl_core.training.tent import Adapted


def answer(label):
    return Reply(Prediction(label, {"cat": 0.5, "dog": 0.5}, {}, task="classify"))


def answers(after, before, truths):
    adapted = Adapted(len(after), 0.9, 0.4)
    return AdaptedAnswers([answer(a) for a in after], [answer(b) for b in before], adapted, truths)


def test_without_known_classes_nothing_proves_that_it_helped():
    told = answers(["cat"] * 20, ["dog"] * 5 + ["cat"] * 15, [""] * 20).in_words()
    assert "0.90 to 0.40" in told[0] and "5 answers are others" in told[1]
    assert "Nothing proves" in told[2]


def test_a_trial_keeps_the_copy_that_adapted_and_says_so(tmp_path, monkeypatch):
    made = []

    def adapt(folder, opened, out, own):
        made.append(len(opened))
        out.mkdir()
        return Adapted(len(opened), 0.9, 0.4, len(own))

    monkeypatch.setattr(adapting_at_use, "_opened", lambda folder, pictures: list(pictures))
    monkeypatch.setattr(persist, "describe", lambda folder: None)
    monkeypatch.setattr(tent, "require_fit", lambda described, count: None)
    monkeypatch.setattr(tent, "adapt", adapt)
    assert adapting_at_use.told_of(tmp_path) == []
    for _ in range(2):  # it goes on with what was made
        copy = adapting_at_use.copy_for(tmp_path, tmp_path / "kept", [tmp_path] * 30)
    assert copy.is_dir() and made == [30]
    told = adapting_at_use.told_of(tmp_path)[0]
    assert "30 pictures" in told and "could not be centred" in told


def test_known_classes_say_whether_it_helped_or_did_harm():
    better = answers(["cat"] * 40, ["dog"] * 30 + ["cat"] * 10, ["cat"] * 40).in_words()[2]
    assert "25\u202f% as kept, 100\u202f% adapted" in better and "Adapting helped." in better
    worse = answers(["dog"] * 40, ["cat"] * 40, ["cat"] * 40).in_words()[2]
    assert "did harm" in worse
    same = answers(["cat"] * 30, ["cat"] * 30, ["cat"] * 30).in_words()[2]
    assert "cannot be told" in same


def test_folders_stand_for_all_that_lies_in_them(tmp_path):
    (tmp_path / "cat").mkdir()
    for name in ("cat/2.png", "cat/1.png", ".hidden"):
        (tmp_path / name).touch()
    assert adapting_at_use.files_in([tmp_path]) == [tmp_path / "cat/1.png", tmp_path / "cat/2.png"]
    with pytest.raises(UserError):
        adapting_at_use.files_in([tmp_path / "nowhere"])


@pytest.mark.slow
def test_only_batch_normalisation_moves_and_the_kept_model_stays(
    made_dataset, made_run, random_weights, tmp_path
):
    made_dataset(classes=3, each=12)
    kept = {}
    for stages in (0, 1):
        folder = made_run(
            f"stages {stages}",
            backbone="starter",
            image_size_px=64,
            trainable_stages=stages,
            epochs=1,
            batch_size=8,
        )
        pipeline.train(folder, lambda event, **fields: None)
        kept[stages] = folder / "model"
    random = np.random.default_rng(3)
    shown = [random.integers(0, 256, (64, 64, 3), np.uint8) // 2 for _ in range(24)]
    before = hashlib.sha256((kept[1] / persist.TAIL).read_bytes()).hexdigest()
    told = tent.adapt(kept[1], shown, tmp_path / "copy")
    assert told.learnt_from == 24 and told.entropy_after != told.entropy_before
    assert hashlib.sha256((kept[1] / persist.TAIL).read_bytes()).hexdigest() == before
    own, moved = (load_file(at / persist.TAIL) for at in (kept[1], tmp_path / "copy"))
    differing = {key for key in own if not np.array_equal(own[key], moved[key])}
    assert differing and all(own[key].ndim == 1 for key in differing)
    assert not any(key.startswith("head") for key in differing)
    again = tent.adapt(kept[1], shown, tmp_path / "again")
    assert again == told
    own = adapting_at_use._learnt_from(kept[1])
    assert own[0].shape == (64, 64, 3)
    centred = tent.adapt(kept[1], shown, tmp_path / "centred", own=own)
    assert centred.own == len(own) == 24 and centred.entropy_after != told.entropy_after
    assert centred.entropy_before == told.entropy_before
    for model, count, code in ((kept[0], 24, "tent-no-batch-norm"), (kept[1], 3, "tent-few")):
        with pytest.raises(UserError) as error:
            tent.adapt(model, shown[:count], tmp_path / "none")
        assert error.value.code == code
    assert persist.load_model(tmp_path / "copy").description.classes == (
        "class 0",
        "class 1",
        "class 2",
    )

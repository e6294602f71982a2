"""What a run decided once it decides again; two decisions end in the same up to rounding."""

import json

import numpy as np
import pytest

from tl_core.pricing import job_price
from tl_core.training import decisions, pipeline, results, run_pictures
from tl_core.training.network import Network

SETTINGS = {
    "backbone": "starter",
    "image_size_px": 64,
    "trainable_stages": 2,
    "epochs": 3,
    "batch_size": 8,
    "patience": 0,
}


def told_by(folder):
    events = []
    done = pipeline.train(folder, lambda event, **fields: events.append((event, fields)))
    return done, events


@pytest.mark.slow
def test_rows_and_pictures_end_in_the_same_up_to_rounding(made_dataset, made_run):
    made_dataset(classes=3, each=20)
    answers, accuracies = {}, {}
    for keeps in ("rows", "pixels"):
        folder = made_run(keeps, **SETTINGS)
        plan = {"keeps": keeps, "half": False}
        (folder / decisions.PLAN).write_text(json.dumps(plan))
        done, _ = told_by(folder)
        accuracies[keeps] = done["metrics"]["test_accuracy"], done["metrics"]["val_accuracy"]
        table = results.read_predictions(folder)
        assert table is not None
        names = [name for name in table.column_names if name.startswith("p_")]
        answers[keeps] = np.stack([table[name].to_numpy() for name in names], axis=1)
    assert accuracies["rows"] == accuracies["pixels"]
    assert answers["rows"].shape[1] == 3
    assert np.abs(answers["rows"] - answers["pixels"]).max() <= 1e-3


class BrokenOffError(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("pays", [True, False])
def test_a_run_that_goes_on_encodes_as_it_decided_whatever_prices_have_become(
    made_dataset, made_run, monkeypatch, pays
):
    made_dataset(classes=3, each=8)
    folder = made_run(**SETTINGS)
    monkeypatch.setattr(job_price, "converts", lambda *_: pays)

    def break_off(*_, **__):
        raise BrokenOffError

    with monkeypatch.context() as broken:
        broken.setattr(Network, "convert_trunk", break_off)
        broken.setattr(Network, "encoder", break_off)
        with pytest.raises(BrokenOffError):
            told_by(folder)
    monkeypatch.setattr(job_price, "converts", lambda *_: not pays)
    _, events = told_by(folder)
    phases = [fields["phase"] for event, fields in events if event == "phase"]
    assert ("convert" in phases) == pays
    kept = run_pictures.ENCODES_CONVERTED if pays else run_pictures.ENCODES_IN_KERAS
    other = run_pictures.ENCODES_IN_KERAS if pays else run_pictures.ENCODES_CONVERTED
    assert (folder / kept).exists() and not (folder / other).exists()

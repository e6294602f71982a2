"""Words that pages choose: numbers are never called classes, codes have one form, runs are told apart."""

import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.runs import exact_start
from pages.parts.shared import datasets, errors, page_files, run_names
from tests.made import DATASET
from tests.pages.test_pages import MAIN, opened, told
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.base import figures, ids
from tl_core.config import TrainConfig
from tl_core.datasets import goals
from tl_core.datasets.splits import TEST
from tl_core.home import versions
from tl_core.signals.progress import RunView
from tl_core.training import results

SHOWN = (
    page_files.START,
    page_files.DATA,
    page_files.TRAIN,
    page_files.RUNS,
    page_files.RESULTS,
    page_files.TRY_IT,
)
CODE = re.compile(r'class=|--class|"[\w-]*class[\w-]*":|\bclass_\w+|[\w-]+-class\w*|class-\w+')


@pytest.fixture
def of_numbers(made_dataset) -> str:
    """A finished run that learnt a number, on a data set with made pictures."""
    dataset = made_dataset(values=True)
    store.create_dataset(store.default_project().id, "levels", dataset_id=DATASET)
    store.dataset_ready(DATASET, versions.counts(dataset, set_aside=0, junk=0))
    config = TrainConfig()
    run_id = store.add_run(DATASET, "first", config.model_dump(mode="json"), "token")
    ids.run_folder(run_id).mkdir(parents=True)
    of = goals.of(dataset, np.flatnonzero(dataset.splits == 0), config)
    members = np.flatnonzero(dataset.splits == TEST)
    assert dataset.values is not None
    answers = dataset.values[members] + 5.0
    results.write_predictions(ids.run_folder(run_id), dataset, of, {TEST: answers})
    summary = of.summary(members, answers)
    ended = {"ended": "epochs", "epochs": 3, "best_epoch": 2, "val": {"count": 4}}
    told = {"task": "regress", "test": summary, "test_accuracy": 0.9, **ended}
    store.run_finished(run_id, told)
    return run_id


@pytest.mark.parametrize("page", [*SHOWN[1:], page_files.TAKE_HOME])
def test_pages_of_a_model_of_numbers_never_say_class(of_numbers, page):
    assert said_class(opened(page)) == []


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("page", [page_files.DATA, page_files.RESULTS])
def test_pages_of_a_model_of_classes_do(page):
    assert said_class(opened(page))


def said_class(app: AppTest) -> list[str]:
    """Return everything on a page, helps and labels included, that speaks of classes."""
    assert not app.exception
    texts = [CODE.sub("", str(element.proto)) for element in app.main if hasattr(element, "proto")]
    return [text for text in texts if re.search(r"\bclass(es)?\b", text, re.IGNORECASE)]


def test_pictures_of_numbers_carry_their_numbers_in_the_gallery(of_numbers):
    from pages.parts.data import picking

    dataset = datasets.loaded(DATASET)
    assert picking.offered(dataset, 0).caption == "50"
    both = replace(
        dataset, targets=("price", "rooms"), values=np.array([[1500.0, 4.0]] * len(dataset))
    )
    assert picking.offered(both, 0).caption == "price 1\u202f500 · rooms 4"


def test_codes_are_shown_in_one_form():
    assert errors.written("no-pictures") == "E-NO-PICTURES"
    assert errors.written("E-PATH") == "E-PATH"
    assert errors.written("bug-1a2b3c4d") == "E-BUG-1A2B3C4D"


def test_a_run_is_told_apart_by_data_backbone_depth_date_and_accuracy(finished):
    title = run_names.title(store.run(finished))
    for fact in (
        "first try",
        "75\u202f% (30–\u206095\u202f%) right",
        "shapes",
        "Starter",
        "1 stage",
    ):
        assert fact in title
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d$", figures.without_joiners(title))
    for page in (page_files.START, page_files.RUNS):
        assert "shapes · Starter · 1 stage" in told(opened(page)) + " ".join(
            caption.value for caption in opened(page).caption
        )


def test_a_download_is_called_after_what_it_is_and_no_two_runs_share_a_name(finished, dataset_id):
    first = store.run(finished)
    assert run_names.stem(first) == "shapes-starter-75percent"
    again = store.add_run(dataset_id, "second", first.config, "another click")
    store.run_finished(again, first.metrics or {})
    assert run_names.stem(store.run(again)) == f"shapes-starter-75percent-{again[:6]}"
    assert run_names.stem(first) == "shapes-starter-75percent"


def test_skipped_files_are_named(dataset_id):
    counts = store.dataset(dataset_id).counts or {}
    row = replace(
        store.dataset(dataset_id), counts=counts | {"junk": 3, "junk_names": ["a.txt", "b*.db"]}
    )
    from pages.parts.data import overview

    assert overview._named(row, 3) == r" a\.txt, b\*\.db and 1 more"
    assert overview._named(store.dataset(dataset_id), 3) == ""


@pytest.mark.parametrize(
    ("config", "told", "words"),
    [
        ({"start": "random"}, {"val_accuracy": 1.0}, ""),
        ({"start": "closed_form", "hidden_units": [64]}, {"val_accuracy": 1.0}, ""),
        ({"start": "closed_form"}, {"val_accuracy": 1.0}, "right on 100\u202f% of the validation"),
        ({"start": "closed_form"}, {"val_accuracy": 0.8}, "so little is left to learn"),
        (
            {"start": "closed_form", "trainable_stages": 2},
            {"val_accuracy": 0.8},
            "stages that learn",
        ),
        ({"start": "closed_form"}, {"val_accuracy": 1.0, "val_mae": [2.0]}, "little is left"),
    ],
)
def test_a_run_that_begins_at_the_solution_says_what_there_is_to_see(finished, config, told, words):
    run = replace(store.run(finished), config=config)
    said = exact_start.sentence(run, RunView(closed_form=told))
    assert words in said and bool(words) == bool(said)


def test_before_the_solution_is_known_nothing_is_said_of_it(finished):
    run = replace(store.run(finished), config={"start": "closed_form"})
    assert exact_start.sentence(run, RunView()) == ""


def test_a_size_that_nobody_chose_is_the_backbones_own_and_never_zero(dataset_id):
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page(page_files.TRAIN).run()
    size = next(one for one in app.number_input if one.label == "Picture size (pixels)")
    own = catalogue.get(app.session_state["_config"].network.backbone).default_size_px
    assert size.value is None and size.placeholder == f"the backbone's own: {own}"
    assert app.session_state["_config"].network.image_size_px == 0
    size.set_value(96).run()
    assert not app.exception and app.session_state["_config"].network.image_size_px == 96

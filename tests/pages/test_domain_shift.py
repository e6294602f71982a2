"""How far pictures look apart, on Train and in the Transfer lab: offered, followed, found again, refused in words."""

from dataclasses import asdict, replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from pages.parts.shared.text import literal
from tests.evaluation.test_domain_shift import SHIFT
from tests.pages.test_pages import MAIN
from tl_core import store
from tl_core.backbones import weights
from tl_core.config import TrainConfig
from tl_core.datasets import manifest
from tl_core.evaluation import domain_shift
from tl_core.jobs import shift_measurer
from tl_core.signals import events, stopping

CLEAR = replace(SHIFT, area=0.97, low=0.94, high=0.99, error=0.05, squared=0.12, chance=0.001)


@pytest.fixture
def pair(made_dataset):
    """Two data sets of one project."""
    made = {}
    for name, each, seed in (("here", 36, 0), ("the *street*", 20, 5)):
        made[name] = store.create_dataset(store.default_project().id, name)
        made_dataset(3, each, identifier=made[name], seed=seed)
        store.dataset_ready(made[name], {"pictures": 3 * each, "classes": {}})
    return tuple(made.values())


def part(own: str, other: str) -> AppTest:
    def script(own, other):
        from pages.parts.shared import domain_shift
        from tl_core.config import TrainConfig
        from tl_core.datasets import manifest

        domain_shift.draw(manifest.load(own), TrainConfig(), other, "the *street*", "here")

    app = AppTest.from_function(script, args=(own, other), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def end(key, engine, found):
    with events.Writer(shift_measurer.folder_of(key)) as writer:
        writer.emit("finished", metrics=asdict(found))
    engine.kill(key)


def words(app: AppTest) -> str:
    return " ".join(each.value for each in (*app.markdown, *app.caption, *app.error, *app.warning))


def test_it_is_offered_with_its_price_followed_and_told(pair, engine):
    app = part(*pair)
    (start,) = app.button
    assert start.label.startswith("Measure how far apart they look: about ")
    start.click().run()
    assert not app.exception and [each.key for each in app.button] == ["stop-shift-here"]
    ((kind, key),) = engine.submitted
    assert kind == "domain_shift"
    end(key, engine, CLEAR)
    app.run()
    assert not app.exception and not app.button
    said = [literal(sentence) for sentence in domain_shift.in_words(CLEAR)]
    assert f"the \\*street\\*: **{said[0]}** {said[1]} {said[2]}" in words(app)
    # Under the hood: both formulas with the numbers of this measurement, and their papers.
    assert "the distance is 1.80 of at most 2" in words(app) and "0.94 to 0.99" in words(app)
    assert "Here it is 0.12" in words(app) and "p\u202f=\u202f0.001" in words(app)
    assert "Ben-David" in words(app) and "Gretton" in words(app)
    assert len(app.latex) == 4
    again = part(*pair)  # whoever comes back finds it
    assert not again.button and "clearly another look" in words(again)


def test_a_redraw_prices_the_offer_no_second_time(pair, engine, monkeypatch):
    asked, plain = [], shift_measurer.priced

    def priced(*given):
        asked.append(given[-1])
        return plain(*given)

    monkeypatch.setattr(shift_measurer, "priced", priced)
    app = part(*pair)
    for _ in range(3):
        app.run()
    assert asked == [pair[1]] and len(app.button) == 1
    turned = part(*pair[::-1])  # another choice has a price of its own
    assert asked == [*pair[::-1]] and len(turned.button) == 1


def test_what_is_under_way_can_be_stopped(pair, engine):
    app = part(*pair)
    app.button[0].click().run()
    app.button(key="stop-shift-here").click().run()
    assert stopping.is_asked(shift_measurer.folder_of(engine.submitted[0][1]))


def test_too_few_pictures_are_refused_in_words(pair, made_dataset):
    few = store.create_dataset(store.default_project().id, "few")
    made_dataset(1, 3, identifier=few, seed=9)
    store.dataset_ready(few, {"pictures": 3})
    app = part(pair[0], few)
    assert not app.button and "too few pictures to say" in words(app)


def test_without_the_network_nothing_is_offered(pair, monkeypatch):
    monkeypatch.setattr(weights, "present", lambda name: False)
    app = part(*pair)
    assert not app.button and not app.error


def test_train_says_it_where_a_target_domain_is_chosen(pair, engine):
    own, other = pair
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = own
    app = app.switch_page(page_files.TRAIN).run()
    assert not any(each.key == "start-shift-train" for each in app.button)
    app.button(key="choose-method-alignment").click().run()
    choice = next(box for box in app.selectbox if "where it will be used" in box.label)
    choice.select(other).run()
    assert not app.exception and not app.error
    app.button(key="start-shift-train").click().run()
    end(dict(engine.submitted)["domain_shift"], engine, CLEAR)
    app.run()
    assert not app.exception and "clearly another look" in words(app)


def test_the_lab_says_it_once_for_each_data_set(pair, engine):
    def script(own):
        from pages.parts.transfer_lab import side_by_side
        from tl_core import store
        from tl_core.datasets import manifest

        side_by_side.draw(store.dataset(own), manifest.load(own))

    own, other = pair
    app = AppTest.from_function(script, args=(own,), default_timeout=60).run()
    app.selectbox(key=f"side-source-{own}").set_value(other).run()
    assert [each.key for each in app.button if "shift" in each.key] == ["start-shift-source"]
    app.selectbox(key=f"side-unlabelled-{own}").set_value(other).run()
    assert len([each.key for each in app.button if "shift" in each.key]) == 1
    key = shift_measurer.key(own, TrainConfig(), other)
    shift_measurer.start(shift_measurer.priced(manifest.load(own), TrainConfig(), other))
    end(key, engine, SHIFT)
    app.run()
    assert not app.exception and "cannot be told apart" in words(app)

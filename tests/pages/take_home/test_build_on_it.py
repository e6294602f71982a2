"""Build on it: what is offered of a model, what is refused, and what one is told afterwards."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.backbones.made_own import kept
from tests.home.test_own_backbones import head_only, leaves, standing_on  # noqa: F401 a fixture
from tests.made import DATASET
from tl_core import store
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.home import own_backbones
from tl_core.jobs import backbone_maker
from tl_core.training import results


def drawn(run_id: str) -> AppTest:
    def page(run_id):
        from pages.parts.take_home import build_on_it
        from tl_core import store

        build_on_it.draw(store.run(run_id))

    app = AppTest.from_function(page, args=(run_id,), default_timeout=60).run()
    assert not app.exception
    return app


@pytest.fixture
def fine_tuned(leaves, tmp_path):  # noqa: F811
    """A run whose model says that stages of it learnt; its weights are never read."""
    run_id, card = ids.new(), kept(tmp_path, "Before")
    standing_on(card, ids.run_folder(run_id) / results.MODEL_DIR, trainable_stages=2)
    told = TrainConfig().but(trainable_stages=2).model_dump(mode="json")
    metrics = {"task": "classify", "test": {"count": 0}}
    store.add_run(DATASET, "First", told, run_id, run_id=run_id, metrics=metrics)
    return run_id


def test_a_model_whose_head_alone_learnt_says_what_to_choose_instead(home, leaves):  # noqa: F811
    app = drawn(head_only(leaves).id)
    assert any("Only the head of this model learnt" in each.value for each in app.markdown)
    assert not app.button


def test_a_click_asks_for_the_backbone_under_the_name_that_was_typed(home, fine_tuned, engine):
    app = drawn(fine_tuned)
    assert app.text_input[0].value == "Leaves (Starter)"
    app.text_input[0].set_value("Leaves of spring")
    app.button(key=f"use-as-backbone-{fine_tuned}").click().run()
    assert not app.exception
    assert ("make_backbone", fine_tuned) in engine.submitted
    assert backbone_maker.is_working(fine_tuned)


def test_a_name_that_another_one_has_is_refused_in_place(home, fine_tuned, engine):
    app = drawn(fine_tuned)
    app.text_input[0].set_value("before")
    app.button(key=f"use-as-backbone-{fine_tuned}").click().run()
    assert "already" in app.error[0].value
    assert not engine.submitted


def test_one_that_was_made_leads_to_train(home, fine_tuned, tmp_path):
    card = kept(tmp_path, "Made of it", seed=1)
    own_backbones._note(store.run(fine_tuned)).write_text(card.name)
    app = drawn(fine_tuned)
    assert any("Made of it" in each.value for each in app.markdown)
    assert app.button(key="train-on-it").label == "Train on it"

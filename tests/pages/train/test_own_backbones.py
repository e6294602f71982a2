"""Backbones that were models of this home, on the Train page: chosen like any, removed with a way back."""

from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files
from tests.backbones.made_own import kept
from tests.pages.test_pages import MAIN
from tl_core.backbones import own


def test_it_is_chosen_and_removed_and_comes_back(home, dataset_id, tmp_path):
    card = kept(tmp_path, "Leaves of spring")
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset_id
    app.run()
    app = app.switch_page(page_files.TRAIN).run()
    assert not app.exception
    shown = [each.value for each in app.markdown]
    assert "**Your own backbones**" in shown and "**Leaves of spring**" in shown
    assert any("Leaves \\<b\\>" in text and "oak\\, ash" in text for text in shown)

    app.button(key=f"choose-{card.name}").click().run()
    assert not app.exception
    assert app.session_state["_config"].network.backbone == card.name
    assert not any("needs its pretrained weights" in each.value for each in app.markdown)

    app.button(key=f"remove-{card.name}").click().run()
    assert not app.exception
    assert own.cards() == []
    assert app.session_state["_config"].network.backbone != card.name
    app.button(key="undo-remove").click().run()
    assert not app.exception
    assert own.cards() == [card]


def test_it_is_renamed_where_it_is_listed(home, dataset_id, tmp_path):
    card, other = kept(tmp_path, "Leaves of spring"), kept(tmp_path, "Trees", seed=2)
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset_id
    app.run()
    app = app.switch_page(page_files.TRAIN).run()
    (field,) = [each for each in app.text_input if each.value == card.title]
    field.set_value("Trees")
    _button(app, card).click().run()
    assert not app.exception and "already" in " ".join(each.value for each in app.error)
    (field,) = [
        each for each in app.text_input if each.value == "Trees" and card.name in each.form_id
    ]
    field.set_value("Leaves of autumn")
    _button(app, card).click().run()
    assert not app.exception and not app.error
    assert {each.title for each in own.cards()} == {"Leaves of autumn", other.title}
    assert "**Leaves of autumn**" in [each.value for each in app.markdown]


def _button(app, card):
    return next(
        each for each in app.button if each.label == "Rename" and card.name in (each.form_id or "")
    )


def test_settings_on_one_that_is_gone_begin_with_another(home, dataset_id, tmp_path):
    card = kept(tmp_path)
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["dataset"] = dataset_id
    app.run()
    app = app.switch_page(page_files.TRAIN).run()
    app.button(key=f"choose-{card.name}").click().run()
    own.remove(card.name, lambda name: None)
    app.run()
    assert not app.exception
    assert app.session_state["_config"].network.backbone != card.name

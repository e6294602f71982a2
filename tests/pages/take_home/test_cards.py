"""What the cards of Take it home say: the verdict first, an old certificate too, and what is missing."""

from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.take_home import places
from pages.parts.web import packed_pages
from tl_core.base.said import Said, packed
from tl_core.export import installing, judged, parity
from tl_core.export.formats import registry
from tl_core.export.formats.needed_package import Package
from tl_core.export.scores import Measured, Score

SCORE = Score(
    "accuracy", Said("accuracy"), True, 90, Measured(0.8, 0.71, 0.87), Measured(0.79, 0.7, 0.86)
)
PASSED = parity.Certificate(
    90, 1.0, 2e-6, 1e-4, True, originals=90, awkward=49, seconds_each=0.0042, machine="a <b>"
)


def told(certificate: parity.Certificate, *scores: Score) -> dict[str, Any]:
    return asdict(certificate) | {"scores": [packed(asdict(score)) for score in scores]}


def shown(certificate: dict[str, Any]) -> AppTest:
    def page(certificate):
        from pages.parts.shared.tasks import registry
        from pages.parts.take_home import certificate as drawing

        drawing.draw(certificate, registry.get("classify"))

    app = AppTest.from_function(page, args=(certificate,), default_timeout=60).run()
    assert not app.exception
    return app


def test_the_verdict_stands_first_and_accuracy_of_both_beside_it(home):
    app = shown(told(replace(PASSED, versions={"Keras": "3"}), SCORE))
    assert "It answers as the app does." in app.success[0].value
    told_first = app.markdown[0].value
    assert "Checked on 90 of your pictures" in told_first
    assert "(71–\u206087" in told_first and "(70–\u206086" in told_first
    assert any("Keras 3" in each.value for each in app.markdown)
    assert all("<b>" not in each.value.replace("\\<b\\>", "") for each in app.markdown)


def test_a_file_that_answers_otherwise_is_an_error_that_nobody_overlooks(home):
    app = shown(told(replace(PASSED, passed=False, label_agreement=0.5)))
    assert not app.success and "Do not rely on this file" in app.error[0].value


def test_a_certificate_of_an_earlier_version_is_still_drawn(home):
    names = ("pictures", "label_agreement", "largest_difference", "tolerance", "passed")
    app = shown({name: getattr(PASSED, name) for name in names})
    assert app.success


def test_a_file_that_was_not_run_is_neither_praised_nor_blamed(home):
    reason = Said("It runs on {system} alone.", system="another")
    told = parity.not_run(reason)
    app = shown(packed(asdict(told)))
    assert not app.success and not app.error
    (warning,) = app.warning
    assert "not run here" in warning.value and "unchecked" in warning.value


def lacking(need: Package, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Show what is said of a package that one more format needs."""

    def page(need):
        from pages.parts.take_home import missing_package

        missing_package.draw(need)

    more = replace(registry.FORMATS[0], name="lacking", packages=(need,))
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, more))
    app = AppTest.from_function(page, args=(need,), default_timeout=60).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_missing_package_has_a_button_where_a_click_may_install_it_else_the_command(
    home, monkeypatch, is_allowed
):
    monkeypatch.setattr(installing, "is_allowed", lambda: is_allowed)
    need = Package("some-package", "no_such_module", "it writes such files.")
    app = lacking(need, monkeypatch)
    assert "it writes such files." in app.info[0].value
    assert [each.label for each in app.button] == (["Install some\\-package"] if is_allowed else [])
    commands = [each.value for each in app.code]
    assert commands == ([] if is_allowed else ["python -m pip install some-package"])


def test_a_package_that_is_too_old_is_updated_at_a_click(home, monkeypatch):
    monkeypatch.setattr(installing, "is_allowed", lambda: True)
    app = lacking(Package("numpy", "numpy", "It counts.", "99"), monkeypatch)
    assert "in version 99 or later" in app.info[0].value
    assert [each.label for each in app.button] == ["Update numpy"]


@pytest.mark.parametrize("address", ["", "192.168.1.20"])
def test_a_packed_page_has_a_code_where_the_network_reaches_graft_else_says_what_to_do(
    home, monkeypatch, address
):
    def page(file):
        from pages.parts.take_home import on_phone

        on_phone.draw(file)

    monkeypatch.setattr(
        packed_pages, "from_network", lambda _: address and f"http://{address}:8501"
    )
    file = home / "index.html"
    file.write_text("page", "utf-8")
    app = AppTest.from_function(page, args=(file,), default_timeout=60).run()
    assert not app.exception
    bodies = [element.proto.body for element in app.get("html")]
    if address:
        assert 'href="http://192.168.1.20:8501/graft/page/' in bodies[0]
        assert 'src="data:image/svg+xml' in bodies[0] and "alt=" in bodies[0]
        assert any("live camera stays off" in each.value for each in app.caption)
    else:
        assert not bodies and "--server.address 0.0.0.0" in app.code[0].value


def test_a_model_that_came_without_pictures_can_be_served_but_not_be_checked(home, tmp_path):
    run = SimpleNamespace(metrics={"arrived": True})
    offered = places.offered(run)  # pyright: ignore[reportArgumentType]
    assert {known.name for known in offered} == {"server", "bundle"}
    assert not judged.is_possible(tmp_path)

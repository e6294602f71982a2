"""The panel that tells whether a model is as sure as it is right."""

import numpy as np
from streamlit.testing.v1 import AppTest

from pages.parts.shared.tasks import certainty
from tl_core.measures import conformal, reliability, temperature

CLASSES, PICTURES = 4, 400


def answers(divisor: float) -> tuple[np.ndarray, np.ndarray]:
    """Return truths and calibrated answers made too sure by `divisor`."""
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.full(CLASSES, 0.5), PICTURES)
    truth = np.array([random.choice(CLASSES, p=row) for row in shares])
    return truth, temperature.tempered(shares, divisor)


def judged(divisor: float = 1.0, promised: bool = True) -> dict:
    truth, told = answers(divisor)
    promises = conformal.of_classes(truth, told) if promised else ()
    return {
        "certainty": reliability.before_and_after(truth, told),
        "sets": [conformal.judged(truth, told, promise, None) for promise in promises],
    }


def page(test: dict) -> AppTest:
    def script(test):
        from pages.parts.shared.tasks import certainty

        certainty.draw(test)

    app = AppTest.from_function(script, kwargs={"test": test}, default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(block.value for block in app.markdown)


def test_how_often_it_is_right_when_it_is_so_sure_stands_in_a_sentence():
    test = judged()
    fullest = max(test["certainty"]["bins"], key=lambda each: each["count"])
    told = words(page(test))
    assert f"judged on {fullest['count']} test pictures" in told
    for key in ("accuracy_low", "accuracy_high", "confidence"):
        assert f"{fullest[key]:.0%}".replace("%", "\u202f%") in told
    assert "surer than it should be" not in told


def test_a_model_that_is_too_sure_is_told_so():
    assert "surer than it should be" in words(page(judged(divisor=0.3)))
    assert "right more often than it says" in words(page(judged(divisor=3)))


def test_what_was_promised_stands_beside_how_often_it_held():
    test = judged()
    table = page(test).dataframe[0].value
    assert list(table["Promised"]) == ["80\u202f%", "90\u202f%", "95\u202f%"]
    for held, one in zip(table["Truth among them"], test["sets"], strict=True):
        assert held.startswith(f"{one['covered']:.0%}".replace("%", "\u202f%"))


def test_too_few_validation_pictures_promise_nothing_and_it_is_said():
    app = page(judged(promised=False))
    assert not app.dataframe
    assert "at least 4 validation pictures are needed" in words(app)


def test_what_the_temperature_did_is_told():
    truth, told = answers(1)
    one = {"certainty": reliability.before_and_after(truth, told, None, 2.5)}
    assert "it was made less sure" in words(page(one))
    assert "made surer" in words(
        page({"certainty": reliability.before_and_after(truth, told, None, 0.5)})
    )
    assert "made" not in words(page(judged()))


def test_runs_that_did_not_measure_it_show_nothing():
    assert not page({"accuracy": 1.0}).header
    assert certainty.error({"ece": 0.1}) is None

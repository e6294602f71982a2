"""A result: the number with its interval beside the baselines, classes, confusions, pictures."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.shared import numbers, shares
from pages.parts.shared.tasks import (
    certainty,
    class_examples,
    class_table,
    confusions,
    exact_baseline,
    interval_basis,
    ranking_curves,
    unjudged_classes,
)
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.measures import class_intervals
from tl_core.measures.metrics import confusion_of

FEW_TEST_PICTURES = 60
WIDE = 0.08


def draw_score(run: store.RunRow) -> None:
    """Draw the share that is right, on a line beside the baselines."""
    metrics = run.metrics or {}
    _score(metrics, metrics["test"])


def draw_details(run: store.RunRow, stem: str) -> None:
    """Draw which classes it knows, what it takes for what, and examples."""
    test = (run.metrics or {})["test"]
    classes = [row["class"] for row in test["per_class"]]
    unjudged_classes.warn(run)
    _few_pictures(test)
    confusions.draw(run.id, classes, confusion_of(test))
    class_examples.draw(run.id, stem, classes)
    class_table.draw(stem, test["per_class"])
    ranking_curves.draw(run.id, test, "class")
    certainty.draw(test)


def draw_more(run: store.RunRow) -> None:
    """Draw the measures that only some readers ask for."""
    _under_the_hood((run.metrics or {})["test"])


def _score(metrics: dict[str, Any], test: dict[str, Any]) -> None:
    low, high = test["accuracy_low"], test["accuracy_high"]
    left, right = st.columns([2, 3], gap="large")
    with left:
        digits = numbers.digits_of(low, high)
        st.html(
            f'<p class="graft-score">{numbers.percent(test["accuracy"], digits)} '
            f"<small>{numbers.spread(test['accuracy'], low, high)}</small></p>"
        )
        st.markdown(
            tn(
                "right on {pictures} test picture. With 95 % certainty the true share lies between {low} and {high}.",
                "right on {pictures} test pictures. With 95 % certainty the true share lies between {low} and {high}.",
                test["count"],
                pictures=numbers.count(test["count"]),
                low=numbers.percent(low, digits),
                high=numbers.percent(high, digits),
            )
        )
        interval_basis.draw(test)
    with right:
        _scale(metrics, test)


def _scale(metrics: dict[str, Any], test: dict[str, Any]) -> None:
    """Draw the number on a line from 0 to 100 %, beside what guessing and the exact head give."""
    low, high = 100 * test["accuracy_low"], 100 * test["accuracy_high"]
    marks = [(100 * test["accuracy"], t("this model"), "graft-ours", "graft-above")]
    if test.get("baseline") is not None:
        marks.append((100 * test["baseline"], t("guessing"), "", "graft-below"))
    drawn = "".join(
        f'<span class="graft-mark {kind}" style="left:{at:.1f}%"></span>'
        f'<span class="graft-label {where}" style="left:clamp(3em, {at:.1f}%, calc(100% - 3em))">{escape(name)}</span>'
        for at, name, kind, where in marks
    )
    st.html(
        f'<div class="graft-range" role="img" aria-label="{escape(_comparison(metrics, test, str))}">'
        f'<span class="graft-band" style="left:{low:.1f}%;width:{high - low:.1f}%"></span>{drawn}</div>'
    )
    st.markdown(_comparison(metrics, test, literal))


def _comparison(metrics: dict[str, Any], test: dict[str, Any], safe: Callable[[str], str]) -> str:
    """Return what the accuracy is to be compared with; `safe` makes a name fit for its place."""
    digits = shares.digits(metrics)
    told = t(
        "Always answering “{name}” would be right {share} of the time.",
        name=safe(shortened(str(test.get("baseline_class", "")))),
        share=numbers.percent(test.get("baseline"), digits),
    )
    exact = metrics.get("closed_form_accuracy")
    if exact is not None:
        told += " " + t(
            "{exact} reaches {share}.",
            exact=exact_baseline.name(metrics),
            share=numbers.percent(exact, digits),
        )
    return told


def _few_pictures(test: dict[str, Any]) -> None:
    if (
        test["count"] >= FEW_TEST_PICTURES
        and (test["accuracy_high"] - test["accuracy_low"]) / 2 <= WIDE
    ):
        return
    if test.get("groups") and test["count"] >= FEW_TEST_PICTURES:
        return  # what it rests on is told beside the number
    st.info(
        tn(
            "There was only {count} test picture, so this number is rough. More pictures would make it surer.",
            "There were only {count} test pictures, so this number is rough. More pictures would make it surer.",
            test["count"],
        ),
        icon=":material/straighten:",
    )


def _about_calibration(test: dict[str, Any]) -> str:
    about = t("How far “87 % sure” is from being right 87 % of the time. 0 is perfect.")
    if test.get("certainty"):
        told = t("What chance alone shows on so few pictures is taken off.")
        return f"{about} {told}"
    floor = test.get("ece_floor")
    if floor is None:
        return about
    told = t(
        "On so few pictures even a model that is exactly as sure as it should be shows {floor} on average.",
        floor=f"{floor:.3f}",
    )
    return f"{about} {told}"


def _about_balanced_accuracy(test: dict[str, Any]) -> str:
    about = t("The mean of “found” over the classes: rare classes count as much as common ones.")
    if "balanced_accuracy_low" not in test or test["balanced_accuracy_low"] is not None:
        return about
    return f"{about} {t('Without an interval: a class has no test picture.')}"


def _about_macro_f1(test: dict[str, Any]) -> str:
    about = t("A mean of “found” and “trustworthy” over the classes.")
    if "macro_f1_low" not in test or test["macro_f1_low"] is not None:
        return about
    none = tn(
        "Without an interval: it takes {count} test picture of every class, and copies count once.",
        "Without an interval: it takes {count} test pictures of every class, and copies count once.",
        class_intervals.FEWEST,
    )
    return f"{about} {none}"


def _within(test: dict[str, Any], name: str) -> str:
    """Return a number with its interval of 95 %, as far as both are known."""
    value, low, high = (test.get(key) for key in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return "–"
    if low is None or high is None:
        return numbers.fixed(value, 3)
    between = numbers.between(numbers.fixed(low, 3), numbers.fixed(high, 3))
    return f"{numbers.fixed(value, 3)} ({between})"


def _under_the_hood(test: dict[str, Any]) -> None:
    with st.expander(t("Under the hood"), icon=":material/science:"):
        rows = {
            t("Balanced accuracy"): (
                _within(test, "balanced_accuracy"),
                _about_balanced_accuracy(test),
            ),
            t("Macro F1"): (
                _within(test, "macro_f1"),
                _about_macro_f1(test),
            ),
            t("Log loss"): (
                _within(test, "log_loss"),
                t("Punishes being sure and wrong. 0 is perfect."),
            ),
            t("Brier score"): (
                _within(test, "brier"),
                t("Squared distance from the truth, 0 to 2. 0 is perfect."),
            ),
            t("Calibration error"): (
                certainty.error(test) or _within(test, "ece"),
                _about_calibration(test),
            ),
        }
        for name, (told, about) in rows.items():
            st.markdown(f"**{name}** {told}  \n:small[{about}]")
        if test.get("interval_methods"):
            st.caption(t("In brackets: 95 % intervals."))

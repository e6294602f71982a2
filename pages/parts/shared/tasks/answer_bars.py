"""One answer as bars: the most probable classes, beside the truth where that is known."""

from collections.abc import Collection, Mapping

import streamlit as st

from pages.parts.shared import numbers, theme
from pages.parts.shared.tasks.panels import Bar
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.jobs.predictor import Prediction

BARS = 8
UNSURE = 0.5


def draw(prediction: Prediction, colours: Mapping[str, str], truth: str) -> None:
    """Draw one answer; `truth` is the class that the picture is known to be of, "" for unknown."""
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    first, probability = ranked[0]
    st.markdown(f"## {literal(shortened(first))}")
    if probability < UNSURE:
        st.markdown(t("It is not sure."))
    if truth:
        verdict = (
            t("That is right.")
            if truth == first
            else t("That is wrong: it is {truth}.", truth=literal(shortened(truth)))
        )
        st.markdown(f"{':material/check:' if truth == first else ':material/close:'} {verdict}")
    rows = "".join(
        bar(name, share, colours.get(name, ""), is_first=name == first)
        for name, share in ranked[:BARS]
    )
    st.html(f'<dl class="graft-bars">{rows}</dl>')
    if len(ranked) > BARS:
        rest = sum(share for _, share in ranked[BARS:])
        st.caption(
            tn(
                "{count} other class has {share}.",
                "{count} other classes share {share}.",
                len(ranked) - BARS,
                share=numbers.percent(rest),
            )
        )
    if prediction.unknown is None:
        st.caption(
            t("It always answers with one of its classes, even for something it has never seen.")
        )


def bar(name: str, share: float, colour: str, *, is_first: bool) -> str:
    """Return a class with its share as a bar, for a list of class `graft-bars`."""
    kind = ' class="graft-first"' if is_first else ""
    return (
        f"<dt{kind}>{escape(shortened(name))}</dt>"
        f'<dd><div class="graft-track"><div class="graft-fill" style="width:{100 * share:.1f}%;--class:{colour or "#2f8f6b"}"></div></div></dd>'
        f"<dd{kind}>{numbers.percent(share)}</dd>"
    )


def bars(prediction: Prediction, given: Collection[str]) -> tuple[Bar, ...]:
    """Return the classes of an answer as bars, each in its own colour.

    A few stay in their places, so that nothing jumps where one answer follows another; of many, those
    that are `given` come first, then the most probable.
    """
    places = {name: place for place, name in enumerate(prediction.probabilities)}
    shown = list(prediction.probabilities.items())
    if len(shown) > BARS:
        shown.sort(key=lambda pair: (pair[0] not in given, -pair[1]))
    return tuple(
        Bar(
            shortened(name),
            share,
            numbers.percent(share),
            theme.class_colour(places[name]),
            name in given,
        )
        for name, share in shown[: max(BARS, len(given))]
    )


def draw_labels(
    prediction: Prediction, colours: Mapping[str, str], truth: tuple[str, ...] | None
) -> None:
    """Draw which labels a picture is given, and the others faded; `truth` where that is known."""
    if prediction.labels:
        st.markdown("## " + " · ".join(literal(shortened(name)) for name in prediction.labels))
    else:
        st.markdown("## " + t("None of these"))
    if truth is not None:
        is_right = set(truth) == set(prediction.labels)
        known = ", ".join(literal(shortened(name)) for name in truth) or t("none of these")
        verdict = t("That is right.") if is_right else t("Truly it shows: {truth}.", truth=known)
        st.markdown(f"{':material/check:' if is_right else ':material/close:'} {verdict}")
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    shown = [pair for pair in ranked if pair[0] in prediction.labels]
    faded = [pair for pair in ranked if pair[0] not in prediction.labels][:BARS]
    for pairs, look in ((shown, ""), (faded, ' style="opacity:.5"')):
        rows = "".join(
            bar(name, share, colours.get(name, ""), is_first=not look) for name, share in pairs
        )
        if rows:
            st.html(f'<dl class="graft-bars"{look}>{rows}</dl>')
    st.caption(t("A label is given from its own threshold on, chosen on validation pictures."))

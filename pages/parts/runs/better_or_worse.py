"""Whether one run is better than another, in words, and every measure with its interval."""

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core.evaluation.comparison import Comparison, Difference


def draw(found: Comparison, first: str, second: str) -> None:
    """Draw the verdict of `second` held against `first`, what it rests on, and all measures."""
    headline = found.headline
    words = _verdict(found, literal(first), literal(second))
    if headline.verdict > 0:
        st.success(words, icon=":material/trending_up:")
    elif headline.verdict < 0:
        st.warning(words, icon=":material/trending_down:")
    else:
        st.info(words, icon=":material/balance:")
    _basis(found)
    with st.expander(t("All measures"), icon=":material/science:"):
        st.dataframe(
            {
                t("Measure"): [t(each.title) for each in found.differences],
                first: [_value(each, each.first) for each in found.differences],
                second: [_value(each, each.second) for each in found.differences],
                t("Difference"): [_difference(each) for each in found.differences],
            },
            hide_index=True,
        )
        st.caption(_method(found))


def _verdict(found: Comparison, first: str, second: str) -> str:
    headline = found.headline
    if not headline.verdict:
        told = tn(
            "No difference can be told with {count} test picture.",
            "No difference can be told with {count} test pictures.",
            len(found.rows),
        )
        return f"{told} {t('Measured: {difference}.', difference=_difference(headline))}"
    values = {"first": first, "second": second, "difference": _difference(headline)}
    if headline.verdict > 0:
        return t("{second} is better than {first}: {difference}.", **values)
    return t("{second} is worse than {first}: {difference}.", **values)


def _basis(found: Comparison) -> None:
    """Say which pictures count, where that is not simply all of them."""
    facts = []
    if len(found.rows) < max(found.counts):
        facts.append(
            tn(
                "Only the {count} test picture that both were judged by counts.",
                "Only the {count} test pictures that both were judged by count.",
                len(found.rows),
            )
        )
    if found.learnt:
        facts.append(
            tn(
                "{count} is left out because one of the two learnt from it.",
                "{count} are left out because one of the two learnt from them.",
                found.learnt,
            )
        )
    if found.disputed:
        facts.append(
            tn(
                "{count} is left out because it was given another class since.",
                "{count} are left out because they were given another class since.",
                found.disputed,
            )
        )
    if facts:
        st.caption(" ".join(facts))


def _method(found: Comparison) -> str:
    if found.headline.probability is not None:
        told = t(
            "Shares: McNemar's exact test (chance alone would part them so in {chance} of cases) and the interval "
            "of Agresti and Min. Other measures: a bootstrap of the differences picture by picture.",
            chance=numbers.percent(found.headline.probability, 1),
        )
    else:
        told = t(
            "A bootstrap of the differences, picture by picture; what belongs together is drawn together."
        )
    if found.groups < len(found.rows):
        told += " " + tn(
            "The pictures come in {count} group.",
            "The pictures come in {count} groups.",
            found.groups,
        )
    if found.comparisons > 1:
        told += " " + t(
            "{count} comparisons stand side by side; their intervals are wider, so that all of them hold "
            "together in 95 of 100 cases.",
            count=found.comparisons,
        )
    return told


def _value(each: Difference, value: float) -> str:
    return numbers.percent(value, 1) if each.is_share else numbers.value(value)


def _difference(each: Difference) -> str:
    """Return "+2.1 points, interval 0.4 to 3.9"."""
    scale, written = (100, _points) if each.is_share else (1, _plain)
    gain = written(scale * each.gain)
    if each.interval is None:
        return t("{difference}, too few groups for an interval", difference=gain)
    return t(
        "{difference}, interval {low} to {high}",
        difference=gain,
        low=_signed(scale * each.interval.low, 1 if each.is_share else 3),
        high=_signed(scale * each.interval.high, 1 if each.is_share else 3),
    )


def _points(value: float) -> str:
    return t("{number} points", number=_signed(value, 1))


def _plain(value: float) -> str:
    return _signed(value, 3)


def _signed(value: float, places: int) -> str:
    told = numbers.fixed(value, places)
    return f"+{told}" if value > 0 and not told.startswith("+") else told

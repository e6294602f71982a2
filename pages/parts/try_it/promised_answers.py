"""A switch for all that a picture may be, so that the truth is among it as often as promised."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.shared import errors, numbers
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.words import t
from tl_core import store
from tl_core.jobs import predictor
from tl_core.jobs.predictor import Prediction
from tl_core.measures import conformal
from tl_core.measures.conformal import Promise
from tl_core.tasks import promised, registry
from tl_core.tasks.promised import Promised
from tl_core.tasks.task import Rules

Asked = tuple[Rules, Promise] | None
"""What was promised, as `all_of` takes it; None where nobody asks."""


def ask(run: store.RunRow, panels: Panels) -> Asked:
    """Draw the switch, and how often the truth is to be among the answer; return what is asked for."""
    label = panels.all_it_may_be()
    if not label or not st.toggle(label, key=f"try-sets-{run.id}"):
        return None
    with errors.shown():
        rules = predictor.rules_in(predictor.model_folder(run.id))
        known = [one.coverage for one in rules.promises]
        usual = conformal.USUAL if conformal.USUAL in known else next(iter(known), conformal.USUAL)
        first = promised.promise_of(rules, usual)
        coverage = st.segmented_control(
            t("How often the truth is to be among it"),
            known,
            default=first.coverage,
            required=True,
            format_func=numbers.percent,
            key=f"try-coverage-{run.id}",
            help=t(
                "Found on validation pictures: it holds for new pictures that are like yours. "
                "The more often, the more is named."
            ),
        )
        return rules, promised.promise_of(rules, coverage)
    return None


def all_of(prediction: Prediction, asked: Asked) -> Promised | None:
    """Return all that one picture may be, None where nobody asked."""
    return None if asked is None else registry.of_reply(prediction).promised(prediction, *asked)


def draw(panels: Panels, prediction: Prediction, asked: Asked) -> None:
    """Say what a picture may be, where that was asked."""
    told = all_of(prediction, asked)
    if told is not None:
        st.markdown(
            panels.may_be(told),
            help=t(
                "Of pictures like yours the truth is among this {share} of the time.",
                share=numbers.percent(told.coverage),
            ),
        )


def columns(predictions: Sequence[Prediction | None], asked: Asked) -> Mapping[str, list[object]]:
    """Return all that pictures may be as columns of a table, nothing where nobody asked."""
    if asked is None or not any(predictions):
        return {}
    name = t("May be ({share})", share=numbers.percent(asked[1].coverage))
    found = [one and all_of(one, asked) for one in predictions]
    return {name: [one and in_short(one) for one in found]}


def in_short(told: Promised) -> str:
    """Return classes, or the ends of numbers, in a cell of a table."""
    ends = {
        name: numbers.between(numbers.value(low), numbers.value(high))
        for name, (low, high) in told.ranges.items()
    }
    ranges = ends.values() if len(ends) == 1 else (f"{name} {each}" for name, each in ends.items())
    return ", ".join(told.classes) or " · ".join(ranges)

"""A sentence for runs that begin at the exact solution, whose curves have little left to rise."""

from collections.abc import Mapping
from typing import Any

from pages.parts.shared import numbers
from pages.parts.shared.tasks import registry
from pages.parts.shared.words import t
from tl_core import store
from tl_core.signals.progress import RunView
from tl_core.tasks import registry as tasks

ALL_RIGHT = 0.995


def sentence(run: store.RunRow, view: RunView) -> str:
    """Return what the curves will show, in a sentence; "" where the head begins at random."""
    begins_solved = run.setting("start") == "closed_form" and not run.setting("hidden_units")
    if not begins_solved or view.closed_form is None:
        return ""
    is_share = registry.get(tasks.of_event(view.closed_form).kind).curve_is_share
    told = [_little(run, view.closed_form, is_share), _to_see(run, is_share)]
    if not run.is_done:
        told.append(
            t("To watch a head learn from nothing, switch on “Watch it learn” before you start.")
        )
    return " ".join(told)


def _little(run: store.RunRow, solved: Mapping[str, Any], is_share: bool) -> str:
    """Say how much is left to learn after the start."""
    reached = solved.get("val_accuracy")
    if is_share and reached is not None and reached >= ALL_RIGHT:
        return t(
            "Epoch 0 is the exact solution already, which is right on {share} of the validation pictures: no curve can rise much.",
            share=numbers.percent(reached),
        )
    if run.setting("trainable_stages"):
        return t(
            "Epoch 0 is the exact solution on the frozen network already, so the curves begin near where they end."
        )
    return t(
        "Epoch 0 is the exact solution for the head already, so little is left to learn and the curves can hardly improve."
    )


def _to_see(run: store.RunRow, is_share: bool) -> str:
    if run.setting("trainable_stages") and is_share:
        return t(
            "What there is to see: whether the stages that learn lift the solid line above the dashed one."
        )
    if run.setting("trainable_stages"):
        return t(
            "What there is to see: whether the stages that learn bring the solid line of the mean error below the dashed one."
        )
    return t(
        "What there is to see: whether the solid line leaves the dashed one, and how far the dotted one lies from it, which is what the model knows by heart alone."
    )

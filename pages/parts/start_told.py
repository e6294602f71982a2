"""What there is to see in the curves of a run that begins at the exact solution, and so nearly at its end."""

from pages.parts import numbers
from pages.parts.words import t
from tl_core.runs import store
from tl_core.runs.progress import RunView

ALL_RIGHT = 0.995


def sentence(run: store.RunRow, view: RunView) -> str:
    """Return it, nothing for a run whose head begins at random and so has everything to learn."""
    begins_solved = run.config.get("start") == "closed_form" and not run.config.get("hidden_units")
    if not begins_solved or view.closed_form is None:
        return ""
    told = [_little(run, view), _to_see(run)]
    if not run.is_done:
        told.append(
            t("To watch a head learn from nothing, switch on “Watch it learn” before you start.")
        )
    return " ".join(told)


def _little(run: store.RunRow, view: RunView) -> str:
    """Say how much is left to learn after the start."""
    reached = (view.closed_form or {}).get("val_accuracy")
    is_share = "val_mae" not in (view.closed_form or {})
    if is_share and reached is not None and reached >= ALL_RIGHT:
        return t(
            "This training begins at the exact solution, which is right on {share} of the validation pictures already: no curve can rise much.",
            share=numbers.percent(reached),
        )
    if run.config.get("trainable_stages"):
        return t(
            "This training begins at the exact solution on the frozen network, not at nothing, so the first epoch stands high already."
        )
    return t(
        "This training begins at the exact solution for the head, so little is left to learn and the curves stay nearly level."
    )


def _to_see(run: store.RunRow) -> str:
    if run.config.get("trainable_stages"):
        return t(
            "What there is to see: whether the stages that learn lift the solid line above the dashed one."
        )
    return t(
        "What there is to see: whether the solid line leaves the dashed one, and how far the dotted one lies from it, which is what the model knows by heart alone."
    )

"""Why a run ended where it did, and which of its weights were kept, in a sentence or two."""

from typing import Any

from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base import said
from tl_core.signals.progress import RunView
from tl_core.training import rates


def sentence(run: store.RunRow, view: RunView) -> str:
    """Return why a run that has a model ended and what was kept; nothing for any other run."""
    metrics = run.metrics or {}
    if metrics.get("arrived") or metrics.get("ended") is None:
        return ""
    if metrics.get("chosen_by_person"):  # which of both is the model is told beside the choice
        return " ".join(each for each in (_reason(run, metrics, view), _refitted(metrics)) if each)
    told = (
        _reason(run, metrics, view),
        _kept(run, metrics),
        _without_hidden_layers(run, metrics),
        _refitted(metrics),
    )
    return " ".join(sentence for sentence in told if sentence)


def short(run: store.RunRow) -> str:
    """Return "8 of 40 epochs" where a run did fewer than it was to do, for lists."""
    metrics = run.metrics or {}
    done, planned = metrics.get("epochs"), run.setting("epochs")
    if done is None or not planned or done >= planned:
        return ""
    if not done and metrics.get("ended") == "epochs":  # nothing was to be learnt step by step
        return ""
    return tn("{done} of {count} epoch", "{done} of {count} epochs", planned, done=done)


def _reason(run: store.RunRow, metrics: dict[str, Any], view: RunView) -> str:
    done, planned = int(metrics.get("epochs") or 0), int(run.setting("epochs") or 0)
    if view.failure:
        return tn(
            "It failed after {done} of {count} epoch, and the best weights until then were kept at your wish.",
            "It failed after {done} of {count} epochs, and the best weights until then were kept at your wish.",
            planned,
            done=done,
        )
    match metrics["ended"]:
        case "early":
            return tn(
                "Stopped after {done} of {planned} epochs: on validation pictures it had not improved for {count} epoch.",
                "Stopped after {done} of {planned} epochs: on validation pictures it had not improved for {count} epochs.",
                int(run.setting("patience") or 0),
                done=done,
                planned=planned,
            )
        case "stopped":
            return tn(
                "You ended it after {done} of {count} epoch.",
                "You ended it after {done} of {count} epochs.",
                planned,
                done=done,
            )
        case "diverged":
            return literal(t(said.unpacked(metrics).get("ended_because", "")))
    if not done:  # the method solves for everything, or measures it
        return t("Nothing had to be learnt step by step: it was worked out at once.")
    return tn("It did its {count} epoch.", "It did all {count} epochs.", done)


def _kept(run: store.RunRow, metrics: dict[str, Any]) -> str:
    """Say which epoch's weights are the model; without validation pictures the last ones are."""
    best, done = metrics.get("best_epoch"), metrics.get("epochs")
    if best is None or not done:
        return ""
    if metrics.get("handed_over") == "exact_head":
        return _exact_head(run, metrics)
    if metrics["ended"] == "diverged":  # whose reason says it
        return ""
    if best == 0:
        return t(
            "No epoch did better on validation pictures than the start, so the start was kept."
        )
    if not (metrics.get("val") or {}).get("count"):
        return t("Without validation pictures the last weights were kept.")
    if best == done and _comes_to_rest(run):
        if metrics["ended"] != "epochs":
            return t("Its last weights were kept.")
        return t("The weights of its end were kept: by then its steps had become small.")
    if best == done:
        return t("The last epoch was kept: on validation pictures it did best, loss and all.")
    return t(
        "Epoch {epoch} was kept: on validation pictures it did best, loss and all.", epoch=best
    )


def _comes_to_rest(run: store.RunRow) -> bool:
    return rates.comes_to_rest(str(run.setting("schedule")), int(run.setting("patience") or 0))


def _exact_head(run: store.RunRow, metrics: dict[str, Any]) -> str:
    """Say that the exact head is the model, and how training did beside it on validation pictures."""
    exact, trained = metrics.get("closed_form_val_accuracy"), metrics.get("trained_val_accuracy")
    if exact is None or trained is None:
        return t(
            "Nothing that was trained is surely better than the exact solution, so that was kept."
        )
    score = registry.of_run(run).score
    reached = {"trained": score(metrics, trained), "exact": score(metrics, exact)}
    if reached["trained"] == reached["exact"]:
        return t(
            "On validation pictures training and the exact solution both reached {exact}, so the exact "
            "solution was kept.",
            **reached,
        )
    if trained > exact:
        return t(
            "On validation pictures training reached {trained} and the exact solution {exact}: a difference "
            "that may well be chance, so the exact solution was kept.",
            **reached,
        )
    return t(
        "On validation pictures training reached no more than {trained} and the exact solution {exact}, "
        "so the exact solution was kept.",
        **reached,
    )


def _without_hidden_layers(run: store.RunRow, metrics: dict[str, Any]) -> str:
    """Say that the model is another one than the settings ask for."""
    if metrics.get("handed_over") != "exact_head" or not run.setting("hidden_units"):
        return ""
    return t("The exact solution has no hidden layers, so neither has the model.")


def _refitted(metrics: dict[str, Any]) -> str:
    """Say what the model has learnt from where the exact head was solved for once more."""
    if not metrics.get("refitted"):
        return ""
    return t(
        "It was then solved for once more, with the validation pictures as well: that is this model. "
        "Numbers of validation are from before."
    )

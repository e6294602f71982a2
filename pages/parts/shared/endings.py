"""Why a run ended where it did, and which of its weights were kept, in a sentence or two."""

from typing import Any

from pages.parts.shared.words import t, tn
from tl_core.signals.progress import RunView
from tl_core.store import store


def sentence(run: store.RunRow, view: RunView) -> str:
    """Return why a run that has a model ended and what was kept; nothing for any other run."""
    metrics = run.metrics or {}
    if metrics.get("arrived") or metrics.get("ended") is None:
        return ""
    return f"{_reason(run, metrics, view)} {_kept(metrics)}".strip()


def short(run: store.RunRow) -> str:
    """Return "8 of 40 epochs" where a run did fewer than it was to do, for lists."""
    metrics = run.metrics or {}
    done, planned = metrics.get("epochs"), run.setting("epochs")
    if done is None or not planned or done >= planned:
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
    return tn("It did its {count} epoch.", "It did all {count} epochs.", done)


def _kept(metrics: dict[str, Any]) -> str:
    """Say which epoch's weights are the model; without validation pictures the last ones are."""
    best, done = metrics.get("best_epoch"), metrics.get("epochs")
    if best is None or not done:
        return ""
    if best == 0:
        return t(
            "No epoch did better on validation pictures than the start, so the start was kept."
        )
    if not (metrics.get("val") or {}).get("count"):
        return t("Without validation pictures the last weights were kept.")
    if best == done:
        return t("The last epoch was the best on validation pictures and was kept.")
    return t("Epoch {epoch} was the best on validation pictures and was kept.", epoch=best)

"""Where a run stands, folded from its events: what the live page draws.

`state(folder)` tells the whole, `follow(view, folder)` adds what is new. A view is a value:
folding the same events always gives the same view.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import exp
from pathlib import Path
from threading import Lock
from typing import Any

from tl_core.base.clock import OTHERS
from tl_core.signals import events

FLIPS_KEPT = 40
TOLD_KEPT = 500
STEPS_KEPT = 2000
SEEN_KEPT = 32
HEAD_BYTES = 44
"""Of a file of events tell it from another that came in its place, and may have got its number on the disk:
the time of the first event is among them, and no first line is shorter."""


@dataclass(frozen=True, slots=True)
class RunView:
    """The state of a run or of an import.

    `epochs` holds the `epoch` events in order, one per epoch number (a resumed run repeats
    some); `steps` the latest `step` events; `done` and `total` count the current phase, which
    began at `phase_at` and should take `expected_s` where nothing can be counted. `worked_s`
    covers all lives of the run, without the time between them; `spent_s` is the same by phase,
    `said_s` what the plan expected of each. `told` are the latest phases and notes, for the log.
    `failure` is how an earlier life of the run failed, until another epoch is done.
    """

    offset: int = 0
    phase: str = ""
    text: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    phase_at: float | None = None
    expected_s: float | None = None
    worked_s: float = 0.0
    spent_s: dict[str, float] = field(default_factory=dict)
    said_s: dict[str, float] = field(default_factory=dict)
    device: str = ""
    planned_epochs: int = 0
    started_at: float | None = None
    updated_at: float | None = None
    starts: int = 0
    closed_form: dict[str, Any] | None = None
    epochs: tuple[dict[str, Any], ...] = ()
    steps: tuple[dict[str, Any], ...] = ()
    flips: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    metrics: dict[str, Any] | None = None
    ending: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None

    @property
    def fraction(self) -> float:
        """Share of the current phase that is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def fraction_at(self, now: float) -> float:
        """Return `fraction`, guessed from the clock where a phase cannot count what it does.

        A phase that takes longer than expected comes ever closer to its end without reaching it.
        """
        if self.total or not self.expected_s or self.phase_at is None:
            return self.fraction
        return 1.0 - exp(-2.0 * max(0.0, now - self.phase_at) / self.expected_s)

    @property
    def epoch(self) -> int:
        """The latest epoch that ended, 0 before the first."""
        return int(self.epochs[-1]["epoch"]) if self.epochs else 0

    @property
    def taken_by_others_s(self) -> float:
        """Seconds that other work on the machine took, as far as the end tells them."""
        seconds = (self.ending or {}).get("seconds") or {}
        return float(seconds.get(OTHERS, 0.0))

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights would be kept now, once one has ended."""
        if self.epochs and "kept" in self.epochs[-1]:
            return int(self.epochs[-1]["kept"])
        best = [event["epoch"] for event in self.epochs if event.get("best")]
        return int(best[-1]) if best else None


def state(folder: Path) -> RunView:
    """Return the view of everything that `folder` tells so far.

    Cheap to ask again and again, for any number of viewers: only what is new is read.
    """
    try:
        with (folder / events.FILE).open("rb") as file:
            key = (folder, os.fstat(file.fileno()).st_ino, file.read(HEAD_BYTES))
    except FileNotFoundError:
        return RunView()
    view = _SEEN.get(key, RunView())
    while True:
        further = follow(view, folder)
        if further.offset == view.offset:
            break
        view = further
    with _SEEN_LOCK:
        _SEEN.pop(key, None)
        _SEEN[key] = further
        while len(_SEEN) > SEEN_KEPT:
            del _SEEN[next(iter(_SEEN))]
    return further


# Views are values, so that all viewers may share them; two that read the same news at the same
# time come to the same view.
_SEEN_LOCK = Lock()
_SEEN: dict[tuple[Path, int, bytes], RunView] = {}


def follow(view: RunView, folder: Path) -> RunView:
    """Return `view` with what was written since."""
    new, offset = events.read(folder, view.offset)
    if offset < view.offset:
        view = RunView()
    return replace(fold(view, new), offset=offset)


def fold(view: RunView, new: Iterable[dict[str, Any]]) -> RunView:
    """Return `view` with the events `new` taken in, in order."""
    for event in new:
        worked_s = _worked_s(view, event)
        spent_s = view.spent_s
        if view.phase and worked_s > view.worked_s:
            so_far = spent_s.get(view.phase, 0.0)
            spent_s = spent_s | {view.phase: so_far + worked_s - view.worked_s}
        changes = {"worked_s": worked_s, "spent_s": spent_s, "updated_at": event.get("time")}
        view = replace(view, **changes, **_changes(view, event))
    return view


def _worked_s(view: RunView, event: dict[str, Any]) -> float:
    """Return the seconds of work up to an event; what came before a start was no work."""
    before, now = view.updated_at, event.get("time")
    if not view.starts or event["event"] == "started" or before is None or now is None:
        return view.worked_s
    return view.worked_s + max(0.0, now - before)


def _changes(view: RunView, event: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that one event changes; an event of an unknown kind changes none."""
    match event["event"]:
        case "started":
            return {
                "device": event.get("device", ""),
                "planned_epochs": event.get("epochs") or 0,
                "started_at": view.started_at or event.get("time"),
                "starts": view.starts + 1,
                "steps": _up_to(view.steps, view.epoch),
                "ending": None,
            }
        case "phase":
            return {
                "phase": event.get("phase", ""),
                "text": event.get("text", ""),
                "done": 0,
                "total": 0,
                "seconds_left": None,
                "phase_at": event.get("time"),
                "expected_s": event.get("expected_s"),
                "told": _told(view, event),
            }
        case "planned":
            return {"said_s": event.get("phases") or {}}
        case "progress":
            return {
                "phase": event.get("phase", view.phase),
                "done": event.get("done") or 0,
                "total": event.get("total") or 0,
                "seconds_left": event.get("seconds_left"),
            }
        case "closed_form":
            return {"closed_form": event}
        case "step":
            return {"steps": (*view.steps[-STEPS_KEPT + 1 :], event)}
        case "epoch":
            return _after_epoch(view, event)
        case "flips":
            return {"flips": (*view.flips[-FLIPS_KEPT + 1 :], event)}
        case "note":
            return {"notes": (*view.notes, event.get("text", "")), "told": _told(view, event)}
        case "evaluated":
            return {"metrics": event.get("metrics")}
        case "finished":
            return {"ending": event, "metrics": event.get("metrics") or view.metrics}
        case "cancelled":
            return {"ending": event}
        case "failed":
            return {"ending": event, "failure": event}
    return {}


def _told(view: RunView, event: dict[str, Any]) -> tuple[str, ...]:
    return (*view.told[-TOLD_KEPT + 1 :], f"{event['event']}: {event.get('text', '')}")


def _after_epoch(view: RunView, event: dict[str, Any]) -> dict[str, Any]:
    # A run that was resumed begins again after its last checkpoint; what it tells anew counts.
    kept = tuple(earlier for earlier in view.epochs if earlier["epoch"] < event["epoch"])
    planned = event.get("epochs") or view.planned_epochs
    seconds = event.get("seconds")
    left = None if seconds is None else max(0, planned - event["epoch"]) * seconds
    return {
        # One that goes on tells its last epoch again before it does another.
        "failure": None if event["epoch"] > view.epoch else view.failure,
        "epochs": (*kept, event),
        "steps": _up_to(view.steps, event["epoch"]),
        "flips": _up_to(view.flips, event["epoch"]),
        "planned_epochs": planned,
        "seconds_left": left,
    }


def _up_to(told: tuple[dict[str, Any], ...], epoch: int) -> tuple[dict[str, Any], ...]:
    """Return what was told of epochs that are still true; a resumed run does the others anew."""
    return tuple(event for event in told if event.get("epoch", 0) <= epoch)

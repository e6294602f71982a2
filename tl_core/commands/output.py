"""Two forms of output: lines for people, or one JSON object a line for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tl_core.base.errors import UserError
from tl_core.tasks import registry


class Output:
    """Where a command prints what happens.

    With `as_json` standard output holds nothing but JSON, the result last. Without, it holds
    the result in words. Progress in words goes to standard error either way.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._redraws = sys.stderr.isatty()
        self._drawn = 0

    def event(self, event: Mapping[str, Any]) -> None:
        """Pass an event on: as JSON, and as a line for people if it has words."""
        if self.as_json:
            print(_json(event), flush=True)
        words = _words(event)
        if words:
            self.say(words)
        elif event["event"] == "progress":
            self._draw(event)

    def say(self, words: str) -> None:
        """Write one line for people."""
        self._erase()
        print(words, file=sys.stderr, flush=True)

    def result(self, result: Mapping[str, Any], words: Sequence[str] | None = None) -> None:
        """Print the result, for people in `words` if there are any; nothing follows."""
        self._erase()
        if self.as_json:
            print(_json(result), flush=True)
        else:
            print("\n".join(_lines(result) if words is None else words), flush=True)

    def _draw(self, event: Mapping[str, Any]) -> None:
        if not self._redraws:
            return
        left = event.get("seconds_left")
        more = "" if left is None else f", {left:.0f} s left"
        done, total = event.get("done"), event.get("total")
        if event.get("unit") == "bytes":
            done, total = (f"{(count or 0) / 1e6:.1f} MB" for count in (done, total))
        line = f"  {event.get('phase', '')} {done} of {total}{more}"
        print(f"\r{line.ljust(self._drawn)}", end="", file=sys.stderr, flush=True)
        self._drawn = len(line)

    def _erase(self) -> None:
        if self._drawn:
            print(f"\r{' ' * self._drawn}\r", end="", file=sys.stderr, flush=True)
            self._drawn = 0


def complain(error: UserError) -> None:
    """Print what is wrong and what to do, on standard error."""
    print(f"error [{error.code}]: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _words(event: Mapping[str, Any]) -> str:
    match event["event"]:
        case "started":
            return f"started on {event['device']}" if event.get("device") else ""
        case "phase" | "note" | "waiting" | "listening":
            return str(event.get("text") or event.get("phase") or "")
        case "closed_form":
            kind = registry.of_event(event).measure
            return f"closed form: validation {kind} {_number(event.get('val_accuracy'))}"
        case "epoch":
            parts = ("loss", "accuracy", "val_loss", "val_accuracy", "val_mae")
            told = [
                f"{part} {_number(event[part])}" for part in parts if event.get(part) is not None
            ]
            kept = " (kept)" if event.get("best") else ""
            return f"epoch {event['epoch']} of {event.get('epochs')}: {', '.join(told)}{kept}"
    return ""


def _lines(value: Any, indent: str = "") -> list[str]:
    """Lay out nested values one a line, lists of plain values in one."""
    if isinstance(value, Mapping):
        lines = []
        for name, item in value.items():
            if isinstance(item, Mapping) or _is_table(item):
                lines += [f"{indent}{name}:", *_lines(item, indent + "  ")]
            else:
                lines.append(f"{indent}{name}: {_number(item)}")
        return lines
    return [
        indent + "  ".join(f"{name} {_number(item)}" for name, item in row.items()) for row in value
    ]


def _is_table(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def _number(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_number(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_number(item)}" for name, item in value.items()) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)

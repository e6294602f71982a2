"""Two forms of output: lines for people, or one JSON object a line for programs."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from tl_core.base.errors import UserError
from tl_core.tasks import registry


class ReaderGoneError(Exception):
    """Nobody reads what is printed any more, as behind `| head`: there is nothing to complain of."""


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
            _write(_json(event), sys.stdout)
        words = _words(event)
        if words:
            self.say(words)
        elif event["event"] == "progress":
            self._draw(event)

    def say(self, words: str) -> None:
        """Write one line for people."""
        self._erase()
        _write(words, sys.stderr)

    def result(self, result: Mapping[str, Any], words: Sequence[str] | None = None) -> None:
        """Print the result, for people in `words` if there are any; nothing follows."""
        self._erase()
        if self.as_json:
            _write(_json(result), sys.stdout)
        else:
            _write("\n".join(_lines(result) if words is None else words), sys.stdout)

    def _draw(self, event: Mapping[str, Any]) -> None:
        if not self._redraws:
            return
        left = event.get("seconds_left")
        more = "" if left is None else f", {left:.0f} s left"
        done, total = event.get("done"), event.get("total")
        if event.get("unit") == "bytes":
            done, total = (f"{(count or 0) / 1e6:.1f} MB" for count in (done, total))
        line = f"  {event.get('phase', '')} {done} of {total}{more}"
        _write(f"\r{line.ljust(self._drawn)}", sys.stderr, end="")
        self._drawn = len(line)

    def _erase(self) -> None:
        if self._drawn:
            _write(f"\r{' ' * self._drawn}\r", sys.stderr, end="")
            self._drawn = 0


def complain(error: UserError) -> None:
    """Print what is wrong and what to do, on standard error."""
    _write(f"error [{error.code}]: {error.message}", sys.stderr)
    if error.hint:
        _write(f"  {error.hint}", sys.stderr)


def flush() -> None:
    """Print what is still kept back.

    Raises:
        ReaderGoneError: when nobody reads it.
    """
    _write("", sys.stdout, end="")


def print_no_more() -> None:
    """Send all that is still to be printed nowhere, so that the interpreter ends without a word, too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _write(text: str, stream: TextIO, end: str = "\n") -> None:
    """Print at once.

    Raises:
        ReaderGoneError: when nobody reads it. A pipe to anybody else that breaks is a fault, and stays one.
    """
    try:
        print(text, file=stream, end=end, flush=True)
    except BrokenPipeError as error:
        raise ReaderGoneError from error


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

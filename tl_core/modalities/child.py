"""The half of `opening_children` that a child runs: it answers for one file of unknown content a line.

It reads one JSON line for each file ({"path": …}, or {"content": …} in base64 for bytes that are no file)
from standard input and answers with one line: the fields of `opening_children.Opened`. It has a ceiling on memory; its parent has a clock. A program that
opens examples of some modality imports this and little else, so that it starts in a fraction of a second.
"""

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.said import packed

READY = b"ready\n"
STORE_FAULTS = ("disk-full", "store-write")
"""Faults of the store, not of an example: they end the whole import."""

Answer = Callable[[Any, dict[str, Any]], dict[str, Any]]
"""Takes a file, or its bytes, and the options; returns the fields of `Opened` that are not empty, or raises a UserError.

Among the options are the `folder` to keep examples in, those of `Modality.options`, and `only_looks`
where nothing is to be kept: then the answer needs no hash.
"""


def serve(
    answer: Answer,
    options: dict[str, Any],
    get_ready: Callable[[], object] = lambda: None,
    limit: Callable[[int], object] | None = None,
) -> None:
    """Answer one line for each line until standard input ends.

    Args:
        answer: to one file.
        options: of the parent.
        get_ready: done under the limit on memory before the first file is asked for.
        limit: sets that limit, in bytes; on all addresses where None.
    """
    (limit or _limit_memory)(options["memory_bytes"])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a decoder prints must not look like an answer
    get_ready()
    answers.write(READY.decode())
    answers.flush()
    for line in sys.stdin:
        try:
            told = answer(_asked(json.loads(line)), options)
        except UserError as error:
            told = {"code": error.code, "reason": error.message, "hint": error.hint}
        answers.write(json.dumps(packed(told)) + "\n")
        answers.flush()


def serve_made(
    make: Callable[[dict[str, Any]], Callable[[Any], dict[str, Any]]],
    options: dict[str, Any],
    limit: Callable[[int], object],
) -> None:
    """Answer as `serve` does, with what is made of the options once, under the limit on memory."""
    made: list[Callable[[Any], dict[str, Any]]] = []
    serve(
        lambda asked, _: made[0](asked),
        options,
        get_ready=lambda: made.append(make(options)),
        limit=limit,
    )


def _asked(line: dict[str, str]) -> Path | bytes:
    return base64.b64decode(line["content"]) if "content" in line else Path(line["path"])


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the limits of the opener itself have to do
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

"""The half of `opening_children` that a child runs: it answers for one file of unknown content a line.

It reads one JSON line for each file ({"path": …}) from standard input and answers with one line: the
fields of `opening_children.Opened`. It has a ceiling on memory; its parent has a clock. A program that
opens examples of some modality imports this and little else, so that it starts in a fraction of a second.
"""

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

Answer = Callable[[Path, dict[str, Any]], dict[str, Any]]
"""Takes a file and the options; returns the fields of `Opened` that are not empty, or raises a UserError.

Among the options are the `folder` to keep examples in, those of `Modality.options`, and `only_looks`
where nothing is to be kept: then the answer needs no hash.
"""


def serve(answer: Answer, options: dict[str, Any]) -> None:
    """Answer one line for each line until standard input ends."""
    _limit_memory(options["memory_bytes"])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a decoder prints must not look like an answer
    answers.write(READY.decode())
    answers.flush()
    for line in sys.stdin:
        try:
            told = answer(Path(json.loads(line)["path"]), options)
        except UserError as error:
            told = {"code": error.code, "reason": error.message, "hint": error.hint}
        answers.write(json.dumps(packed(told)) + "\n")
        answers.flush()


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the limits of the opener itself have to do
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

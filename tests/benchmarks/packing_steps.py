"""Packs a run and tells what each step took; run as a module: `python -m tests.benchmarks.packing_steps RUN FORMAT`.

Prints one JSON object: {"steps": [[NAME, DEPTH, seconds waited, seconds of processors], …], "certificate": …}. With
"plain" instead of a format it does what any tutorial does: load the model, convert it, ask the converter's own file about as many
pictures as the certificate does.
"""

import functools
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

STEPS: list[list[Any]] = []
_depth = 0


def spent_s() -> float:
    """Return the processor time of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return `work`, which notes under `name` what each call of it takes."""

    @functools.wraps(work)
    def noting(*given: Any, **named: Any) -> Any:
        global _depth
        row = [name, _depth, 0.0, 0.0]
        STEPS.append(row)
        begun, spent = time.monotonic(), spent_s()
        _depth += 1
        try:
            return work(*given, **named)
        finally:
            _depth -= 1
            row[2:] = time.monotonic() - begun, spent_s() - spent

    return noting


def note(module: ModuleType, function: str, name: str) -> None:
    """Let a function of a module note what it takes."""
    setattr(module, function, timed(name, getattr(module, function)))


def pack(run: str, kind: str) -> dict[str, Any]:
    """Pack a run as Graft does, step by step."""
    from tl_core.export import clean_room, judged, package, run_report
    from tl_core.export.formats import (
        litert_file,
        litert_int8,
        onnx_file,
        onnx_int8,
        registry,
        whole_numbers,
    )
    from tl_core.models import persist
    from tl_core.training import answering

    note(persist, "load_model", "build the model")
    note(litert_file, "converted", "convert to LiteRT")
    note(onnx_file, "of", "convert to ONNX")
    note(whole_numbers, "examples", "open pictures to calibrate and judge by")
    note(litert_int8, "in_whole_numbers", "quantise")
    note(litert_int8, "answers", "judge a way")
    note(onnx_int8, "folded", "fold what convolutions are multiplied by")
    note(onnx_int8, "in_whole_numbers", "quantise")
    note(onnx_int8, "answers", "judge a way")
    note(judged, "expected", "gather judged pictures")
    note(answering, "answers", "the app's answers about awkward files")
    note(clean_room, "answers", "the file's answers in a clean process")
    note(run_report, "subject", "gather the report")
    note(package, "_zipped", "card, README and zip")
    found = registry.get(kind)
    known = tuple(
        replace(each, write=timed("write the file", each.write)) if each is found else each
        for each in registry.FORMATS
    )
    registry.FORMATS = known
    with tempfile.TemporaryDirectory() as out:
        return timed("all", package.package)(run, kind, Path(out))["certificate"]


def plain(run: str, kind: str, pictures: int = 250) -> None:
    """Convert a run's model as tutorials do, and run the file."""
    timed("all", _convert_and_run)(run, kind, pictures)


def _convert_and_run(run: str, kind: str, pictures: int) -> None:
    import numpy as np

    from tl_core.base import ids
    from tl_core.models import persist

    model = timed("build the model", persist.load_model)(ids.run_folder(run) / "model")
    fitted = persist.fitted(model)
    side = model.description.entry.size
    shown = np.random.default_rng(0).integers(0, 256, (pictures, side, side, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        fitted(shown[:1])  # Keras exports no model that was never called
        ask = timed("convert", _litert if kind.startswith("litert") else _onnx)(fitted, file)
        timed("run", lambda: [ask(one[None]) for one in shown])()


def _litert(model: Any, file: Path) -> Callable[[Any], Any]:
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    raw = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    runner = Interpreter(model_content=raw, num_threads=2).get_signature_runner()
    (given,) = runner.get_input_details()
    return lambda one: runner(**{given: one})


def _onnx(model: Any, file: Path) -> Callable[[Any], Any]:
    import onnxruntime

    model.export(file, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(str(file))
    given = session.get_inputs()[0].name
    return lambda one: session.run(None, {given: one})


def main(run: str, kind: str) -> None:
    certificate = None
    if kind.startswith("plain-"):
        plain(run, kind.removeprefix("plain-"))
    else:
        certificate = pack(run, kind)
    print(json.dumps({"steps": STEPS, "certificate": certificate}, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])

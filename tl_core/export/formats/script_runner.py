"""Runs the script that travels with a model as a stranger would; run as a script itself.

Knows nothing of Graft: the script beside the model loads it and opens examples. Standard input is
one JSON object {"script": FILE, "opener": FUNCTION, "pictures": [FILE, …]}; the answers go to the
`.npy` file named as argument, how long one takes and by which versions to `measured.json` beside it.
"""

import json
import pathlib
import platform
import runpy
import statistics
import sys
import time

import numpy as np

WARM_UP = 3
MOST = 30
LONGEST_S = 3.0
RUNTIMES = {
    "TensorFlow": "tensorflow",
    "Keras": "keras",
    "LiteRT": "ai_edge_litert",
    "ONNX Runtime": "onnxruntime",
    "OpenVINO": "openvino",
    "Core ML Tools": "coremltools",
    "NumPy": "numpy",
    "Pillow": "PIL",
}
"""What may answer or open pictures, by the name that people know it by."""


def main(answers_file: str) -> None:
    asked = json.load(sys.stdin)
    script = runpy.run_path(asked["script"])  # not as "__main__": it answers when it is called
    ask, opened = script["asked"], script[asked["opener"]]
    answers = [ask(opened(path)[None])[0][0] for path in asked["pictures"]]
    np.save(answers_file, np.asarray(answers, dtype=np.float32))
    first = opened(asked["pictures"][0])[None] if answers else None
    measured = {
        "seconds_each": None if first is None else seconds(lambda: ask(first)),
        "versions": versions(),
    }
    pathlib.Path(answers_file).with_name("measured.json").write_text(json.dumps(measured), "utf-8")


def seconds(answer) -> float:
    """Return how long one answer takes, in the middle of several after a warm-up."""
    for _ in range(WARM_UP):
        answer()
    taken = []
    while len(taken) < MOST and sum(taken) < LONGEST_S:
        begun = time.perf_counter()
        answer()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def versions() -> dict[str, str]:
    """Return the versions of Python and of what answered."""
    found = {
        name: getattr(sys.modules.get(module), "__version__", "")
        for name, module in RUNTIMES.items()
    }
    known = {name: version for name, version in found.items() if version}
    return {"Python": platform.python_version(), **known}


if __name__ == "__main__":
    main(sys.argv[1])

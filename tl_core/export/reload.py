"""Loads a `.keras` file as a stranger would and answers for pictures; run as a script.

Knows nothing of Graft: only Keras, NumPy and the script that travels with the model, which opens
pictures. Standard input is one JSON object {"model": FILE, "script": FILE, "pictures": [FILE, …]};
the answers go to the `.npy` file named as argument.
"""

import json
import runpy
import sys
from typing import Any

import keras
import numpy as np


def main(answers_file: str) -> None:
    asked = json.load(sys.stdin)
    open_picture = runpy.run_path(asked["script"])["open_picture"]
    model: Any = keras.saving.load_model(asked["model"])
    answers = [model.predict_on_batch(open_picture(path)[None])[0] for path in asked["pictures"]]
    np.save(answers_file, np.asarray(answers, dtype=np.float32))


if __name__ == "__main__":
    main(sys.argv[1])

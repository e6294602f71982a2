"""Loads a `.keras` file as a stranger would and answers for pictures; run as a script.

Knows nothing of Graft: only Keras, NumPy and Pillow. Standard input is one JSON object
{"model": FILE, "pictures": [FILE, …]}; the answers go to the `.npy` file named as argument.
"""

import json
import sys
from typing import Any

import keras
import numpy as np
from PIL import Image, ImageOps


def main(answers_file: str) -> None:
    asked = json.load(sys.stdin)
    model: Any = keras.saving.load_model(asked["model"])
    answers = []
    for path in asked["pictures"]:
        with Image.open(path) as image:
            picture = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        answers.append(model.predict_on_batch(picture[None])[0])
    np.save(answers_file, np.asarray(answers, dtype=np.float32))


if __name__ == "__main__":
    main(sys.argv[1])

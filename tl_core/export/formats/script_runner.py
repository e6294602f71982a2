"""Runs the script that travels with a model as a stranger would; run as a script itself.

Knows nothing of Graft: the script beside the model loads it and opens examples. Standard input is
one JSON object {"script": FILE, "opener": FUNCTION, "pictures": [FILE, …]}; the answers go to the
`.npy` file named as argument.
"""

import json
import runpy
import sys

import numpy as np


def main(answers_file: str) -> None:
    asked = json.load(sys.stdin)
    script = runpy.run_path(asked["script"])  # not as "__main__": it answers when it is called
    ask, opened = script["asked"], script[asked["opener"]]
    answers = [ask(opened(path)[None])[0][0] for path in asked["pictures"]]
    np.save(answers_file, np.asarray(answers, dtype=np.float32))


if __name__ == "__main__":
    main(sys.argv[1])

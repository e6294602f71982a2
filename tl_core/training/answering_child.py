"""Child process that opens examples of unknown origin and answers them: `python -m tl_core.training.answering_child OPTIONS`.

It is an opener like those of `modalities` (see `modalities.child`), with the whole model behind it: what it
says of an example is the fields of a prediction and a small picture. The model is loaded once, before the
first example. Several of them side by side open and answer on all cores, and none waits for another; one that
an example kills costs only that example.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import limits, masks
from tl_core.models import persist
from tl_core.training import answering


class Answerer:
    """A loaded model with all that turns an example of unknown content into a reply.

    Args:
        options: `folder` of the model, `threads` that it may keep busy, and `is_shown`: whether a small
            picture of each example is wanted.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        folder = Path(options["folder"])
        self._described = persist.describe(folder)
        self._model = answering.judge_of(folder, options["threads"])
        self._is_shown = options["is_shown"]
        # What is built at the first call (memory, kernels) must not be on the clock of an example.
        shape = answering.input_shape(self._described)
        self._model(np.zeros((1, *shape), answering.kept_type(self._described)))

    def __call__(self, example: Path | bytes) -> dict[str, Any]:
        """Return {"reply": {"prediction", "preview"}} for one example.

        Raises:
            UserError: why it cannot be opened.
        """
        shown, opened = answering.seen(self._described, example, is_timed=False)
        found = self._model(opened[None])
        small = answering.small(self._described, shown) if self._is_shown else b""
        prediction = answering.reply(self._described, found)
        return {
            "reply": {"prediction": prediction, "preview": base64.b64encode(small).decode()},
        }


def main(options: dict[str, Any]) -> None:
    """Answer until standard input ends."""
    from tl_core.modalities import child

    child.serve_made(Answerer, options, limits.memory)


if __name__ == "__main__":
    masks.install_everywhere()
    main(json.loads(sys.argv[1]))

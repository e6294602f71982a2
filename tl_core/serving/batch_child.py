"""Child process that answers several examples of unknown origin in one go: `python -m tl_core.serving.batch_child OPTIONS`.

Like `training.answering_child`, and with the same answers: each example is opened here, within limits, by the
one way to open, and one that cannot be opened costs only itself. What comes from several clients at the same time
passes the network together.
"""

import base64
import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from tl_core.base import limits, masks
from tl_core.base.errors import UserError
from tl_core.base.said import packed
from tl_core.models import persist
from tl_core.serving import batches
from tl_core.training import answering

Give = Callable[[np.ndarray], list[dict[str, Any]]]
"""Takes opened examples (n, ...) to what is said of each."""


class BatchAnswerer:
    """A loaded model with all that turns examples of unknown content into replies.

    Args:
        options: `folder` of the model, `threads` that it may keep busy, and what it `gives`: "answers", or
            "features".
    """

    def __init__(self, options: dict[str, Any]) -> None:
        folder = Path(options["folder"])
        self._described = persist.describe(folder)
        give = {"answers": self._answers, "features": self._features}[options["gives"]]
        self._give: Give = give(folder, options["threads"])
        # What is built at the first call (memory, kernels) must not be on the clock of an example.
        shape = answering.input_shape(self._described)
        self._give(np.zeros((1, *shape), answering.kept_type(self._described)))

    def __call__(self, batch: bytes) -> dict[str, Any]:
        """Return {"reply": [what came of each example]}: {"reply": …}, or why it cannot be opened."""
        told: list[dict[str, Any]] = []
        opened: list[np.ndarray] = []
        places: list[int] = []
        for place, example in enumerate(batches.parted(batch)):
            try:
                opened.append(answering.seen(self._described, example, is_timed=False)[1])
                places.append(place)
                told.append({})
            except UserError as error:
                told.append({"code": error.code, "reason": error.message, "hint": error.hint})
        if opened:
            for place, reply in zip(places, self._give(np.stack(opened)), strict=True):
                told[place] = {"reply": reply}
        return {"reply": [packed(one) for one in told]}

    def _answers(self, folder: Path, threads: int) -> Give:
        judge = answering.judge_of(folder, threads)

        def give(opened: np.ndarray) -> list[dict[str, Any]]:
            found = judge(opened)
            replies = (
                answering.reply(self._described, found, place) for place in range(len(opened))
            )
            return [{"prediction": reply, "preview": ""} for reply in replies]

        return give

    def _features(self, folder: Path, threads: int) -> Give:
        see = answering.seeing(folder, threads)

        def give(opened: np.ndarray) -> list[dict[str, Any]]:
            features = see(opened)[1]
            if features is None:
                raise RuntimeError("a model without a map tells no features")
            rows = features.astype("<f4")
            return [{"features": base64.b64encode(row.tobytes()).decode()} for row in rows]

        return give


def main(options: dict[str, Any]) -> None:
    """Answer until standard input ends."""
    from tl_core.modalities import child

    with suppress(
        ValueError
    ):  # Ctrl-C is for the parent, which lets what is at work come to its end
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    child.serve_made(BatchAnswerer, options, limits.memory)


if __name__ == "__main__":
    masks.install_everywhere()
    main(json.loads(sys.argv[1]))

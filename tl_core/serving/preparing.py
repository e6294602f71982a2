"""Makes a model ready to answer without Keras, in a process of its own: `python -m tl_core.serving.preparing FOLDER`.

Only what was never converted on this machine takes TensorFlow, once: it never enters the process that asks.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tl_core.base import masks
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError
from tl_core.base.said import packed, unpacked
from tl_core.training import answering

ROOT = Path(__file__).resolve().parents[2]


def prepare(folder: Path) -> None:
    """Convert what a model lacks, if it lacks anything.

    Raises:
        UserError: why the model cannot be rebuilt, as `persist.load_model`; "prediction-failed" where the
            process ended without a word.
    """
    if not answering.is_to_be_made_light(folder):
        return
    command = [sys.executable, "-m", "tl_core.serving.preparing", str(folder.resolve())]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, cwd=ROOT, env=passed_on(os.environ), check=False
    )
    try:
        fault = json.loads(ended.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        from tl_core.jobs import predictor

        raise predictor.does_not_start() from error
    if fault:
        raise UserError(**unpacked(fault))


def main(folder: Path) -> None:
    """Convert, and say what was wrong in the last line."""
    told: dict[str, str] = {}
    try:
        answering.make_light(folder)
    except UserError as error:
        told = {"code": error.code, "message": error.message, "hint": error.hint}
    print(json.dumps(packed(told)), flush=True)


if __name__ == "__main__":
    masks.install_everywhere()
    main(Path(sys.argv[1]))

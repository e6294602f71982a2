"""Makes a model ready to answer without Keras, in a process of its own: `python -m tl_core.serving.preparing FOLDER`.

Only what was never converted on this machine takes TensorFlow, once: it never enters the process that asks. What
learnt of a backbone travels without its converted form, so that is kept in the cache, by the weights.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tl_core.base import accelerator, files, masks
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError
from tl_core.base.said import packed, unpacked
from tl_core.encoding import cache, trunk
from tl_core.jobs import predictor
from tl_core.models import persist
from tl_core.training import answering, light

ROOT = Path(__file__).resolve().parents[2]


def prepare(folder: Path) -> None:
    """Convert what a model lacks, if it lacks anything and this machine converts; else Keras answers.

    Raises:
        UserError: why the model cannot be rebuilt, as `persist.load_model`; "prediction-failed" where the
            process ended without a word.
    """
    if answering.is_light(folder) or not accelerator.converts():
        return
    _recall(folder)
    if answering.is_light(folder):
        return
    _in_own_process(folder)
    _remember(folder)


def _in_own_process(folder: Path) -> None:
    command = [sys.executable, "-m", "tl_core.serving.preparing", str(folder.resolve())]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, cwd=ROOT, env=passed_on(os.environ), check=False
    )
    try:
        fault = json.loads(ended.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise predictor.does_not_start() from error
    if fault:
        raise UserError(**unpacked(fault))


def _recall(folder: Path) -> None:
    """Put the converted form of what learnt beside a model, if it was made before."""
    kept = _kept(folder)
    if kept.is_file() and not (folder / light.BODY).exists():
        with contextlib.suppress(
            OSError
        ):  # a folder that may only be read, or the cache dropped it
            files.write_whole(folder / light.BODY, kept.read_bytes())
            kept.touch()


def _remember(folder: Path) -> None:
    made = folder / light.BODY
    if not made.is_file() or _kept(folder).is_file():
        return
    with contextlib.suppress(OSError, UserError):  # what only saves time is no reason to fail
        cache.make_room(made.stat().st_size)
        files.write_whole(_kept(folder), made.read_bytes())


def _kept(folder: Path) -> Path:
    """Return where the converted form of what learnt is kept, by all that it follows from."""
    described = persist.describe(folder)
    what = [trunk.FORMAT, described.backbone, described.trainable_stages, described.entry.size]
    name = hashlib.sha256(json.dumps([*what, described.tail_sha256]).encode()).hexdigest()[:32]
    return cache.trunks_dir() / f"body-{name}.tflite"


def main(folder: Path) -> None:
    """Convert, and say what was wrong in the last line."""
    from tl_core.training import looking

    answers = os.dup(1)
    os.dup2(2, 1)  # what libraries print must not look like an answer
    told: dict[str, str] = {}
    try:
        looking.prepare(folder)
    except UserError as error:
        told = {"code": error.code, "message": error.message, "hint": error.hint}
    except OSError:
        # A folder that may only be read: Keras answers then.
        told = {}
    os.write(answers, json.dumps(packed(told)).encode() + b"\n")


if __name__ == "__main__":
    masks.install_everywhere()
    main(Path(sys.argv[1]))

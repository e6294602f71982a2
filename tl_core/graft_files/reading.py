"""Child process that opens a model file of unknown origin: `python -m tl_core.graft_files.reading FILE FOLDER`.

It has a ceiling on memory and its parent a clock, so that no file, whatever it declares, takes
more than that from the process that serves pages. The answer is one line of JSON: nothing, or an error.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tl_core.base import limits
from tl_core.base.environment import passed_on
from tl_core.base.errors import UserError
from tl_core.base.said import packed, unpacked
from tl_core.graft_files import bundle
from tl_core.models import persist

MEMORY_BYTES = 1024**3
TIMEOUT_S = 300.0
ROOT = Path(__file__).resolve().parents[2]


def read(file: Path, folder: Path) -> persist.Description:
    """Do what `bundle.read` does, in a limited child.

    Raises:
        UserError: "E-MODEL-FORMAT", saying what is wrong with the file.
    """
    command = [sys.executable, "-m", "tl_core.graft_files.reading", str(file), str(folder)]
    try:
        child = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=passed_on(os.environ),
            timeout=TIMEOUT_S,
            check=False,
        )
        error = json.loads(child.stdout)
    except (subprocess.TimeoutExpired, ValueError) as fault:
        bundle.discard(folder)
        raise bundle.refused_as_too_much() from fault
    if error:
        raise UserError(**unpacked(error))
    return persist.describe(folder)


def main(file: Path, folder: Path) -> int:
    """Read one file and answer."""
    limits.memory(MEMORY_BYTES)
    told: dict[str, str] = {}
    try:
        bundle.read(file, folder)
    except MemoryError:
        bundle.discard(folder)
        error = bundle.refused_as_too_much()
        told = {"code": error.code, "message": error.message, "hint": error.hint}
    except UserError as error:
        told = {"code": error.code, "message": error.message, "hint": error.hint}
    print(json.dumps(packed(told)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

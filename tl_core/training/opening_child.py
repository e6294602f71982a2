"""Child process that opens examples of unknown origin as a network takes them: `python -m tl_core.training.opening_child OPTIONS`.

An opener like `training.answering_child`; see `modalities.child` for how it is talked to.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from tl_core.base import limits, masks
from tl_core.models import persist
from tl_core.training import answering


def opened(example: Path | bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return {"reply": {"content", "shape", "kind"}} for one example, its numbers in base64.

    Args:
        example: a file, or its bytes.
        options: `folder` of the model.

    Raises:
        UserError: why it cannot be opened.
    """
    described = persist.describe(Path(options["folder"]))
    _, array = answering.seen(described, example, is_timed=False)
    content = base64.b64encode(array.tobytes()).decode()
    return {"reply": {"content": content, "shape": array.shape, "kind": str(array.dtype)}}


def main(options: dict[str, Any]) -> None:
    """Answer until standard input ends."""
    from tl_core.modalities import child

    child.serve(opened, options, limit=limits.memory)


if __name__ == "__main__":
    masks.install_everywhere()
    main(json.loads(sys.argv[1]))

"""Child process that opens one example of unknown origin and explains its answer: `python -m tl_core.evaluation.account_child OPTIONS`.

An opener like `training.answering_child`; see `modalities.child` for how it is talked to.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from tl_core.base import limits, masks
from tl_core.evaluation import account
from tl_core.training import answering, looking


def explained(example: Path | bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return {"reply": …} with the fields of an `Account`, its pictures in base64.

    Args:
        example: a file, or its bytes.
        options: `folder` of the model, which must be ready, and `also`: further outputs by name.

    Raises:
        UserError: why it cannot be opened.
    """
    model = looking.opened(Path(options["folder"]))
    _, decoded = answering.seen(model.description, example, is_timed=False)
    found = account.of(model, decoded, options["also"])
    spoken = [
        {"name": one.name, "value": one.value, "hidden": one.hidden}
        | {"elsewhere": one.elsewhere, "picture": _text(one.picture)}
        for one in found.spoken
    ]
    return {
        "reply": {
            "prediction": found.prediction,
            "spoken": spoken,
            "plain": _text(found.plain),
            "features": found.features.tolist(),
        }
    }


def _text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def main(options: dict[str, Any]) -> None:
    """Answer until standard input ends."""
    from tl_core.modalities import child

    child.serve(explained, options, limit=limits.memory)


if __name__ == "__main__":
    masks.install_everywhere()
    main(json.loads(sys.argv[1]))

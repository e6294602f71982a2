"""A picture that a browser took with its camera, on its way to be answered like any other."""

import base64
import binascii
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.intake import uploads
from tl_core.jobs import explainer, trial

LARGEST_BYTES = 16 * 1024**2


def keep(encoded: str) -> Path:
    """Keep a picture of unknown content among the uploads, for a day; return its path.

    Args:
        encoded: its bytes in base64.

    Raises:
        UserError: "still", or why there is no room; see `uploads.keep`.
    """
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError, TypeError):
        content = b""
    if not 0 < len(content) <= LARGEST_BYTES:
        raise UserError(
            "still",
            "The picture of the camera did not arrive whole, or is larger than {most} MB.",
            "Take it again.",
            most=LARGEST_BYTES // 1024**2,
        )
    return uploads.keep(content)


def explain(run_id: str, trial_id: str, picture: str) -> bool:
    """Begin to explain the answer to a picture of a trial once there is one; say whether there is.

    Args:
        run_id: whose model answers.
        trial_id: the trial; "" before it has begun.
        picture: its key there.

    Raises:
        UserError: see `explainer.start`.
    """
    told = trial.state(run_id, trial_id).told.get(picture) if trial_id else None
    if told is None:
        return False
    if told.prediction is not None:
        explainer.start(explainer.ask(run_id, picture, trial_id))
    return True

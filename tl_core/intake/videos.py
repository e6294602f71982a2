"""Pictures that were taken from videos: all of one video belong together.

The browser takes them and names them after the video, so that names alone tell where they are
from, also when they come later by another way.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tl_core.intake.candidates import Candidate
from tl_core.intake.listing import VIDEO_SUFFIXES

_PICTURE = re.compile(
    rf"(?P<video>.+(?:{'|'.join(map(re.escape, VIDEO_SUFFIXES))}))-\d{{4}}\.jpg", re.IGNORECASE
)
"""How `assets/components/videos.js` calls a picture of a video."""


def together(files: Sequence[Candidate]) -> list[Candidate]:
    """Return `files` with those of one video in one group; a group that a table names stays."""
    return [
        replace(file, group=found["video"])
        if not file.group and (found := _PICTURE.fullmatch(file.name))
        else file
        for file in files
    ]

"""Small pictures inside a report: JPEG in data URIs, as many as there is room for."""

import base64
import io
from dataclasses import dataclass, field

from tl_core.datasets.manifest import Dataset
from tl_core.modalities import registry

SIDE_PX = 112
QUALITY = 72
ROOM_BYTES = 1_600_000
"""For all pictures of a report together; the whole stays below 3 MB."""


@dataclass(slots=True)
class Album:
    """Reads the small pictures that the store keeps of examples, once each, until there is no room.

    Attributes:
        dataset: whose examples they are.
        room_bytes: that are left.
        left_out: pictures that there was no room for.
    """

    dataset: Dataset
    room_bytes: int = ROOM_BYTES
    left_out: int = 0
    _read: dict[str, str] = field(default_factory=dict)

    def source(self, digest: str) -> str:
        """Return the data URI of an example; "" where no picture of it is kept, or no room is left."""
        if digest not in self._read:
            self._read[digest] = self.fitted(_uri(self.dataset, digest))
        return self._read[digest]

    def fitted(self, uri: str) -> str:
        """Return a data URI where there is room for it, else ""; it is counted then."""
        if len(uri) > self.room_bytes:
            self.left_out += 1
            return ""
        self.room_bytes -= len(uri)
        return uri


def _uri(dataset: Dataset, digest: str) -> str:
    from PIL import Image

    path = registry.of(dataset).preview(digest)
    if path is None:
        return ""
    try:
        with Image.open(path) as kept:
            small = kept.convert("RGB")
            small.thumbnail((SIDE_PX, SIDE_PX))
    except OSError:  # collected since: what is told beside it stays true
        return ""
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")

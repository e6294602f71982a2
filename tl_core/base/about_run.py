"""What a run is about, beside its settings: `run.json` in its folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_core.base import files

FILE = "run.json"


@dataclass(frozen=True, slots=True)
class AboutRun:
    """What a run learns from, and where it comes from.

    Attributes:
        dataset: id of the data set; "" where nobody knows any more, which names none.
        inputs: ids of what else it learns from, by role.
        run: its own id; "" for what is like a run, but none.
        owner: whose it is.
        version: of the data set, from 1.
        parent: id of the run that it goes on from.
    """

    dataset: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    owner: str | None = None
    version: int | None = None
    parent: str | None = None


def read(folder: Path) -> AboutRun:
    """Return what the run in `folder` is about.

    Raises:
        OSError: nothing tells it.
        ValueError: what tells it is damaged.
    """
    told = json.loads((folder / FILE).read_text("utf-8"))
    if not isinstance(told, dict):
        raise ValueError(f"{FILE} has to hold an object; it holds {type(told).__name__}")
    return AboutRun(
        dataset=str(told.get("dataset") or ""),
        inputs=told.get("inputs") or {},
        run=str(told.get("run") or ""),
        owner=told.get("owner"),
        version=told.get("version"),
        parent=told.get("parent"),
    )


def write(folder: Path, about: AboutRun) -> None:
    """Keep what the run in `folder` is about; what is not known is left out.

    Raises:
        OSError: it cannot be written.
    """
    told: dict[str, Any] = {name: getattr(about, name) for name in AboutRun.__slots__}
    known = {name: value for name, value in told.items() if value not in ("", None, {})}
    files.write_whole(folder / FILE, json.dumps(known, ensure_ascii=False).encode())

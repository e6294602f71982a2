"""What a person chose in the app, over the settings that the environment gives."""

import json
from pathlib import Path
from typing import Any

from tl_core.base import files, settings


def chosen(name: str, field: str) -> Any | None:
    """Return what was chosen, as JSON holds it; None when nothing was."""
    try:
        return json.loads(_path(name).read_text("utf-8"))[field]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def choose(name: str, field: str, value: Any) -> None:
    """Keep a choice; all processes heed it when they look again."""
    files.write_whole(_path(name), json.dumps({field: value}).encode())


def _path(name: str) -> Path:
    return settings.current().home / f"{name}.json"

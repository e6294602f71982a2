"""Gives real files and folders to the drop zone, as a person does."""

from pathlib import Path

PICTURES, GRAFT_FILE = ".zone:not(.single)", ".zone.single"
"""The zones of the Data page and of Start; a test may see one fade while the other comes."""


def drop(tab, selector: str, *paths: Path) -> None:
    """Drop `paths` on the element; the page gets real entries of the file system."""
    box = tab.locator(selector).bounding_box()
    spot = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 12}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    protocol = tab.context.new_cdp_session(tab)
    for kind in ("dragEnter", "dragOver", "drop"):
        protocol.send("Input.dispatchDragEvent", {"type": kind, **spot, "data": data})
    protocol.detach()


def give(tab, *paths: Path, way: str = "files") -> None:
    """Choose files, or a folder where `way` is "folder"; the zone shows itself once it listens."""
    zone = GRAFT_FILE if paths[0].suffix == ".graft" else PICTURES
    tab.locator(f"{zone} .prompt").wait_for()
    tab.locator(f"{zone} input.{way}").set_input_files(paths)

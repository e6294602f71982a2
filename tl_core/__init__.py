"""Graft's core: everything that is not a page. It never imports Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.serving.model import Model


def load(source: str | Path) -> Model:
    """Return a trained model that answers pictures: `load("model.graft").predict(["photo.jpg"])`.

    Args:
        source: a `.graft` file, the folder of a run or of its model, or the id of a run in GRAFT_HOME.

    Raises:
        UserError: what is wrong with it.
    """
    from tl_core.serving import model

    return model.load(source)

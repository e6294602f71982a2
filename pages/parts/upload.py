"""The drop zone: sends one file straight to our own route, with progress and a way to cancel."""

from dataclasses import dataclass
from pathlib import Path

from streamlit.components import v2 as components

from pages.parts import state
from pages.parts.words import t
from tl_core.data import uploads

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "components"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that has arrived: the token that redeems it, and the name it had."""

    token: str
    name: str


_component = components.component(
    "graft.drop_zone",
    html=(FOLDER / "drop_zone.html").read_text("utf-8"),
    css=(FOLDER / "drop_zone.css").read_text("utf-8"),
    js=(FOLDER / "drop_zone.js").read_text("utf-8"),
)


def drop_zone(limit_bytes: int) -> Uploaded | None:
    """Draw the drop zone; return the file once it has arrived, only on that one run."""
    token = state.upload_token(uploads.issue)
    result = _component(
        key="drop-zone",
        data={
            "url": f"/graft/upload/{token}",
            "token": token,
            "limit": limit_bytes,
            "words": {
                "drop": t("Drop a zip file here"),
                "browse": t("or choose a file"),
                "sending": t("Sending"),
                "cancel": t("Cancel"),
                "left": t("left"),
                "cancelled": t("Cancelled. Nothing was kept."),
                "too_large": t("This file is larger than the limit."),
                "lost": t("The connection was lost. Try again."),
                "refused": t("The file was not accepted."),
                "done": t("Sent"),
            },
        },
        on_done_change=lambda: None,
    )
    done = result.done
    if not done or done.get("token") != token:
        return None
    state.forget_upload_token()
    return Uploaded(token=token, name=str(done.get("name", "")))

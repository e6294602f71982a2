"""The drop zone: sends files, folders and archives to our own route, with progress and Cancel."""

import time
from dataclasses import dataclass
from pathlib import Path

from streamlit.components import v2 as components

from pages.parts.shared import component_scripts, tokens
from pages.parts.shared.words import t
from tl_core.base import settings
from tl_core.intake import layout, uploads
from tl_core.modalities.picture import images

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "components"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An upload that has arrived.

    Attributes:
        token: redeems it.
        parts: how many came.
        name: what it was called.
        archives: what the archives were called that came first of all parts.
    """

    token: str
    parts: int
    name: str
    archives: tuple[str, ...] = ()

    def redeem(self) -> Path:
        """Hand over what arrived; it works once.

        Raises:
            UserError: "upload-missing" or "upload-token".
        """
        return uploads.redeem(self.token, tokens.session_id(), self.parts, self.archives)


_component = components.component(
    "graft.drop_zone",
    html=(FOLDER / "drop_zone.html").read_text("utf-8"),
    css=(FOLDER / "drop_zone.css").read_text("utf-8"),
    js=component_scripts.loader("drop_zone"),
)


def draw(
    key: str = "drop-zone",
    *,
    is_shrunk: bool = True,
    single: str = "",
    limit_bytes: int | None = None,
    into: str = "",
    is_for_answers: bool = False,
) -> Uploaded | None:
    """Draw the drop zone; return the upload once it has arrived, only on that one run.

    Args:
        key: names this zone among those of the page.
        is_shrunk: whether the browser makes large pictures smaller before it sends them; it does so
            anyway if all of them are more than may be sent.
        single: how the name of the one file ends that may be given; "" takes any files.
        limit_bytes: what it may have, where that is less than any upload.
        into: the class that everything is of; "" where folders tell it, or it is named for a video.
        is_for_answers: whether a model is asked about what comes, so that no video has a class; a
            picture may be pasted then, too.
    """
    limits = settings.current()
    most = limits.upload_limit_bytes
    result = _component(
        key=key,
        data={
            **address(),
            "limit": most if limit_bytes is None else min(limit_bytes, most),
            "shrink_to_px": limits.stored_side_px if is_shrunk else 0,
            "shrink_if_more_to_px": 0 if single else limits.stored_side_px,
            "suffixes": sorted(images.SUFFIXES | images.FOREIGN_SUFFIXES | layout.TABLE_SUFFIXES),
            "single": single,
            "into": into or is_for_answers,
            "pastes": is_for_answers,
            "words": _words()
            | (_words_of_single(single) if single else {})
            | (_words_of_answers() if is_for_answers else {}),
        },
        on_done_change=lambda: None,
        on_renew_change=lambda: None,
        on_dropped_change=lambda: None,
    )
    return arrived(result)


def address() -> dict[str, str | int]:
    """Return where the browser may send the next upload to, and for how long it may begin."""
    token = tokens.upload_token(uploads.issue, uploads.expires)
    return {
        "url": f"/graft/upload/{token}",
        "token": token,
        "lifetime_s": uploads.expires(token) - int(time.time()),
    }


def arrived(result: object) -> Uploaded | None:
    """Return the upload that a component says has arrived; see to tokens that are no longer good."""
    done = getattr(result, "done", None)
    if done:
        tokens.forget_upload_token()
        archives = tuple(str(name) for name in done.get("archives", ()))
        return Uploaded(str(done["token"]), int(done["parts"]), str(done["name"]), archives)
    dropped, old = getattr(result, "dropped", None), getattr(result, "renew", None)
    if dropped:
        uploads.discard(str(dropped))
    if dropped or old:
        tokens.renew_upload_token()
    return None


def _words_of_single(ending: str) -> dict[str, str]:
    choose_one = t("Choose one file whose name ends in {ending}.", ending=ending)
    return {
        "drop": t("Drop the file here"),
        "files": t("Choose the file"),
        "nothing": choose_one,
        "not_single": choose_one,
        "too_large": t("This is {size}, more than the limit of {limit}."),
        "refused": t("The file was not accepted."),
    }


def _words_of_answers() -> dict[str, str]:
    return {
        "drop": t("Drop pictures, folders or a zip file here, or paste a picture (Ctrl+V)"),
        # Nothing here has a class: a model is asked for it.
        **dict.fromkeys(("class_of", "class_of_video", "name_class", "one_part"), ""),
    }


def _words() -> dict[str, str]:
    return {
        "drop": t("Drop folders, pictures or a zip file here"),
        "folder": t("Choose a folder"),
        "files": t("Choose files"),
        "several": t("Several files"),
        "looking": t("Looking for pictures"),
        "found": t("Files so far: {count}"),
        "files_of": t("Files: {done} of {all}"),
        "bytes_of": t("{done} of {all} sent"),
        "left": t("{time} left"),
        "cancel": t("Cancel"),
        "cancelled": t("Cancelled. Nothing was kept."),
        "nothing": t("There is nothing in it. Choose a folder with pictures."),
        "copied": t("Copied picture"),
        "only_address": t(
            "Your browser handed over only the address of this picture, and Graft fetches nothing from the web by itself. "
            "Save the picture first and drop the file."
        ),
        "too_large": t("This is {size}, more than the limit of {limit}. Send fewer pictures."),
        "lost": t("The connection was lost. Try again."),
        "refused": t("The files were not accepted."),
        "done": t("Sent"),
        **_words_of_videos(),
    }


def _words_of_videos() -> dict[str, str]:
    return {
        "videos": t("Videos become pictures"),
        "how_many": t("One picture every"),
        "video_about": t("{time} long · pictures: {count}"),
        "video_most": t("{time} long · pictures: {count}, the most: one every {every}"),
        "pictures_in_all": t(
            "Pictures: {count}, from videos: {videos}. The videos stay on this device."
        ),
        "take_pictures": t("Take the pictures ({count})"),
        "leave_videos": t("Leave the videos out"),
        "go_on": t("Go on"),
        "class_of": t("Class, such as cup"),
        "class_of_video": t("Class of {name}"),
        "name_class": t("Say for each video what it shows."),
        "one_part": t(
            "All pictures of one video stay in one part. To learn and to check, film each class three times or more."
        ),
        "unplayable": t(
            "This browser cannot play it, so it is left out. Save it as MP4 (H.264) or WebM and drop that."
        ),
        "looking_at": t("Looking at {name}"),
        "taking": t("Taking pictures from {name}"),
        "pictures_of": t("Pictures: {done} of {all}"),
    }

"""The ways to bring pictures: from the browser's computer, a folder here, the samples."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from pages.parts.data import (
    destination,
    division,
    folder_upload,
    further_pictures,
    name_encoding,
    table_choice,
    webcam,
)
from pages.parts.data.destination import Addition
from pages.parts.data.table_choice import Choice
from pages.parts.shared import choice_card, drawings, errors, numbers, state, tokens, upload_zone
from pages.parts.shared.words import t
from pages.parts.web import held_uploads
from tl_core.base import settings
from tl_core.datasets.splits import Split
from tl_core.intake import listing
from tl_core.jobs import imports
from tl_core.samples.bundled import Bundled

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class How:
    """How the pictures are to be imported, whichever way they come."""

    split: Split | None
    table: Choice | None
    addition: Addition | None
    encoding: str = ""


def draw() -> None:
    """Draw the ways to bring pictures and how to divide them."""
    ways = {"drop": t("This device"), "webcam": t("Webcam")}
    serves = state.new_data_serves()
    if serves is not None:
        with errors.shown():  # it may be gone for good meanwhile
            st.info(further_pictures.asked_for(*serves), icon=":material/link:")
    if st.get_option("server.address") in LOOPBACK:
        ways["here"] = t("Server folder")
    explanation, choice = st.columns([2, 3], gap="large")
    with explanation:
        _explain_layout()
    with choice:
        addition = destination.draw() if serves is None else None
        if addition is None and serves is None:
            ways["samples"] = t("Samples")
        way = st.segmented_control(
            t("Where are your pictures?"),
            list(ways),
            format_func=ways.__getitem__,
            default="drop",
            required=True,
            key="way-in",
        )
        place = st.container()
        can_have_table = way in ("drop", "here") and not (addition and addition.into)
        table_place = st.container()
        encoding = name_encoding.choose() if way in ("drop", "here") else ""
        with table_place:
            table = table_choice.draw(encoding) if can_have_table else None
        split = _split() if addition is None and way != "samples" else None
        with place, errors.shown():
            _WAYS[way or "drop"](How(split, table, addition, encoding))
    if state.dataset() is not None and st.button(
        t("Back"), type="tertiary", icon=":material/arrow_back:"
    ):
        state.ask_for_new_data(False)
        st.rerun()


def _explain_layout() -> None:
    drawings.draw("own")
    st.markdown(
        t(
            "One folder for each class is the simplest. Loose pictures, a table beside them, or names such as cat.1.jpg will do as well: "
            "you are asked what to learn where that is not plain."
        )
    )
    st.code("cups/\n    one.jpg\n    two.jpg\nplates/\n    three.jpg", language=None)
    st.caption(
        t(
            "JPEG, PNG, WebP, HEIC, AVIF, BMP, GIF and TIFF are read. A start is ten pictures a class; fifty is better. "
            "Folders called train, validation and test, in any usual spelling, are kept as the division."
        )
    )


def _split() -> Split:
    with st.expander(t("How to divide the pictures")):
        return division.choose("share", Split.model_validate({}))


def _from_device(how: How) -> None:
    limits = settings.current()
    place = st.container()
    is_shrunk = st.toggle(
        t("Make large photos smaller before sending"),
        value=st.get_option("server.address") not in LOOPBACK,
        key="shrink",
        help=t(
            "Good for a slow connection: photos whose longer side is above {side} pixels are made smaller by your "
            "browser, so that far less is sent. Off, they come as they are and Graft makes them smaller itself, "
            "in the very way in which a model that you take home will do it. More than {limit} is made smaller anyway.",
            side=limits.stored_side_px,
            limit=numbers.size(limits.upload_limit_bytes),
        ),
    )
    with place:
        done = upload_zone.draw(is_shrunk=is_shrunk, into=how.addition.into if how.addition else "")
    st.caption(
        t(
            "Up to {size}. Your pictures go to the computer that Graft runs on, and nowhere else.",
            size=numbers.size(limits.upload_limit_bytes),
        )
    )
    if done is not None:
        _begin(done.redeem(), done.name, how, is_upload=True)
    with st.expander(t("Does dropping not work here?")):
        _from_plain_uploader(how)


def _from_plain_uploader(how: How) -> None:
    st.caption(
        t(
            "The slow way, for old browsers: good for up to about 300 pictures, {all} in all and {each} each. "
            "For more, make a zip of the folder and choose that above.",
            all=numbers.size(held_uploads.limit_bytes()),
            each=numbers.size(held_uploads.largest_bytes()),
        )
    )
    files = st.file_uploader(
        t("Choose a folder"),
        accept_multiple_files="directory",
        key="folder-upload",
        help=t(
            "A folder with one folder of pictures for each class. Your browser sends it file by file, "
            "and nothing is imported before you press the button."
        ),
    )
    is_wanted = st.button(
        t("Import these pictures"), type="primary", disabled=not files, key="import-folder"
    )
    if is_wanted and files:
        with st.spinner(t("Packing")):
            source = folder_upload.packed(files)
            held_uploads.let_go(files)
        _begin(source, folder_upload.name_of(files), how, is_upload=True)


def _from_webcam(how: How) -> None:
    addition = how.addition
    recorded = webcam.booth(1 if addition else 2, addition.into if addition else "")
    st.caption(t("Nothing is recorded while you do not hold the button."))
    if recorded is not None:
        done, classes = recorded
        if addition is not None:  # the names written beside the pictures say more
            addition = replace(addition, into="")
        how = replace(how, table=classes, addition=addition)
        _begin(done.redeem(), t("Webcam pictures"), how, is_upload=True)


def _from_here(how: How) -> None:
    path = st.text_input(
        t("Path of a folder or zip file"),
        placeholder="/home/me/pictures",
        help=t("It is read, never changed."),
        key="path-here",
    )
    if st.button(
        t("Import this folder"), type="primary", disabled=not path.strip(), key="import-here"
    ):
        source = listing.source(path)
        _begin(source, source.stem, how, is_upload=False)


def _from_samples(how: How) -> None:
    """Offer the bundled sets side by side: one to tell apart, one to read a number from."""
    fruit, glasses = st.columns(2, gap="medium")
    sentence = t("To tell apart: a hundred pictures of each, made by Graft itself.")
    with fruit, choice_card.choice("samples", t("Six kinds of fruit"), sentence):
        if st.button(t("Use the fruit"), type="primary", key="import-samples"):
            _show_samples("samples", t("Sample pictures"))
    sentence = t(
        "To read a number from: how full is the glass, in percent? Three hundred pictures."
    )
    name = t("Glasses of juice")
    with glasses, choice_card.choice("glasses", name, sentence):
        if st.button(t("Use the glasses"), type="primary", key="import-glasses"):
            _show_samples("samples:juice", name)


def _show_samples(which: Bundled, name: str) -> NoReturn:
    project_id = state.ensure_project()
    _show(imports.start_intake(project_id, which, name, by=tokens.visitor()))


def _begin(source: Path, name: str, how: How, *, is_upload: bool) -> None:
    """Start the import: of a data set of its own, or as an addition."""
    details: dict[str, Any] = {"remove_source": is_upload, "by": tokens.visitor(), "may_ask": True}
    details["encoding"] = how.encoding
    if how.table is not None:
        columns = how.table.columns
        details |= {
            "targets": how.table.kept(),
            "columns": columns.model_dump() if columns else None,
        }
    if how.addition is not None:
        to = how.addition
        _show(imports.start_addition(to.dataset_id, source, to.into, **details))
    name = name.strip() or t("My pictures")
    split = how.split.model_dump() if how.split else None
    serves = state.new_data_serves()
    details |= {"split": split, "serves": serves}
    _show(imports.start_intake(state.ensure_project(), source, name, **details))


def _show(dataset_id: str) -> NoReturn:
    state.ask_for_new_data(False)
    state.choose_dataset(dataset_id)
    st.rerun()


_WAYS = {"drop": _from_device, "webcam": _from_webcam, "here": _from_here, "samples": _from_samples}

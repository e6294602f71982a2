"""Packing a model or a project: progress while it is made and checked, then the link."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.shared import errors, numbers, run_names
from pages.parts.shared.text import escape
from pages.parts.shared.words import t, tn
from pages.parts.web import downloads
from tl_core.base import ids, settings
from tl_core.export import keras_file, parity
from tl_core.jobs import exporter
from tl_core.jobs.exporter import Kind
from tl_core.models import persist
from tl_core.store import store
from tl_core.training.results import MODEL_DIR

Thing = store.RunRow | store.Project
REFRESH_S = 1.0
SCRIPT_PX = 480
USUAL_S = 40.0


def draw(run: store.RunRow) -> None:
    """Draw the two ways to take a model home."""
    if (run.metrics or {}).get("arrived"):
        # Without pictures nothing could be checked, so only what needs no check is offered.
        with st.container(border=True):
            _for_graft(run)
        return
    keras, bundle = st.columns(2, gap="medium")
    with keras, st.container(border=True, height="stretch"):
        st.header(t("For your own programs"), anchor=False)
        st.markdown(
            t(
                "A zip with the model (.keras), the names of its answers, a short Python script that uses it, and a certificate. "
                "It takes pictures of any size; everything that prepares them is inside."
            )
        )
        _kind(run, "keras", t("Pack the model"), is_main=True)
    with bundle, st.container(border=True, height="stretch"):
        _for_graft(run)


def explain(run: store.RunRow) -> None:
    """Say how the model is used in other programs, with the script that does it."""
    if (run.metrics or {}).get("arrived"):
        return
    st.header(t("How to use it"))
    st.markdown(
        t(
            "Unpack the zip. In a Python that has Keras, TensorFlow and Pillow, run {command}. This is the script; "
            "its lower half opens pictures of every kind exactly as Graft does:",
            command="`python use_model.py photo.jpg`",
        )
    )
    st.code(_script(run.id), language="python", height=SCRIPT_PX)


@st.cache_data(max_entries=32, show_spinner=False)
def _script(run_id: str) -> str:
    """Return the script of the zip, as it is."""
    return keras_file.script(persist.describe(ids.run_folder(run_id) / MODEL_DIR))


def _for_graft(run: store.RunRow) -> None:
    st.header(t("For Graft on another computer"), anchor=False)
    st.markdown(
        t(
            "One file with the model, the names of its answers, and its settings. It holds no program code, so it is safe to pass on. "
            "Open it there on the Start page."
        )
    )
    _kind(run, "bundle", t("Pack for Graft"), is_main=False)


def draw_project(project: store.Project) -> None:
    """Draw the way to take everything home that belongs to a project."""
    with st.container(border=True, key="whole-project"):
        st.header(t("The whole project"), anchor=False)
        st.markdown(
            t(
                "Everything in one file: the pictures, all versions of your data, the runs and their models. "
                "Open it on the Start page of Graft on another computer, and go on there."
            )
        )
        _kind(project, "project", t("Pack the project"), is_main=False)


def _kind(thing: Thing, kind: Kind, label: str, *, is_main: bool) -> None:
    working = exporter.is_working(thing.id, kind)
    st.fragment(_panel, run_every=REFRESH_S if working else None)(
        thing, kind, label, is_main, working
    )


def _panel(thing: Thing, kind: Kind, label: str, is_main: bool, was_working: bool) -> None:
    if exporter.is_working(thing.id, kind):
        _tell_progress(thing, kind)
        return
    if was_working:
        st.rerun(scope="app")
    is_packed = False
    with errors.shown():
        package = exporter.made(thing.id, kind)
        if package is not None:
            _link(thing, package, is_main=is_main)
            if kind != "project":
                return
            _about_project(package)
            is_packed = True
    if st.button(
        t("Pack it again") if is_packed else label,
        key=f"pack-{kind}",
        type="primary" if is_main else "secondary",
        icon=":material/inventory_2:",
    ):
        exporter.start(thing.id, kind)
        st.rerun(scope="app")


def _about_project(package: exporter.Package) -> None:
    """Say of when a project's file is, since the project goes on changing, and what it lacks."""
    st.caption(t("As it was at {time}.", time=_time_of(package.file)))
    if package.left_out:
        st.warning(
            tn(
                "{count} run is not in it: files of it are missing or damaged.",
                "{count} runs are not in it: files of them are missing or damaged.",
                package.left_out,
            )
        )
    if package.file.stat().st_size > settings.current().upload_limit_bytes:
        st.caption(
            t(
                "It is too large to be sent by a browser. Open it with {command}.",
                command="`python -m tl_core open-file FILE`",
            )
        )


def _tell_progress(thing: Thing, kind: Kind) -> None:
    if kind == "project":
        so_far = numbers.size(exporter.packed_bytes(thing.id))
        st.markdown(t("Packing the project: {size} so far", size=so_far))
        st.caption(t("The more pictures, the longer it takes. You may close this tab meanwhile."))
        return
    if exporter.is_waiting(thing.id, kind):
        st.markdown(t("Another model is being packed. This one comes next."))
        return
    share = min(0.95, exporter.seconds_at_work(thing.id, kind) / USUAL_S)
    st.progress(share, text=t("Packing, then checking it on your own pictures"))
    st.caption(
        t(
            "About half a minute. The file is loaded in a clean process and must give the same answers."
        )
    )


def _time_of(file: Path) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime))


def _link(thing: Thing, package: exporter.Package, *, is_main: bool) -> None:
    kind = "graft-download" if is_main else "graft-download graft-second"
    links = [_anchor(thing, package.file, t("Download"), kind)]
    if package.model is not None:
        links.append(
            _anchor(thing, package.model, t("Only the .keras file"), "graft-download graft-second")
        )
    st.html(f'<div class="graft-links">{"".join(links)}</div>')
    if package.certificate and isinstance(thing, store.RunRow):
        of_numbers = (thing.metrics or {}).get("task") == "regress"
        _certificate(package.certificate, of_numbers)
        _about_made_smaller(package.certificate)


def _anchor(thing: Thing, file: Path, label: str, kind: str) -> str:
    # The file of a project is called after it.
    name = file.name
    if isinstance(thing, store.RunRow):
        name = f"{run_names.stem(thing)}{file.suffix}"
    href = escape(downloads.url(file, name))
    size = escape(numbers.size(file.stat().st_size))
    return f'<a class="{kind}" href="{href}" download>{escape(label)} · {size}</a>'


def _certificate(told: dict[str, Any], of_numbers: bool) -> None:
    """Say how closely the file's answers agree with the app's."""
    if told["largest_difference"] is None:
        st.error(
            t(
                "The pictures that the app judged are not stored any more, so nothing could be checked. Do not rely on this file."
            ),
            icon=":material/error:",
        )
        return
    count, bound = int(told["pictures"]), parity.bound(told["largest_difference"])
    if of_numbers:
        facts = tn(
            "Checked on {count} of your pictures: no number differs by more than {difference} of its size.",
            "Checked on {count} of your pictures: no number differs by more than {difference} of its size.",
            count,
            difference=bound,
        )
    else:
        facts = tn(
            "Checked on {count} of your pictures: {share} get the same class, and no probability differs by more than {difference}.",
            "Checked on {count} of your pictures: {share} get the same class, and no probability differs by more than {difference}.",
            count,
            share=numbers.percent(told["label_agreement"]),
            difference=bound,
        )
    if told.get("awkward"):  # files packed by earlier versions were not checked on these
        facts = " ".join((facts, *_checked_on(count, int(told["originals"]), int(told["awkward"]))))
    if told["passed"]:
        st.success(f"**{t('It answers as the app does.')}** {facts}", icon=":material/verified:")
    else:
        st.error(
            f"**{t('It does not answer as the app does. Do not rely on this file.')}** {facts}",
            icon=":material/error:",
        )


def _checked_on(count: int, originals: int, awkward: int) -> list[str]:
    """Say in what form the pictures were that a model was checked on."""
    told = []
    if originals == count:
        told.append(t("Your pictures were taken as you uploaded them."))
    elif originals:
        told.append(
            t(
                "{originals} of your pictures were taken as you uploaded them, the others as Graft keeps them.",
                originals=originals,
            )
        )
    else:
        told.append(
            t(
                "The files that you uploaded are not kept, so the pictures were taken as Graft keeps them."
            )
        )
    more = tn(
        "{count} file of an unusual kind (transparent, 16-bit, turned, printed, moving) was checked too.",
        "{count} files of unusual kinds (transparent, 16-bit, turned, printed, moving) were checked too.",
        awkward,
    )
    return [*told, more]


def _about_made_smaller(told: dict[str, Any]) -> None:
    """Say how much it made that the browser sent photos smaller than they are."""
    if not told.get("made_smaller"):
        return
    st.caption(
        tn(
            "{count} photo was made smaller by your browser before it was sent. For the whole photo the file answers "
            "differently by up to {difference}.",
            "{count} photos were made smaller by your browser before they were sent. For the whole photos the file "
            "answers differently by up to {difference}.",
            int(told["made_smaller"]),
            difference=numbers.value(told["made_smaller_difference"], 1),
        )
    )

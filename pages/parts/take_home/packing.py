"""Packing a model or a project: progress while it is made and checked, then the link."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.shared import errors, numbers, run_names
from pages.parts.shared.tasks import registry as tasks
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.text import escape, literal
from pages.parts.shared.words import t, tn
from pages.parts.web import downloads
from tl_core import store
from tl_core.base import ids, settings
from tl_core.export import parity
from tl_core.export.formats import registry
from tl_core.export.formats.format import Format
from tl_core.jobs import exporter
from tl_core.models import persist
from tl_core.training.results import MODEL_DIR

Thing = store.RunRow | store.Project
REFRESH_S = 1.0
PROGRAM_PX = 480
COLUMNS = 2


def draw(run: store.RunRow) -> None:
    """Draw the ways to take a model home."""
    offered = _offered(run)
    for start in range(0, len(offered), COLUMNS):
        row = offered[start : start + COLUMNS]
        places = st.columns(COLUMNS, gap="medium") if len(offered) > 1 else [st.container()]
        for place, format_ in zip(places, row, strict=False):
            with place, st.container(border=True, height="stretch"):
                _card(run, format_, is_main=len(offered) > 1 and format_ is offered[0])


def explain(run: store.RunRow) -> None:
    """Say how the model is used in other programs, with the programs that do it."""
    guided = [(known, known.guide) for known in _offered(run) if known.guide is not None]
    if not guided:
        return
    st.header(t("How to use it"))
    for format_, guide in guided:
        if len(guided) > 1:
            st.subheader(t(format_.title), anchor=False)
        st.markdown(t(guide.text, command=f"`{guide.command}`"))
        st.code(_program(run.id, format_.name), language="python", height=PROGRAM_PX)


def draw_project(project: store.Project) -> None:
    """Draw the ways to take everything home that belongs to a project."""
    for format_ in registry.made_of("project"):
        with st.container(border=True, key=f"whole-{format_}"):
            _card(project, format_, is_main=False)


def _offered(run: store.RunRow) -> list[Format]:
    """Return the formats of a model; where no picture is, only those that need none to be checked."""
    is_arrived = bool((run.metrics or {}).get("arrived"))
    return [
        known
        for known in registry.made_of("run")
        if not (is_arrived and (known.is_judged or known.needs_training))
    ]


@st.cache_data(max_entries=32, show_spinner=False)
def _program(run_id: str, kind: str) -> str:
    """Return the program of a format's guide, as it is."""
    guide = registry.get(kind).guide
    return guide.program(persist.describe(ids.run_folder(run_id) / MODEL_DIR)) if guide else ""


def _card(thing: Thing, format_: Format, *, is_main: bool) -> None:
    st.header(t(format_.title), anchor=False)
    st.markdown(t(format_.sentence))
    need = format_.missing()
    if need is not None:
        st.info(
            f"{t('It needs the package {package}, which is not installed.', package=literal(need.name))} "
            f"{t(need.reason)} {t('To install it: {command}', command=f'`pip install {need.name}`')}",
            icon=":material/extension:",
        )
        return
    working = exporter.is_working(thing.id, format_.name)
    st.fragment(_panel, run_every=REFRESH_S if working else None)(thing, format_, is_main, working)


def _panel(thing: Thing, format_: Format, is_main: bool, was_working: bool) -> None:
    kind = format_.name
    if exporter.is_working(thing.id, kind):
        _tell_progress(thing, format_)
        return
    if was_working:
        st.rerun(scope="app")
    is_packed = False
    with errors.shown():
        package = exporter.made(thing.id, kind)
        if package is not None:
            _link(thing, format_, package, is_main=is_main)
            if not format_.may_change:
                return
            _about_moment(package)
            is_packed = True
    if st.button(
        t("Pack it again") if is_packed else t(format_.button),
        key=f"pack-{kind}",
        type="primary" if is_main else "secondary",
        icon=":material/inventory_2:",
    ):
        exporter.start(thing.id, kind)
        st.rerun(scope="app")


def _about_moment(package: exporter.Package) -> None:
    """Say when a project's file was made, since the project goes on changing, and what it lacks."""
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


def _tell_progress(thing: Thing, format_: Format) -> None:
    if exporter.is_waiting(thing.id, format_.name):
        st.markdown(t("Another model is being packed. This one comes next."))
        return
    if format_.usual_s is None:
        so_far = numbers.size(exporter.packed_bytes(thing.id, format_.name))
        st.markdown(t("Packing the project: {size} so far", size=so_far))
        st.caption(t("The more pictures, the longer it takes. You may close this tab meanwhile."))
        return
    share = min(0.95, exporter.seconds_at_work(thing.id, format_.name) / format_.usual_s)
    st.progress(share, text=t("Packing, then checking it on your own pictures"))
    st.caption(
        t(
            "About half a minute. The file is loaded in a clean process and must give the same answers."
        )
    )


def _time_of(file: Path) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime))


def _link(thing: Thing, format_: Format, package: exporter.Package, *, is_main: bool) -> None:
    kind = "graft-download" if is_main else "graft-download graft-second"
    links = [_anchor(thing, package.file, t("Download"), kind)]
    if package.model is not None:
        links.append(_anchor(thing, package.model, t(format_.alone), "graft-download graft-second"))
    st.html(f'<div class="graft-links">{"".join(links)}</div>')
    if package.certificate and isinstance(thing, store.RunRow):
        _certificate(package.certificate, tasks.of_run(thing))
        _about_made_smaller(package.certificate)


def _anchor(thing: Thing, file: Path, label: str, kind: str) -> str:
    # The file of a project is called after it.
    name = file.name
    if isinstance(thing, store.RunRow):
        name = f"{run_names.stem(thing)}{file.suffix}"
    href = escape(downloads.url(file, name))
    size = escape(numbers.size(file.stat().st_size))
    return f'<a class="{kind}" href="{href}" download>{escape(label)} · {size}</a>'


def _certificate(told: dict[str, Any], panels: Panels) -> None:
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
    facts = panels.certificate(told, bound)
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
    """Say how much answers differ because the browser made photos smaller before sending them."""
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

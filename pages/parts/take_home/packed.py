"""What was packed: the link to it, whether it answers as the app does, what has to be known of it."""

from pathlib import Path

import streamlit as st

from pages.parts.shared import numbers, run_names
from pages.parts.shared.tasks import registry as tasks
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from pages.parts.take_home import certificate, on_phone
from pages.parts.web import downloads
from tl_core import store
from tl_core.base import settings
from tl_core.export.formats.format import Format
from tl_core.jobs import exporter

Thing = store.RunRow | store.Project
MOST_NAMES = 5


def draw(thing: Thing, format_: Format, package: exporter.Package, *, is_main: bool) -> None:
    """Draw the link to a file, then what is known of it."""
    kind = "graft-download" if is_main else "graft-download graft-second"
    links = [_anchor(thing, package.file, t("Download"), kind)]
    if package.model is not None:
        links.append(_anchor(thing, package.model, t(format_.alone), "graft-download graft-second"))
    st.html(f'<div class="graft-links">{"".join(links)}</div>')
    if package.model is not None and format_.is_page:
        on_phone.draw(package.model)
    if package.is_outdated:
        st.warning(t("Classes were renamed since it was packed. Pack it again for today's names."))
    if package.renamed:
        _about_names(package)
    if format_.may_change:
        _about_moment(package)
    if package.certificate and isinstance(thing, store.RunRow):
        quick = certificate.speed(package.certificate)
        if quick:
            st.caption(t("{time} an answer, measured on this computer", time=quick))
        certificate.draw(package.certificate, tasks.of_run(thing))


def _about_names(package: exporter.Package) -> None:
    """Say which classes bear another name in the file than in training."""
    pairs = [
        f"{literal(shortened(old))} → {literal(shortened(new))}"
        for old, new in package.renamed.items()
    ]
    told = ", ".join(pairs[:MOST_NAMES])
    if len(pairs) > MOST_NAMES:
        told = t("{names} and {count} more", names=told, count=len(pairs) - MOST_NAMES)
    st.caption(
        t(
            "You renamed classes after this training; the file has today's names: {names}",
            names=told,
        )
    )


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


def _time_of(file: Path) -> str:
    return numbers.moment(file.stat().st_mtime)


def _anchor(thing: Thing, file: Path, label: str, kind: str) -> str:
    # The file of a project is called after it.
    name = file.name
    if isinstance(thing, store.RunRow):
        name = f"{run_names.stem(thing)}{file.suffix}"
    href = escape(downloads.url(file, name))
    size = escape(numbers.size(file.stat().st_size))
    return f'<a class="{kind}" href="{href}" download>{escape(label)} · {size}</a>'

"""One way to take something home: what it is, how large and quick, the button, then the link."""

import streamlit as st

from pages.parts.shared import errors, numbers
from pages.parts.shared.words import spoken, t
from pages.parts.take_home import missing_package, packed
from pages.parts.take_home.packed import Thing
from tl_core.base.errors import UserError
from tl_core.export import estimate
from tl_core.export.formats import registry, unfinished_writer
from tl_core.export.formats.format import Format
from tl_core.jobs import exporter

REFRESH_S = 1.0
ESTIMATED_FOR_S = 60
"""A project grows meanwhile."""


def draw(thing: Thing, format_: Format, *, is_main: bool) -> None:
    """Draw one card."""
    st.subheader(t(format_.title), anchor=False)
    st.markdown(t(format_.sentence))
    need = format_.missing()
    if need is not None:
        missing_package.draw(need)
        return
    working = exporter.is_working(thing.id, format_.name)
    st.fragment(_panel, run_every=REFRESH_S if working else None)(thing, format_, is_main, working)
    with st.expander(t("On the command line")):
        st.code(
            f"python -m tl_core export {thing.id} --format {format_}",
            language=None,
            wrap_lines=True,
        )


def _panel(thing: Thing, format_: Format, is_main: bool, was_working: bool) -> None:
    kind = format_.name
    if exporter.is_working(thing.id, kind):
        _tell_progress(thing, format_)
        return
    if was_working:
        st.rerun(scope="app")
    package = None
    with errors.shown():
        package = exporter.made(thing.id, kind)
        if package is not None:
            packed.draw(thing, format_, package, is_main=is_main)
            if not (format_.may_change or package.is_outdated):
                return
    if package is None:
        _expected(thing.id, kind)
    fetched = format_.to_fetch()
    if fetched is not None:
        st.caption(t(fetched))
    with_checkpoints = format_.may_change and _checkpoints(thing.id)
    if st.button(
        t(format_.button) if package is None else t("Pack it again"),
        key=f"pack-{kind}",
        type="primary" if is_main else "secondary",
        icon=":material/inventory_2:",
    ):
        exporter.start(thing.id, kind, spoken(), with_checkpoints=with_checkpoints)
        st.rerun(scope="app")


def _checkpoints(project_id: str) -> bool:
    """Let a person take along what the trainings of a project go on from, where there is something."""
    size_bytes = unfinished_writer.size_bytes(project_id)
    if not size_bytes:
        return False
    return st.toggle(
        t("Trainings can go on there (up to {size} more)", size=numbers.size(size_bytes)),
        key="with-checkpoints",
        help=t(
            "Takes along the newest checkpoint of every training: weights and all that the next epoch needs. A training "
            "that was paused or stopped goes on there as it would have gone on here, and a finished one can be trained "
            "further. Without them, the models and results travel alone."
        ),
    )


def _expected(identifier: str, kind: str) -> None:
    """Say how large the file will be about, and how quick."""
    file_bytes, seconds = _estimated(identifier, kind)
    told = []
    if file_bytes is not None:
        told.append(t("about {size}", size=numbers.size(file_bytes)))
    if seconds is not None:
        told.append(
            t("about {time} an answer on this computer", time=numbers.milliseconds(seconds))
        )
    if told:
        st.caption(" · ".join(told))


@st.cache_data(max_entries=64, ttl=ESTIMATED_FOR_S, show_spinner=False)
def _estimated(identifier: str, kind: str) -> tuple[float | None, float | None]:
    format_ = registry.get(kind)
    try:
        return estimate.bytes_of(format_, identifier), estimate.seconds_of(format_, identifier)
    except UserError:  # why it cannot be read is told once it is packed
        return None, None


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
            "About half a minute. The file is loaded in a clean process and must give the same answers. "
            "You may close this tab meanwhile."
        )
    )

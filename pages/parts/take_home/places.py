"""The ways to take a model or a project home, as cards below the place where each of them goes."""

import streamlit as st

from pages.parts.shared.words import t
from pages.parts.take_home import card
from tl_core import store
from tl_core.export.formats import registry
from tl_core.export.formats.format import PLACES, Format

COLUMNS = 2


def draw(run: store.RunRow | None, project: store.Project | None) -> None:
    """Draw the ways to take a run's model home, and a project's; None where there is none of it."""
    ways: list[tuple[card.Thing, Format]] = []
    if run is not None:
        ways += [(run, known) for known in offered(run)]
    if project is not None:
        ways += [(project, known) for known in registry.made_of("project")]
    for place, title in PLACES.items():
        going = [way for way in ways if way[1].goes == place]
        if not going:
            continue
        st.header(t(title), anchor=False)
        for start in range(0, len(going), COLUMNS):
            columns = st.columns(COLUMNS, gap="medium")
            for column, (thing, format_) in zip(
                columns, going[start : start + COLUMNS], strict=False
            ):
                with column, st.container(border=True, height="stretch", key=f"way-{format_}"):
                    card.draw(thing, format_, is_main=thing is run and format_ is ways[0][1])


def offered(run: store.RunRow) -> list[Format]:
    """Return the formats of a model; where no picture is, only those that need none to be checked."""
    is_arrived = bool((run.metrics or {}).get("arrived"))
    return [
        known
        for known in registry.made_of("run")
        if not (is_arrived and (known.is_judged or known.needs_training))
    ]

"""What file names and classes were read as when their bytes do not say it, and the other readings."""

import streamlit as st

from pages.parts.data import version_history
from pages.parts.shared.text import literal, shortened
from pages.parts.shared.words import t
from tl_core import store
from tl_core.datasets import code_pages, naming
from tl_core.datasets.edits import Reread
from tl_core.datasets.naming import Reading

SHOWN = 4
BY_ITSELF = ""


def choose() -> str:
    """Draw the choice of an encoding before an import; "" leaves it to the names themselves."""
    titles = {BY_ITSELF: t("Told from the names themselves")}
    titles |= {page.codec: t(page.title) for page in code_pages.PAGES}
    with st.expander(t("Names look garbled?")):
        return st.selectbox(
            t("File names and tables are written in"),
            list(titles),
            format_func=titles.__getitem__,
            key="names-written-in",
            help=t(
                "Only for names and tables that do not say it themselves, as older zip files and spreadsheets do not. "
                "It can be changed after the import, too."
            ),
        )


def draw(row: store.DatasetRow) -> None:
    """Say what the names of a data set were read as, and offer to read them otherwise."""
    reading = _kept(row.id)
    if reading is None or reading.is_sure:
        return
    with st.container(border=True, key="graft-names-read"):
        st.markdown(
            t(
                "File names read as {encoding}: {names}",
                encoding=f"**{literal(t(code_pages.title(reading.codec)))}**",
                names=literal(_some(list(reading.parts))),
            )
        )
        if reading.others:
            with st.expander(t("Read them otherwise"), icon=":material/translate:"):
                _others(row, reading)


def _others(row: store.DatasetRow, reading: Reading) -> None:
    """Draw every other reading with what it makes of the names."""
    st.markdown(t("What the same names are in other encodings. Nothing is sent or imported again."))
    for codec in reading.others:
        changes = reading.changes(codec)
        st.markdown(
            f"**{literal(t(code_pages.title(codec)))}**  \n{literal(_some(list(changes.values())))}"
        )
        if st.button(t("Read them so"), key=f"reread-{codec}", width="stretch"):
            change = Reread(codec=codec, old=tuple(changes), new=tuple(changes.values()))
            version_history.make(row, change)


def _some(names: list[str]) -> str:
    """Return a few names, the shortest first: these are the classes more often than not."""
    first = sorted(names, key=len)[:SHOWN]
    return ", ".join(shortened(name, 24) for name in first) + (" …" if len(names) > SHOWN else "")


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(dataset_id: str) -> Reading | None:
    return naming.load(dataset_id)

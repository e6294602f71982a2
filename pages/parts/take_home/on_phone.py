"""A packed web page on a phone: a code for its camera where the network reaches this Graft, else what to do."""

from pathlib import Path

import streamlit as st

from pages.parts.shared.text import escape
from pages.parts.shared.words import t
from pages.parts.web import access, packed_pages
from tl_core.base import qr

START = 'GRAFT_ACCESS_CODE="at least eight signs" streamlit run app.py --server.address 0.0.0.0'


def draw(page: Path) -> None:
    """Draw how the page comes onto a phone."""
    begins = packed_pages.from_network(st.context.url or "")
    with st.expander(t("Open it on a phone"), icon=":material/qr_code_2:"):
        if begins:
            _code(f"{begins}{packed_pages.url(page)}")
        else:
            _how_to()


def _code(link: str) -> None:
    about = t("A code that opens the page on a phone")
    st.html(
        f'<a href="{escape(link)}"><img class="graft-qr" alt="{escape(about)}" src="{escape(qr.data_uri(link))}"></a>'
    )
    st.markdown(
        t(
            "Point the camera of a phone in the same network at it. The code holds for 12 hours, and while this Graft runs."
        )
    )
    if access.is_asked():
        st.caption(t("The phone is asked for the access code first."))
    if link.startswith("http:"):
        st.caption(
            t(
                "The live camera stays off there: browsers allow it only to pages with https, or on the computer itself. "
                "“Take a photo” on the page opens the camera of the phone instead."
            )
        )


def _how_to() -> None:
    st.markdown(
        t(
            "Only this computer reaches this Graft, so a phone cannot open the page from here. Send the file of “Only the page” to the "
            "phone, by a cable, a message or a shared folder, and open it there with Chrome or Firefox; iPhones do not run pages that are files."
        )
    )
    st.markdown(
        t(
            "Or start Graft so that others in your network reach it, with a code that they are asked for:"
        )
    )
    st.code(START, language="bash", wrap_lines=True)

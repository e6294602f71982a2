"""What a screen reader is to say."""

import streamlit as st

from pages.parts.shared.text import escape


def say(words: str, about: str) -> None:
    """Have `words` read aloud by a screen reader when they change, and show nothing.

    Args:
        words: what to say.
        about: what they are about; later words about the same take their place.
    """
    st.html(f'<span class="graft-say" data-about="{escape(about)}" hidden>{escape(words)}</span>')

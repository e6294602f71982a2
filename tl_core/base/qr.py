"""An address as a QR code, which the camera of a phone opens."""

import io

QUIET = 4
"""White modules around a code, as ISO/IEC 18004 asks for."""


def data_uri(address: str) -> str:
    """Return a code as a picture for the `src` of an <img>: black on white, whatever the theme."""
    import segno  # only where a code is drawn

    made = segno.make(address, error="l", micro=False, boost_error=False)
    return made.svg_data_uri(scale=4, border=QUIET, dark="#000", light="#fff")


def in_letters(address: str) -> str:
    """Return a code in half blocks, for a terminal.

    Raises:
        ImportError: where segno is not installed, as in the container of a served model.
    """
    import segno

    drawn = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue()

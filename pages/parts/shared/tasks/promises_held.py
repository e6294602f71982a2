"""How promises held on test pictures: a table, or why nothing is promised."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.words import t, tn
from tl_core.measures import conformal

Column = Sequence[object]


def draw(held: Sequence[Mapping[str, Any]], among: str, more: Mapping[str, Column]) -> None:
    """Draw for each promise how often it held.

    Args:
        held: as `conformal.judged`, or its like for labels and numbers.
        among: what is promised, the heading of its column.
        more: further columns by their headings.
    """
    st.dataframe(
        {
            t("Promised"): [numbers.percent(one["coverage"]) for one in held],
            among: [
                numbers.percent_within(one["covered"], one["covered_low"], one["covered_high"])
                for one in held
            ],
            **more,
        },
        hide_index=True,
    )


def too_few(nothing_said: str) -> None:
    """Say why nothing is promised.

    Args:
        nothing_said: what cannot be promised, a sentence.
    """
    least = conformal.least_pictures(min(conformal.COVERAGES))
    why = tn(
        "For that at least {count} validation picture is needed, and copies count once.",
        "For that at least {count} validation pictures are needed, and copies count once.",
        least,
    )
    st.markdown(f"{nothing_said} {why}")


def sizes(held: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return how many are named, as columns for `draw`."""
    return {
        t("Named, on average"): [f"{one['size']:.2f}" for one in held],
        t("Only one named"): [numbers.percent(one["alone"]) for one in held],
    }

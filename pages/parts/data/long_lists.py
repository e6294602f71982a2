"""Long lists that begin short: what is cut off says how much, and the rest is a click away."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.words import t

Thing = TypeVar("Thing")


def first(things: Sequence[Thing], count: int, key: str) -> Sequence[Thing]:
    """Draw a switch for all of `things` and return what is to be shown: the first or all.

    Args:
        things: in the order to show them.
        count: how many to show at first.
        key: names the switch.
    """
    return things if wants_all(len(things), count, key) else things[:count]


def wants_all(length: int, count: int, key: str) -> bool:
    """Draw how many of `length` things are shown, with a switch for all; say whether it is on.

    Where no more than `count` things are there, nothing is drawn and all are shown.
    """
    if length <= count:
        return True
    everything = st.toggle(t("Show all {count}", count=numbers.count(length)), key=f"{key}-all")
    if not everything:
        st.caption(
            t("{shown} of {all} shown.", shown=numbers.count(count), all=numbers.count(length))
        )
    return everything

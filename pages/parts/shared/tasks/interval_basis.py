"""What an interval rests on, where test pictures belong together and tell less than they are many."""

from typing import Any

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.words import t, tn


def draw(test: dict[str, Any]) -> None:
    """Say in how many groups the test pictures come and how that was counted; nothing where there are no groups."""
    groups = test.get("groups")
    if not groups:
        return
    told = tn(
        "Your {pictures} test pictures come in {count} group, copies or bursts, which is judged alike.",
        "Your {pictures} test pictures come in {count} groups, such as copies or bursts, and those of one group "
        "are often right or wrong together.",
        groups["count"],
        pictures=numbers.count(test["count"]),
    )
    if "effective" in groups:
        told += " " + tn(
            "They tell as much as {count} picture on its own, and the range allows for that.",
            "They tell as much as {count} pictures on their own, and the range allows for that.",
            max(1, round(groups["effective"])),
        )
        why = t(
            "Wilson's interval on the effective number of pictures: how alike pictures of one group are in being "
            "right is measured by how groups differ. In simulations it holds the true share 95 times in a hundred."
        )
    elif (test.get("interval_methods") or {}).get("map"):
        told += " " + t("The range counts whole groups.")
        why = t(
            "Wilson's interval on as many pictures as tell as much: by how much each group moves the number says how "
            "certain it is. In simulations it holds the true number 94 to 97 times in a hundred."
        )
    else:
        told += " " + t("The range was found by drawing whole groups.")
        why = t(
            "A bootstrap that draws whole groups, not single pictures, measured in standard errors of each draw. "
            "In simulations it holds the true error 95 times in a hundred."
        )
    st.caption(told, help=why)

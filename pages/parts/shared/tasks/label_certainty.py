"""Whether labels are as probable as a model says, and how its promises of labels held."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.shared.tasks import certainty, promises_held
from pages.parts.shared.words import t


def draw(test: Mapping[str, Any]) -> None:
    """Draw how probable labels were said to be and how often they were there; nothing for runs that did not measure it."""
    told = test.get("certainty")
    if not told or not told["bins"]:
        return
    st.header(t("How sure is it"))
    st.markdown(
        t(
            "Of each label and each test picture it says how probable it is that the picture shows it. Where it says "
            "70 %, it should be so 7 times in 10."
        )
    )
    certainty.diagram(
        told["bins"], t("How probable it says a label is"), t("How often it is there")
    )
    st.caption(
        t(
            "Each point stands for the judgements, one for each label of each test picture, that were about as probable; "
            "their number is below it. Below the dashed line it is too sure of labels, above it too unsure. The bars are "
            "95 % intervals, in which the labels of one picture count as belonging together."
        )
    )
    _promises(test.get("sets") or ())


def _promises(sets: Sequence[Mapping[str, Any]]) -> None:
    st.subheader(t("Every label it may show"))
    if not sets:
        promises_held.too_few(
            t("It cannot be promised that all labels of a picture are among those named.")
        )
        return
    st.markdown(
        t(
            "Instead of the labels above their thresholds it can name every label that a picture may show, so many that "
            "all which it does show are among them as often as promised. On test pictures the promises held like this:"
        ),
        help=t(
            "Split conformal prediction: from which probability on a label is named was found on validation pictures, by "
            "the least probable label that each of them shows (Vovk et al. 2005). It holds for new pictures that are like "
            "yours, on average over trainings; one test part differs by chance."
        ),
    )
    promises_held.draw(sets, t("All its labels among them"), promises_held.sizes(sets))

"""Whether a picture is none of what a model was taught, said beside its answer."""

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.words import t
from tl_core.jobs.predictor import Prediction


def warn(prediction: Prediction) -> None:
    """Say, above the answer, that a picture looks like nothing that the model was taught."""
    if prediction.is_unknown and prediction.unknown is not None:
        st.warning(
            t(
                "**None of these**: it looks like nothing that the model was taught. Of pictures that it knows, {share} look as strange.",
                share=share(prediction.unknown),
            ),
            icon=":material/help:",
        )


def reassure(prediction: Prediction) -> None:
    """Say, below the answer, that nothing is strange; nothing where the model cannot tell."""
    if prediction.unknown is not None and not prediction.is_unknown:
        st.caption(
            t(
                "Nothing unusual: of pictures that it knows, {share} look as strange as this one.",
                share=share(prediction.unknown),
            )
        )


def share(unknown: float) -> str:
    """Return a share of known pictures as text."""
    return t("none") if unknown == 0 else numbers.percent(unknown)


def verdict(prediction: Prediction | None) -> str | None:
    """Return the verdict for a table, None where there is none."""
    if prediction is None or prediction.is_unknown is None:
        return None
    return t("none of these") if prediction.is_unknown else ""

"""One picture beside the whole answer to it, and what can be asked about it."""

import base64
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.shared import datasets, errors, explanation, theme
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import escape, shortened
from pages.parts.shared.words import t
from pages.parts.try_it import correcting, promised_answers, strangeness
from tl_core import store
from tl_core.jobs import trial, tried
from tl_core.jobs.tried import Told

PREVIEW_BYTES = 12_000_000
SIGNATURES = (
    (b"\xff\xd8", "jpeg"),
    (b"\x89PNG", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"RIFF", "webp"),
    *(((length).to_bytes(4) + b"ftypavif", "avif") for length in range(16, 64, 4)),
)


def draw(
    run: store.RunRow,
    trial_id: str,
    told: Told,
    truth: Any,
    asked: promised_answers.Asked,
    *,
    is_narrow: bool = False,
) -> None:
    """Draw the card of one picture.

    Args:
        run: whose model answered.
        trial_id: in which trial.
        told: the answer, or why there is none.
        truth: what the picture is known to show, as the panels of the task take it; None for unknown.
        asked: what was promised, where a person wants to see it.
        is_narrow: whether the picture stands above the answer instead of beside it.
    """
    with st.container(border=True):
        left, right = (
            (st.container(), st.container()) if is_narrow else st.columns([2, 3], gap="large")
        )
        with left:
            _preview(run, trial_id, told)
        with right:
            if told.prediction is None:
                errors.explain("picture", told.reason, told.hint)
            else:
                strangeness.warn(told.prediction)
                panels = registry.of_answer(told.prediction)
                panels.draw_answer(told.prediction, _colours(run), truth)
                strangeness.reassure(told.prediction)
                promised_answers.draw(panels, told.prediction, asked)
        if told.prediction is not None:
            if truth is None:
                correcting.draw(run, trial_id, told)
            also = () if truth is None else registry.of_run(run).true_outputs(truth)
            explanation.of_tried(run, trial_id, told.key, also)


def small(run: store.RunRow, trial_id: str, told: Told) -> str | None:
    """Return the small form of an opened picture as an address that the browser can show."""
    found = tried.preview(trial.folder_of(run.id, trial_id), told)
    return f"data:image/jpeg;base64,{found}" if found else None


def _colours(run: store.RunRow) -> dict[str, str]:
    classes = datasets.loaded(run.dataset_id).classes
    return {name: theme.class_colour(index) for index, name in enumerate(classes)}


def _preview(run: store.RunRow, trial_id: str, told: Told) -> None:
    """Show the picture by handing its bytes to the browser; they are not opened here.

    Of kinds that browsers do not show the small form is shown that a child made.
    """
    caption = escape(shortened(Path(told.name).name, 40))
    source = _as_given(trial.file_of(run.id, trial_id, told.key)) or small(run, trial_id, told)
    if source is None:
        st.html(f'<p class="graft-tag">{caption}</p>')
        return
    st.html(
        f'<figure class="graft-preview"><img alt="{escape(t("The picture to look at"))}" src="{source}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _as_given(file: Path | None) -> str | None:
    if file is None or file.stat().st_size > PREVIEW_BYTES:
        return None
    content = file.read_bytes()
    kind = next((kind for signature, kind in SIGNATURES if content.startswith(signature)), None)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}" if kind else None

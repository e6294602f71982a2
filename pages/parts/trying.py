"""A picture comes in, probabilities come out as bars."""

import base64
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from pages.parts import dataset_view, errors, numbers, state, theme
from pages.parts.text import escape, literal, shortened
from pages.parts.words import t
from tl_core.data import datasets
from tl_core.data.datasets import Dataset
from tl_core.data.splits import TEST
from tl_core.runs import predictor, store
from tl_core.runs.predictor import Prediction

BARS = 8
UNSURE = 0.5
PICTURE_MB = 50
"""Largest file to try: what the browser sends is held in memory."""
PREVIEW_BYTES = 12_000_000
KINDS = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "avif"]
SIGNATURES = (
    (b"\xff\xd8", "jpeg"),
    (b"\x89PNG", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"RIFF", "webp"),
    *(((length).to_bytes(4) + b"ftypavif", "avif") for length in range(16, 64, 4)),
)


def draw(run: store.RunRow) -> None:
    """Draw the ways to give a picture, and the answers."""
    ways = {"file": t("Picture files"), "camera": t("Camera"), "test": t("One of my test pictures")}
    way = st.segmented_control(
        t("Which picture?"),
        list(ways),
        format_func=ways.__getitem__,
        default="file",
        required=True,
        key="try-way",
    )
    if way == "camera":
        photo = st.camera_input(t("Take a picture"), key="try-camera", width=480)
        if photo is not None:
            _answer(run, t("Your photo"), photo.getvalue())
    elif way == "test":
        _test_picture(run)
    else:
        for file in st.file_uploader(
            t("Drop pictures here"),
            type=KINDS,
            accept_multiple_files=True,
            max_upload_size=PICTURE_MB,
            key="try-files",
        )[:12]:
            with errors.shown():
                _answer(run, file.name, file.getvalue())


def _test_picture(run: store.RunRow) -> None:
    dataset = dataset_view.loaded(run.dataset_id)
    rows = [index for index in range(len(dataset)) if dataset.splits[index] == TEST]
    if not rows:
        st.caption(t("There are no test pictures."))
        return
    turn = int(state.value_of("try-turn", 0))
    # A step that shares no factor with the count visits every picture before one comes twice.
    index = rows[(turn * 7919) % len(rows)]
    path = datasets.picture_path(str(dataset.hashes[index]))
    _answer(
        run,
        str(dataset.names[index]),
        path.read_bytes(),
        truth=dataset.classes[int(dataset.labels[index])] if dataset.classes else "",
        values=_true_numbers(dataset, index),
    )
    if st.button(t("Another one"), key="try-another", icon=":material/casino:"):
        state.set_value("try-turn", turn + 1)
        st.rerun()


def _true_numbers(dataset: Dataset, index: int) -> dict[str, float]:
    """Return a picture's own numbers by name; a picture with a class has none."""
    if dataset.values is None:
        return {}
    return dict(zip(dataset.targets, map(float, dataset.values[index]), strict=True))


def _answer(
    run: store.RunRow,
    name: str,
    content: bytes,
    truth: str = "",
    values: Mapping[str, float] | None = None,
) -> None:
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="large")
        with left:
            _preview(name, content)
        with right, st.spinner(t("Looking")), errors.shown():
            prediction = _predict(run.id, content)
            if prediction.numbers:
                _numbers(prediction.numbers, values or {})
            else:
                _bars(prediction, _colours(run), truth)


@st.cache_data(max_entries=200, show_spinner=False)
def _predict(run_id: str, content: bytes) -> Prediction:
    return predictor.predict(run_id, [content])[0]


def _colours(run: store.RunRow) -> dict[str, str]:
    classes = dataset_view.loaded(run.dataset_id).classes
    return {name: theme.class_colour(index) for index, name in enumerate(classes)}


def _preview(name: str, content: bytes) -> None:
    """Show the picture by handing its bytes to the browser; they are not opened here."""
    kind = next((kind for signature, kind in SIGNATURES if content.startswith(signature)), None)
    caption = escape(shortened(Path(name).name, 40))
    if kind is None or len(content) > PREVIEW_BYTES:
        st.html(f'<p class="graft-tag">{caption}</p>')
        return
    data = base64.b64encode(content).decode()
    st.html(
        f'<figure class="graft-preview"><img alt="{escape(t("The picture to look at"))}" src="data:image/{kind};base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _numbers(found: Mapping[str, float], truth: Mapping[str, float]) -> None:
    """Show the answers in their own units, beside the truth where that is known."""
    for name, value in found.items():
        told = f"### {numbers.value(value)}\n{literal(shortened(name))}"
        if name in truth:
            told += " · " + t("truly {value}", value=numbers.value(truth[name]))
        st.markdown(told)
    st.caption(t("It always answers with a number, even for something it has never seen."))


def _bars(prediction: Prediction, colours: dict[str, str], truth: str) -> None:
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    first, probability = ranked[0]
    st.markdown(f"### {literal(shortened(first))}")
    if probability < UNSURE:
        st.markdown(t("It is not sure."))
    if truth:
        verdict = (
            t("That is right.")
            if truth == first
            else t("That is wrong: it is {truth}.", truth=literal(shortened(truth)))
        )
        st.markdown(f"{':material/check:' if truth == first else ':material/close:'} {verdict}")
    rows = "".join(
        _bar(name, share, colours.get(name, ""), is_first=name == first)
        for name, share in ranked[:BARS]
    )
    st.html(f'<dl class="graft-bars">{rows}</dl>')
    if len(ranked) > BARS:
        rest = sum(share for _, share in ranked[BARS:])
        st.caption(
            t(
                "{count} other classes share {share}.",
                count=len(ranked) - BARS,
                share=numbers.percent(rest),
            )
        )
    st.caption(
        t("It always answers with one of its classes, even for something it has never seen.")
    )


def _bar(name: str, share: float, colour: str, *, is_first: bool) -> str:
    kind = ' class="graft-first"' if is_first else ""
    return (
        f"<dt{kind}>{escape(shortened(name))}</dt>"
        f'<dd><div class="graft-track"><div class="graft-fill" style="width:{100 * share:.1f}%;--class:{colour or "#2f8f6b"}"></div></div></dd>'
        f"<dd{kind}>{numbers.percent(share)}</dd>"
    )

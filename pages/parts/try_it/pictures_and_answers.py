"""Pictures come in, answers come out: bars for a few pictures, a table for many."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.shared import (
    csv_download,
    datasets,
    errors,
    numbers,
    run_names,
    state,
    theme,
    widget_values,
)
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core.datasets import manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST
from tl_core.jobs import trial
from tl_core.jobs.predictor import Prediction
from tl_core.jobs.trial import Shown, Told, Trial
from tl_core.store import store

BARS = 8
UNSURE = 0.5
FEW = 6
"""So many pictures get a card with bars each; more are told in a table."""
CLASSES_IN_CSV = 60
CLASSES_COUNTED = 6
LATEST = 8
REFRESH_S = 0.7
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
Truth = tuple[str, Mapping[str, float]]
"""The class that a picture is known to be of, or its known numbers by name."""


def draw(run: store.RunRow) -> None:
    """Draw the ways to give pictures, and the answers to all of them."""
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
            _answer(run, [Shown(photo.file_id, t("Your photo"), photo.getvalue())])
    elif way == "test":
        _test_picture(run)
    else:
        files = st.file_uploader(
            t("Drop pictures here, as many as you like"),
            type=KINDS,
            accept_multiple_files=True,
            max_upload_size=PICTURE_MB,
            key="try-files",
        )
        _answer(run, [Shown(file.file_id, file.name, file.getvalue()) for file in files])


def _test_picture(run: store.RunRow) -> None:
    dataset = datasets.loaded(run.dataset_id)
    rows = [index for index in range(len(dataset)) if dataset.splits[index] == TEST]
    if not rows:
        st.caption(t("There are no test pictures."))
        return
    turn = int(widget_values.value_of("try-turn", 0))
    # A step that shares no factor with the count visits every picture before one comes twice.
    index = rows[(turn * 7919) % len(rows)]
    digest = str(dataset.hashes[index])
    content = manifest.picture_path(digest).read_bytes()
    truth = dataset.classes[int(dataset.labels[index])] if dataset.classes else ""
    _answer(
        run,
        [Shown(digest, str(dataset.names[index]), content)],
        {digest: (truth, _true_numbers(dataset, index))},
    )
    if st.button(t("Another one"), key="try-another", icon=":material/casino:"):
        widget_values.set_value("try-turn", turn + 1)
        st.rerun()


def _true_numbers(dataset: Dataset, index: int) -> dict[str, float]:
    """Return a picture's own numbers by name; a picture with a class has none."""
    if dataset.values is None:
        return {}
    return dict(zip(dataset.targets, map(float, dataset.values[index]), strict=True))


def _answer(
    run: store.RunRow, pictures: Sequence[Shown], truths: Mapping[str, Truth] | None = None
) -> None:
    """Have every picture answered in a process beside this one, and draw the answers so far."""
    if not pictures:
        return
    trial_id = state.trial_of(run.id)
    known = _state(trial_id)
    missing = [picture for picture in pictures if picture.key not in known.asked]
    if missing and not known.is_working:
        trial_id = trial.start(run.id, missing, trial_id)
        state.note_trial(run.id, trial_id)
        known = _state(trial_id)
    every_s = REFRESH_S if known.is_working else None
    st.fragment(_panel, run_every=every_s)(run, trial_id, pictures, truths or {}, known.is_working)


def _state(trial_id: str) -> Trial:
    return trial.state(trial_id) if trial_id else Trial({}, {}, is_working=False)


def _panel(
    run: store.RunRow,
    trial_id: str,
    pictures: Sequence[Shown],
    truths: Mapping[str, Truth],
    was_working: bool,
) -> None:
    known = _state(trial_id)
    if was_working and not known.is_working:
        st.rerun(scope="app")
    told = [known.told[picture.key] for picture in pictures if picture.key in known.told]
    _progress(run, trial_id, pictures, known)
    if len(pictures) <= FEW:
        for picture in pictures:
            if picture.key in known.told:
                with errors.shown():
                    _card(run, picture, known.told[picture.key], truths.get(picture.key))
    elif known.is_working:
        _latest(told)
    if len(pictures) > 1 and told and not known.is_working:
        _table(run, pictures, told)


def _progress(run: store.RunRow, trial_id: str, pictures: Sequence[Shown], known: Trial) -> None:
    """Say how many pictures are answered, and offer to stop, or to go on where it was stopped."""
    rest = [picture for picture in pictures if picture.key not in known.told]
    if not rest:
        return
    done, count = len(pictures) - len(rest), len(pictures)
    words = tn(
        "{done} of {count} picture answered",
        "{done} of {count} pictures answered",
        count,
        done=done,
    )
    if known.is_working:
        st.progress(done / count, text=words)
        if count > FEW and st.button(t("Stop"), key="try-stop", icon=":material/stop:"):
            trial.stop(trial_id)
            st.rerun(scope="app")
        return
    st.markdown(f"{words}.")
    if st.button(t("Answer the rest"), key="try-rest", icon=":material/resume:"):
        trial.start(run.id, rest, trial_id)
        st.rerun(scope="app")


def _latest(told: Sequence[Told]) -> None:
    """Show the pictures that were answered last, while others wait for their turn."""
    shown = "".join(
        f'<figure class="graft-tried"><img alt="" src="{_source(one)}">'
        f"<figcaption>{escape(shortened(_in_short(one), 24))}</figcaption></figure>"
        for one in told[-LATEST:]
        if one.thumbnail
    )
    st.html(f'<div class="graft-tried-row">{shown}</div>')


def _source(one: Told) -> str | None:
    """Return the small form of an opened picture as an address that the browser can show."""
    return f"data:image/jpeg;base64,{one.thumbnail}" if one.thumbnail else None


def _in_short(one: Told) -> str:
    """Return an answer in a word or number, nothing where there is none."""
    if one.prediction is None:
        return ""
    return one.prediction.label or " · ".join(map(numbers.value, one.prediction.numbers.values()))


def _table(run: store.RunRow, pictures: Sequence[Shown], told: Sequence[Told]) -> None:
    """Draw all answers as a table, with one picture's bars below the row that is chosen."""
    st.markdown(_summary(told))
    columns = _columns(told)
    table = {t("Picture"): [_source(one) for one in told], **columns}
    look: dict[str, Any] = {
        "hide_index": True,
        "height": min(560, 40 + 44 * len(told)),
        "row_height": 44,
        "column_config": {
            t("Picture"): st.column_config.ImageColumn(width="small"),
            t("Sure"): st.column_config.ProgressColumn(
                min_value=0,
                max_value=100,
                format="%d %%",
                help=t("How probable it takes its own answer to be."),
            ),
            **{name: st.column_config.NumberColumn(format="%.4g") for name in _targets(told)},
        },
        "key": f"try-table-{run.id}",
    }
    rows: Sequence[int] = ()
    if len(pictures) > FEW:
        chosen = st.dataframe(table, on_select="rerun", selection_mode="single-row", **look)
        rows = chosen.selection.rows
    else:
        st.dataframe(table, **look)
    csv_download.draw(
        t("Download all answers"),
        columns | _probabilities(told),
        f"{run_names.stem(run)}-new-pictures.csv",
        key="csv-tried",
    )
    if rows:
        one = told[rows[0]]
        picture = next(picture for picture in pictures if picture.key == one.key)
        _card(run, picture, one, None)
    elif len(pictures) > FEW:
        st.caption(t("Choose a row to see its picture and the whole answer."))


def _targets(told: Sequence[Told]) -> list[str]:
    """Return what the columns of numbers are called."""
    first = next((one.prediction for one in told if one.prediction is not None), None)
    return [shortened(name) for name in first.numbers] if first is not None else []


def _summary(told: Sequence[Told]) -> str:
    """Say how many pictures got which answer, and how many none."""
    answered = [one.prediction for one in told if one.prediction is not None]
    words = tn("{count} picture answered", "{count} pictures answered", len(answered))
    counts = Counter(found.label for found in answered if found.label).most_common()
    if counts:
        listed = [f"{literal(shortened(name))} {count}" for name, count in counts[:CLASSES_COUNTED]]
        rest = sum(count for _, count in counts[CLASSES_COUNTED:])
        if rest:
            listed.append(t("others {count}", count=rest))
        words += ": " + ", ".join(listed)
    failed = len(told) - len(answered)
    words += "."
    if failed:
        words += " " + tn(
            "{count} could not be answered; the table says why.",
            "{count} could not be answered; the table says why.",
            failed,
        )
    return words


def _columns(told: Sequence[Told]) -> dict[str, list[object]]:
    """Return files and answers as columns; why there is none only where one has none."""
    columns: dict[str, list[object]] = {t("File"): [Path(one.name).name for one in told]}
    found = [one.prediction for one in told]
    first = next((one for one in found if one is not None), None)
    if first is not None and first.numbers:
        for name in first.numbers:
            columns[shortened(name)] = [one and one.numbers.get(name) for one in found]
    elif first is not None:
        columns[t("Answer")] = [one and one.label for one in found]
        columns[t("Sure")] = [
            None if one is None else round(100 * one.probabilities[one.label]) for one in found
        ]
    if any(one.reason for one in told):
        columns[t("Why not")] = [f"{t(one.reason)} {t(one.hint)}".strip() for one in told]
    return columns


def _probabilities(told: Sequence[Told]) -> dict[str, list[object]]:
    """Return the probability of every class as columns, where these are not too many."""
    first = next((one.prediction for one in told if one.prediction is not None), None)
    if first is None or not 0 < len(first.probabilities) <= CLASSES_IN_CSV:
        return {}
    return {
        t("Probability of {name}", name=name): [
            one.prediction and round(one.prediction.probabilities[name], 4) for one in told
        ]
        for name in first.probabilities
    }


def _card(run: store.RunRow, picture: Shown, told: Told, truth: Truth | None) -> None:
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="large")
        with left:
            _preview(picture.name, bytes(picture.content))
        with right:
            if told.prediction is None:
                errors.explain("picture", told.reason, told.hint)
            elif told.prediction.numbers:
                _numbers(told.prediction.numbers, truth[1] if truth else {})
            else:
                _bars(told.prediction, _colours(run), truth[0] if truth else "")


def _colours(run: store.RunRow) -> dict[str, str]:
    classes = datasets.loaded(run.dataset_id).classes
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
        told = f"## {numbers.value(value)}\n{literal(shortened(name))}"
        if name in truth:
            told += " · " + t("truly {value}", value=numbers.value(truth[name]))
        st.markdown(told)
    st.caption(t("It always answers with a number, even for something it has never seen."))


def _bars(prediction: Prediction, colours: dict[str, str], truth: str) -> None:
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    first, probability = ranked[0]
    st.markdown(f"## {literal(shortened(first))}")
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
            tn(
                "{count} other class has {share}.",
                "{count} other classes share {share}.",
                len(ranked) - BARS,
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

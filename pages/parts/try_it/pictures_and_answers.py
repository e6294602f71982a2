"""Pictures come in, answers come out: bars for a few pictures, a table for many."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.shared import (
    csv_download,
    datasets,
    errors,
    explanation,
    run_names,
    state,
    theme,
    widget_values,
)
from pages.parts.shared.tasks import registry
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from pages.parts.try_it import live_camera, promised_answers, strangeness
from tl_core import store
from tl_core.datasets.splits import TEST
from tl_core.jobs import trial, tried
from tl_core.jobs.trial import Shown, Trial
from tl_core.jobs.tried import Told
from tl_core.modalities import registry as modalities

FEW = 6
"""So many pictures get a card with bars each; more are told in a table."""
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
        _answer(run, live_camera.draw(run))
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
    content = modalities.of(dataset).stored(digest).read_bytes()
    truth = registry.of_dataset(dataset).truth(dataset, index)
    _answer(
        run,
        [Shown(digest, str(dataset.names[index]), content)],
        {digest: truth},
    )
    if st.button(t("Another one"), key="try-another", icon=":material/casino:"):
        widget_values.set_value("try-turn", turn + 1)
        st.rerun()


def _answer(
    run: store.RunRow, pictures: Sequence[Shown], truths: Mapping[str, Any] | None = None
) -> None:
    """Have every picture answered in a process beside this one, and draw the answers so far."""
    if not pictures:
        return
    trial_id = state.trial_of(run.id)
    known = _state(run, trial_id)
    missing = [picture for picture in pictures if picture.key not in known.asked]
    if missing and not known.is_working:
        trial_id = trial.start(run.id, missing, trial_id)
        state.note_trial(run.id, trial_id)
        known = _state(run, trial_id)
    every_s = REFRESH_S if known.is_working else None
    asked = promised_answers.ask(run, registry.of_run(run))
    st.fragment(_panel, run_every=every_s)(
        run, trial_id, pictures, truths or {}, known.is_working, asked
    )


def _state(run: store.RunRow, trial_id: str) -> Trial:
    return trial.state(run.id, trial_id) if trial_id else Trial({}, {}, is_working=False)


def _panel(
    run: store.RunRow,
    trial_id: str,
    pictures: Sequence[Shown],
    truths: Mapping[str, Any],
    was_working: bool,
    asked: promised_answers.Asked,
) -> None:
    known = _state(run, trial_id)
    if was_working and not known.is_working:
        st.rerun(scope="app")
    with errors.shown():
        if known.error is not None:
            raise known.error
    told = [known.told[picture.key] for picture in pictures if picture.key in known.told]
    _progress(run, trial_id, pictures, known)
    if len(pictures) <= FEW:
        for picture in pictures:
            if picture.key in known.told:
                with errors.shown():
                    _card(
                        run,
                        trial_id,
                        picture,
                        known.told[picture.key],
                        truths.get(picture.key),
                        asked,
                    )
    elif known.is_working:
        _latest(run, trial_id, told)
    if len(pictures) > 1 and told and not known.is_working:
        _table(run, trial_id, pictures, told, asked)


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
            trial.stop(run.id, trial_id)
            st.rerun(scope="app")
        return
    st.markdown(f"{words}.")
    if st.button(t("Answer the rest"), key="try-rest", icon=":material/resume:"):
        trial.go_on(run.id, trial_id)
        st.rerun(scope="app")


def _latest(run: store.RunRow, trial_id: str, told: Sequence[Told]) -> None:
    """Show the pictures that were answered last, while others wait for their turn."""
    shown = "".join(
        f'<figure class="graft-tried"><img alt="" src="{_source(run, trial_id, one)}">'
        f"<figcaption>{escape(shortened(_in_short(one), 24))}</figcaption></figure>"
        for one in told[-LATEST:]
        if one.place[1]
    )
    st.html(f'<div class="graft-tried-row">{shown}</div>')


def _source(run: store.RunRow, trial_id: str, one: Told) -> str | None:
    """Return the small form of an opened picture as an address that the browser can show."""
    small = tried.preview(trial.folder_of(run.id, trial_id), one)
    return f"data:image/jpeg;base64,{small}" if small else None


def _in_short(one: Told) -> str:
    """Return an answer in a word or number, nothing where there is none."""
    if one.prediction is None:
        return ""
    return registry.of_answer(one.prediction).in_short(one.prediction)


def _table(
    run: store.RunRow,
    trial_id: str,
    pictures: Sequence[Shown],
    told: Sequence[Told],
    asked: promised_answers.Asked,
) -> None:
    """Draw all answers as a table, with one picture's bars below the row that is chosen."""
    st.markdown(_summary(told))
    columns = _columns(told, asked)
    panels, found = _panels(told), [one.prediction for one in told]
    table = {t("Picture"): [_source(run, trial_id, one) for one in told], **columns}
    look: dict[str, Any] = {
        "hide_index": True,
        "height": min(560, 40 + 44 * len(told)),
        "row_height": 44,
        "column_config": {
            t("Picture"): st.column_config.ImageColumn(width="small"),
            **(panels.columns(found)[1] if panels else {}),
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
        _card(run, trial_id, picture, one, None, asked)
    elif len(pictures) > FEW:
        st.caption(t("Choose a row to see its picture and the whole answer."))


def _panels(told: Sequence[Told]) -> Panels | None:
    """Return the panels of what was answered, None where nothing was."""
    first = next((one.prediction for one in told if one.prediction is not None), None)
    return None if first is None else registry.of_answer(first)


def _summary(told: Sequence[Told]) -> str:
    """Say how many pictures got which answer, and how many none."""
    answered = [one.prediction for one in told if one.prediction is not None]
    words = tn("{count} picture answered", "{count} pictures answered", len(answered))
    panels = _panels(told)
    counts = panels.tally(answered) if panels else []
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


def _columns(told: Sequence[Told], asked: promised_answers.Asked = None) -> dict[str, list[object]]:
    """Return files and answers as columns; why there is none only where one has none."""
    columns: dict[str, list[object]] = {t("File"): [Path(one.name).name for one in told]}
    found = [one.prediction for one in told]
    if panels := _panels(told):
        columns |= panels.columns(found)[0] | dict(promised_answers.columns(found, asked))
    if any(one is not None and one.is_unknown is not None for one in found):
        columns[t("Known or not")] = [strangeness.verdict(one) for one in found]
    if any(one.reason for one in told):
        columns[t("Why not")] = [f"{t(one.reason)} {t(one.hint)}".strip() for one in told]
    return columns


def _probabilities(told: Sequence[Told]) -> dict[str, list[object]]:
    """Return the probability of every class as columns, where these are not too many."""
    panels = _panels(told)
    return panels.further_columns([one.prediction for one in told]) if panels else {}


def _card(
    run: store.RunRow,
    trial_id: str,
    picture: Shown,
    told: Told,
    truth: Any,
    asked: promised_answers.Asked,
) -> None:
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="large")
        with left:
            _preview(picture.name, bytes(picture.content))
        with right:
            if told.prediction is None:
                errors.explain("picture", told.reason, told.hint)
            else:
                strangeness.draw(told.prediction)
                panels = registry.of_answer(told.prediction)
                panels.draw_answer(told.prediction, _colours(run), truth)
                promised_answers.draw(panels, told.prediction, asked)
        if told.prediction is not None:
            explanation.of_tried(run, trial_id, picture.key)


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

"""The answers to many pictures: counted, put in order, filtered, page by page; a card for the one looked at."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.parts.shared import errors, numbers, run_names, tables, widget_values
from pages.parts.shared.tasks import registry
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from pages.parts.try_it import answer_card, correcting, promised_answers, strangeness
from pages.parts.web import downloads
from tl_core import store
from tl_core.jobs import answer_list, trial, tried
from tl_core.jobs.answer_list import ORDERS, Brief, Counts, Only, Order
from tl_core.jobs.tried import Told

FEW = 6
"""So many pictures get a card each; more stand in a table, with a card for one of them."""
PAGE = 50
CLASSES_COUNTED = 6
ROW_PX, HEAD_PX, TABLE_PX = 44, 40, 560


def draw(run: store.RunRow, trial_id: str, asked: promised_answers.Asked) -> None:
    """Draw what a model answered to the pictures of a trial."""
    folder = trial.folder_of(run.id, trial_id)
    found = answer_list.briefs(folder)
    given = {one.key: place for place, one in enumerate(tried.asked(folder))}
    if len(given) <= FEW:
        few = answer_list.arranged(found, "given", Only(), given)
        for told in answer_list.whole(folder, few):
            with errors.shown():
                answer_card.draw(run, trial_id, told, None, asked)
    else:
        counts = answer_list.counts(found)
        st.markdown(_summary(counts))
        order, only = _choices(trial_id, len(found), counts)
        listed = answer_list.arranged(found, order, only, given)
        _pages(run, trial_id, listed, f"{trial_id}-{order}-{only.kind}-{only.answer}", asked)
    with errors.shown():
        correcting.bar(run, trial_id)
    if len(given) > 1:
        _download(run, trial_id)


def _summary(counts: Counts) -> str:
    """Say how many pictures got which answer, and how many none."""
    words = tn(
        "{number} picture answered",
        "{number} pictures answered",
        counts.answered,
        number=numbers.count(counts.answered),
    )
    if counts.answers:
        listed = [
            f"{literal(shortened(name))} {numbers.count(count)}"
            for name, count in counts.answers[:CLASSES_COUNTED]
        ]
        rest = sum(count for _, count in counts.answers[CLASSES_COUNTED:])
        if rest:
            listed.append(t("others {count}", count=numbers.count(rest)))
        words += ": " + ", ".join(listed)
    words += "."
    if counts.unknown:
        words += " " + tn(
            "{number} looks like nothing that was taught.",
            "{number} look like nothing that was taught.",
            counts.unknown,
            number=numbers.count(counts.unknown),
        )
    if counts.refused:
        words += " " + tn(
            "{number} could not be answered; the table says why.",
            "{number} could not be answered; the table says why.",
            counts.refused,
            number=numbers.count(counts.refused),
        )
    return words


def _choices(trial_id: str, count: int, counts: Counts) -> tuple[Order, Only]:
    """Draw in which order, and which answers, are wanted."""
    orders = {
        "doubt": t("least sure first"),
        "answer": t("by answer"),
        "file": t("by file name"),
        "given": t("as they came"),
    }
    with st.container(horizontal=True):
        order = st.selectbox(
            t("Order"),
            ORDERS,
            format_func=orders.__getitem__,
            key=f"try-order-{trial_id}",
            width=220,
            help=t(
                "Least sure first: what looks like nothing that was taught, then the answers that it is least sure of. Look at those yourself."
            ),
        )
        offered = {Only(): (t("all"), count)}
        if counts.unknown:
            offered[Only("unknown")] = (t("unlike anything taught"), counts.unknown)
        if counts.refused:
            offered[Only("refused")] = (t("without an answer"), counts.refused)
        for name, number in counts.answers:
            offered[Only("answer", name)] = (shortened(name), number)
        only = st.selectbox(
            t("Show"),
            list(offered),
            format_func=lambda each: f"{offered[each][0]} · {numbers.count(offered[each][1])}",
            key=f"try-only-{trial_id}-{count}",
            width=260,
        )
    return order, only


def _pages(
    run: store.RunRow,
    trial_id: str,
    listed: Sequence[Brief],
    key: str,
    asked: promised_answers.Asked,
) -> None:
    """Draw one page of answers as a table, and beside it the card of the picture that is looked at."""
    count = -(-len(listed) // PAGE)
    page = widget_values.value_of(f"try-page-{key}", 1) if count > 1 else 1
    told = answer_list.whole(
        trial.folder_of(run.id, trial_id), listed[(page - 1) * PAGE : page * PAGE]
    )
    if not told:
        st.caption(t("No pictures here."))
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        at = _table(run, trial_id, told, f"{key}-{page}", asked)
        if count > 1:
            st.pagination(count, key=f"try-page-{key}")
        st.caption(
            t(
                "{shown} of {all} shown.",
                shown=numbers.between(
                    numbers.count((page - 1) * PAGE + 1),
                    numbers.count((page - 1) * PAGE + len(told)),
                ),
                all=numbers.count(len(listed)),
            )
        )
    with right, errors.shown():
        _step(f"{key}-{page}", at, len(told))
        answer_card.draw(run, trial_id, told[at], None, asked, is_narrow=True)


def _table(
    run: store.RunRow,
    trial_id: str,
    told: Sequence[Told],
    key: str,
    asked: promised_answers.Asked,
) -> int:
    """Draw answers as a table; return the row that is looked at."""
    turn, at = widget_values.value_of(f"_try-at-{key}", (0, 0))
    panels, found = _panels(told), [one.prediction for one in told]
    chosen = st.dataframe(
        {
            t("Picture"): [answer_card.small(run, trial_id, one) for one in told],
            **_columns(told, asked),
            **correcting.column(run, trial_id, told),
        },
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}},
        hide_index=True,
        height=min(TABLE_PX, HEAD_PX + ROW_PX * len(told)),
        row_height=ROW_PX,
        placeholder=tables.NOTHING,
        column_config={
            t("Picture"): st.column_config.ImageColumn(width="small"),
            **(panels.columns(found)[1] if panels else {}),
        },
        key=f"try-table-{key}-{turn}",
    )
    return next(iter(chosen.selection.rows), at)


def _step(key: str, at: int, count: int) -> None:
    """Draw the way to the picture before and the next one, so that many are looked through quickly."""
    turn, _ = widget_values.value_of(f"_try-at-{key}", (0, 0))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for words, icon, to in (
            (t("The picture before"), ":material/arrow_back:", at - 1),
            (t("The next picture"), ":material/arrow_forward:", at + 1),
        ):
            st.button(
                words,
                key=f"try-step-{key}-{to > at}",
                icon=icon,
                type="tertiary",
                disabled=not 0 <= to < count,
                on_click=widget_values.set_value,
                args=(f"_try-at-{key}", (turn + 1, to)),
            )


def _panels(told: Sequence[Told]) -> Panels | None:
    """Return the panels of what was answered, None where nothing was."""
    first = next((one.prediction for one in told if one.prediction is not None), None)
    return None if first is None else registry.of_answer(first)


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


def _download(run: store.RunRow, trial_id: str) -> None:
    """Draw the link to the table of all answers, which the job has written."""
    path = trial.table_of(run.id, trial_id)
    if path is None:
        return
    href = escape(downloads.url(path, f"{run_names.stem(run)}-new-pictures.csv"))
    label, size = escape(t("Download all answers")), escape(numbers.size(path.stat().st_size))
    st.html(
        f'<div class="graft-links"><a class="graft-download graft-second" href="{href}" download>{label} · {size}</a></div>'
    )

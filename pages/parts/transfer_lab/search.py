"""The automatic choice: how long it may take, the price, the live board, and what came of it."""

from collections.abc import Mapping

import streamlit as st

from pages.parts.shared import at_work, errors, next_training, numbers, page_files, steps
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import search_board
from tl_core import store
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import searcher
from tl_core.jobs.searcher import Asked
from tl_core.methods import registry

REFRESH_S = 1.0
REMEMBERED_S = 20


def draw(
    row: store.DatasetRow, dataset: Dataset, named: Mapping[str, str], renamed: Mapping[str, str]
) -> None:
    """Draw the automatic choice, and at its end, which is that of the page, the way on to training.

    Args:
        row: the data set's.
        dataset: the same.
        named: ids of what else may be learnt from, by role, "" where nothing is chosen.
        renamed: which class of the source is which of the data set's, where the name does not tell.
    """
    st.header(
        t("Let the settings be found"),
        help=t(
            "Tries backbones, how much of them learns, rates, changed copies and kinds of transfer on your own pictures, most of them for a short while, the promising ones for longer. Use it when you would rather wait than choose."
        ),
    )
    if (refused := searcher.refusal(dataset)) is not None:
        st.caption(literal(f"{t(refused.message)} {t(refused.hint)}"))
        _lead_on()
        return
    with errors.shown():
        minutes = st.segmented_control(
            t("How long may it take?"),
            searcher.MINUTES,
            default=searcher.MINUTES[0],
            required=True,
            format_func=_length,
            key=f"search-minutes-{row.id}",
            help=t(
                "A few minutes compare backbones and try what usually helps; a night tries nearly everything. You may stop at any time and take the best so far."
            ),
        )
        inputs = tuple(sorted((role, name) for role, name in named.items() if name))
        called = tuple(sorted(renamed.items()))
        asked = _priced(row.id, float(minutes or searcher.MINUTES[0]), inputs, called, dataset)
        last = searcher.shown(asked.key, searcher.last(row.id))
        working = searcher.is_working(last)
        st.fragment(_panel, run_every=REFRESH_S if working else None)(asked, last, working)


def _length(minutes: int) -> str:
    if minutes == searcher.MINUTES[-1]:
        return t("overnight (8 hours)")
    return tn("{count} minute", "{count} minutes", minutes)


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _priced(
    dataset_id: str,
    minutes: float,
    inputs: tuple[tuple[str, str], ...],
    renamed: tuple[tuple[str, str], ...],
    _dataset: Dataset,
) -> Asked:
    return searcher.priced(_dataset, minutes, dict(inputs), dict(renamed))


def _panel(asked: Asked, last: str, was_working: bool) -> None:
    working, found = searcher.is_working(last), searcher.board(last)
    if working:
        at_work.draw(searcher.view(last), lambda: searcher.stop(last), "stop-search")
        if found is not None:
            search_board.draw(found, is_whole=False)
        _lead_on()
        return
    if was_working:
        st.rerun(scope="app")
    if (failed := searcher.failure(last)) is not None:
        errors.explain(failed.code, failed.message, failed.hint)
    if found is not None:
        search_board.draw(found, is_whole=searcher.was_done(last))
        search_board.use(found, last, next_training.go_back_to)
    if asked.key != last or not searcher.was_done(last):
        _offer(asked, goes_on=asked.key == last and found is not None)
    if found is None or found.chosen is None:
        _lead_on()


def _lead_on() -> None:
    """Draw the button to the Train page; once settings are found, it is the one that trains with them."""
    steps.next_step(page_files.TRAIN, t("Train a model"))


def _offer(asked: Asked, *, goes_on: bool) -> None:
    time = numbers.duration(asked.arguments.budget_s)
    label = t("Let it go on") if goes_on else t("Search for {time}", time=time)
    if st.button(
        label,
        key="start-search",
        icon=":material/manage_search:",
        help=t(
            "In the background. What is worked out for it is kept, and a training uses it again."
        ),
    ):
        with errors.shown():
            searcher.start(asked)
            st.rerun(scope="app")
    heads = tn("{count} backbone", "{count} backbones", len(asked.heads.backbones))
    judged = tn("{count} validation picture", "{count} validation pictures", asked.judged)
    st.caption(
        t(
            "It stops after {time}. It begins with the exact solutions on {heads}, {heads_time}; then it trains. {judged} choose, none of the test part. Training what is found takes {longest} more at most.",
            time=time,
            heads=heads,
            heads_time=numbers.about(asked.heads_s),
            judged=judged,
            longest=numbers.duration(asked.arguments.longest_s),
        )
    )
    titles = [t(registry.get(name).title) for name in asked.methods]
    st.caption(t("Methods that take part: {methods}.", methods=literal(", ".join(titles))))

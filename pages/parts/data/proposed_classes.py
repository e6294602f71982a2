"""Classes proposed for pictures without one: by doubt, class by class; accept, change, skip, or none of these."""

from collections.abc import Iterator, Mapping

import streamlit as st

from pages.parts.data import picking, version_history
from pages.parts.shared import (
    errors,
    gallery,
    numbers,
    read_aloud,
    scrolling,
    theme,
    widget_values,
)
from pages.parts.shared.gallery import Shown
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.backbones import catalogue
from tl_core.datasets.edits import NAME_LIMIT
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation.label_proposals import ASK, FAIR, STRANGE, SURE
from tl_core.jobs import proposer
from tl_core.jobs.proposer import NONE, Evidence, Proposed, Ready

REFRESH_S = 0.7
ASKED_AT_ONCE = 8
PLACE = "without-class"
"""Where on the page these pictures stand."""
LATER = -2
"""The choice to decide later."""


def draw(row: store.DatasetRow, dataset: Dataset) -> bool:
    """Draw where proposals stand and what may be done with them; say whether they are there."""
    proposer.go_on(row)
    stands = proposer.status(row.id)
    if stands == "working":
        st.fragment(_progress, run_every=REFRESH_S)(row.id)
        return False
    if stands == "done":
        with errors.shown():
            _proposed(row, dataset, _loaded(row.id, _written_ns(row.id)))
        return True
    if stands == "failed" and (failed := proposer.failure(row.id)) is not None:
        errors.explain(failed.code, failed.message, failed.hint)
    if stands == "stopped":
        st.caption(
            t("Proposing was stopped. What was looked at is kept and need not be done again.")
        )
    st.caption(
        t(
            "Graft compares them with your pictures that have a class and proposes one for each. "
            "Nothing is changed before you accept."
        )
    )
    time = numbers.about(_price_s(row.id, dataset))
    words = (
        t("Propose classes: {time}", time=time)
        if stands == "none"
        else t("Try again: {time}", time=time)
    )
    if st.button(words, key="propose-classes", icon=":material/label:"):
        with errors.shown():
            proposer.start(row.id)
            st.rerun(scope="app")
    return False


@st.cache_data(max_entries=32, show_spinner=False, ttl=600)
def _price_s(dataset_id: str, _dataset: Dataset) -> float:
    return proposer.price_s(_dataset)


def _progress(dataset_id: str) -> None:
    if proposer.status(dataset_id) != "working":
        st.rerun(scope="app")
    view = proposer.view(dataset_id)
    words = t(view.text) if view.text else t("Getting ready")
    if view.total:
        done, total = numbers.count(view.done), numbers.count(view.total)
        words += " · " + t("{done} of {all}", done=done, all=total)
    if view.seconds_left is not None:
        words += " · " + t("{time} left", time=numbers.duration(view.seconds_left))
    st.progress(view.fraction, text=literal(words))
    read_aloud.say(words, "proposals")
    if st.button(t("Stop"), key="stop-proposals", icon=":material/stop:"):
        proposer.stop(dataset_id)


@st.fragment
def _proposed(row: store.DatasetRow, dataset: Dataset, proposed: Proposed) -> None:
    """Draw the proposals of one kind; a fragment, so that ticking a picture draws nothing else."""
    st.caption(
        t(
            "Compared by {backbone} with the pictures of training and validation. Whatever you accept goes to "
            "training; validation and test stay as they are, so results before and after can be compared.",
            backbone=literal(catalogue.title(proposed.backbone)),
        )
    )
    kinds = {
        ASK: t("Ask me"),
        SURE: t("Sure"),
        FAIR: t("Fairly sure"),
        STRANGE: t("Like none of them"),
    }
    counts = {kind: len(proposed.rows(kind)) for kind in kinds}
    there = [kind for kind in kinds if counts[kind]]
    kind = st.segmented_control(
        t("How sure"),
        there,
        default=there[0],
        required=True,
        format_func=lambda one: f"{kinds[one]} ({numbers.count(counts[one])})",
        key=f"proposed-kind-{row.id}",
    )
    if kind == ASK:
        _asked(row, dataset, proposed)
    else:
        _listed(row, dataset, proposed, there[0] if kind is None else kind)


def _asked(row: store.DatasetRow, dataset: Dataset, proposed: Proposed) -> None:
    """Draw the pictures whose answers teach most, each with the choice of a class."""
    st.markdown(
        t("Your answers teach most here: each of these is undecided, and unlike the others.")
    )
    waiting = len(proposed.rows(ASK))
    if len(proposed.order) < waiting:
        st.caption(
            t(
                "The {shown} that teach most, of {all}. After your answers the others are judged anew.",
                shown=numbers.count(len(proposed.order)),
                all=numbers.count(waiting),
            )
        )
    key = f"proposed-ask-{row.id}"
    pages = -(-len(proposed.order) // ASKED_AT_ONCE)
    page = st.pagination(pages, key=f"{key}-page") if pages > 1 else 1
    first = (page - 1) * ASKED_AT_ONCE
    titles = distinct(dict(enumerate(dataset.classes)))
    new = len(titles)
    words = {**titles, new: t("A new class"), NONE: t("None of these"), LATER: t("Decide later")}
    chosen: dict[int, int] = dict(widget_values.value_of(key, default={}))
    columns = st.columns(4)
    for at, picture in enumerate(proposed.order[first : first + ASKED_AT_ONCE].tolist()):
        with columns[at % 4]:
            gallery.draw([_shown(proposed, picture)])
            options = [LATER, *proposed.likeliest(picture), new, NONE]
            chosen[picture] = st.selectbox(
                _looks_like(proposed, titles, picture),
                options,
                index=options.index(chosen.get(picture, LATER)),
                format_func=words.__getitem__,
                key=f"{key}-{picture}",
            )
    widget_values.set_value(key, chosen)
    answers = {picture: label for picture, label in chosen.items() if label != LATER}
    name = _new_name(key) if new in answers.values() else ""
    ready = proposer.change_of(proposed, dataset, answers, answers, name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            tn("Keep {count} answer", "Keep {count} answers", len(answers))
            if answers
            else t("Keep the answers"),
            key=f"{key}-keep",
            icon=":material/check:",
            disabled=not answers or (new in answers.values() and not name.strip()),
        ):
            _make(row, ready)
        _preview(ready)


def _listed(row: store.DatasetRow, dataset: Dataset, proposed: Proposed, kind: int) -> None:
    """Draw the pictures of one kind, class by class, to be accepted together."""
    titles = distinct(dict(enumerate(dataset.classes)))
    key = f"proposed-{kind}-{row.id}"
    label = None if kind == STRANGE else _class_of(proposed, titles, kind, key)
    _explained(kind, proposed.evidence.get(kind))
    if kind == STRANGE:
        st.caption(
            tn(
                "Even if nothing among these {all} were strange, about {count} would be taken for it: look at each.",
                "Even if nothing among these {all} were strange, about {count} would be taken for it: look at each.",
                proposed.strange_by_chance,
                all=numbers.count(len(proposed.hashes)),
            )
        )
    rows = proposed.rows(kind, label)
    taken = rows if kind == SURE else ()
    chosen = picking.choose(
        rows,
        lambda place: _offered(proposed, titles, place),
        f"{key}-{label}",
        default=taken,
    )
    _accept(row, dataset, proposed, sorted(chosen & set(rows)), f"{key}-{label}", label)


def _class_of(proposed: Proposed, titles: Mapping[int, str], kind: int, key: str) -> int:
    counts = proposed.counts(kind)
    return st.selectbox(
        t("Proposed class"),
        list(counts),
        format_func=lambda label: f"{titles[label]} ({numbers.count(counts[label])})",
        key=f"{key}-class",
        width=280,
    )


def _explained(kind: int, evidence: Evidence | None) -> None:
    """Say what a kind of proposals is worth."""
    if kind == STRANGE:
        st.markdown(
            t(
                "These are less like your pictures than nearly all of your pictures are like one another. "
                "They may show none of the classes, or a class that you have not named yet."
            )
        )
    if kind == SURE:
        st.markdown(t("Click those that are wrong: only pictures with a tick are accepted."))
    if kind == FAIR:
        st.markdown(
            t("Click those that are right, or choose the page and take the wrong ones out.")
        )
    if evidence is None:
        return
    if not evidence.count:
        st.caption(
            t(
                "None of your pictures that have a class would be judged so: nobody knows how often this is right."
            )
        )
        return
    st.caption(
        tn(
            "Checked on {count} of your own pictures that would be judged so without its class: right {share}.",
            "Checked on {count} of your own pictures that would be judged so without their class: right {share}.",
            evidence.count,
            share=numbers.percent_within(
                evidence.right / evidence.count, evidence.low, evidence.high
            ),
        )
    )


def _accept(
    row: store.DatasetRow,
    dataset: Dataset,
    proposed: Proposed,
    chosen: list[int],
    key: str,
    label: int | None,
) -> None:
    """Draw what can be done with the chosen pictures, and what would come of it."""
    titles = distinct({**dict(enumerate(dataset.classes)), len(dataset.classes): t("A new class")})
    looked = st.checkbox(
        t("I have looked at each of them"),
        key=f"{key}-looked",
        help=t(
            "Then a copy of a validation or test picture may follow it, and all of them may judge once you "
            "divide anew. Without the tick they are only ever learnt from."
        ),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options, titles_there = list(titles), range(len(dataset.classes))
        target = st.selectbox(
            t("Class"),
            options,
            index=None if label is None else options.index(label),
            placeholder=t("Choose a class"),
            format_func=titles.__getitem__,
            key=f"{key}-target",
            width=220,
        )
        name = _new_name(key) if target == len(dataset.classes) else ""
        seen = chosen if looked else ()
        as_class = dict.fromkeys(chosen, NONE if target is None else target)
        ready = proposer.change_of(proposed, dataset, as_class, seen, name)
        if st.button(
            tn("Accept {count} picture", "Accept {count} pictures", len(chosen)),
            key=f"{key}-accept",
            icon=":material/check:",
            disabled=not chosen
            or target is None
            or (target not in titles_there and not name.strip()),
        ):
            _make(row, ready)
        if st.button(
            t("None of these classes"),
            key=f"{key}-none",
            icon=":material/block:",
            disabled=not chosen,
            help=t("Sets the chosen pictures aside. You can undo this."),
        ):
            none = dict.fromkeys(chosen, NONE)
            _make(row, proposer.change_of(proposed, dataset, none))
    if target is not None:
        _preview(ready)


def _preview(ready: Ready) -> None:
    """Say where the chosen pictures would go."""
    for words in _destinations(ready):
        st.caption(words, width="content")


def _destinations(ready: Ready) -> Iterator[str]:
    if ready.taken:
        yield tn("{count} goes to training.", "{count} go to training.", ready.taken)
    if ready.judges:
        yield tn(
            "{count} follows its copy or its group into validation or test.",
            "{count} follow their copies or their group into validation or test.",
            ready.judges,
        )
    if ready.waits:
        yield tn(
            "{count} stays here: it belongs to a validation or test picture, so you have to look at it first.",
            "{count} stay here: they belong to validation or test pictures, so you have to look at each first.",
            ready.waits,
        )


def _make(row: store.DatasetRow, ready: Ready) -> None:
    if ready.change is not None:
        # The page that is drawn next is of another version; what is left to answer is to be in sight.
        scrolling.scroll_to(PLACE)
        version_history.make(row, ready.change)


def _new_name(key: str) -> str:
    return st.text_input(
        t("Its name"),
        max_chars=NAME_LIMIT,
        key=f"{key}-name",
        width=220,
        help=t("What the pictures of the new class show. No other class may have this name."),
    )


def _looks_like(proposed: Proposed, titles: Mapping[int, str], picture: int) -> str:
    """Return the two likeliest classes of a picture with their probabilities."""
    told = [
        f"{literal(shortened(titles[label], 24))} {numbers.percent(proposed.probabilities[picture, label])}"
        for label in proposed.likeliest(picture)[:2]
    ]
    return " · ".join(told)


def _shown(proposed: Proposed, picture: int) -> Shown:
    file = shortened(str(proposed.names[picture]).rpartition("/")[2], 30)
    return Shown(str(proposed.hashes[picture]), t("Picture {file}", file=file), file)


def _offered(proposed: Proposed, titles: Mapping[int, str], place: int) -> picking.Offered:
    if proposed.doubts[place] == STRANGE:  # like none of them: a class below it would say otherwise
        shown = _shown(proposed, place)
        return picking.Offered(place, shown.hash, shown.alt, shown.caption, theme.colours().line)
    label = int(proposed.labels[place])
    file = str(proposed.names[place]).rpartition("/")[2]
    sure = numbers.percent(float(proposed.sureness[place]))
    return picking.Offered(
        row=place,
        hash=str(proposed.hashes[place]),
        alt=t("{name}, picture {file}", name=titles[label], file=file),
        caption=f"{shortened(titles[label], 24)} · {sure}",
        colour=theme.class_colour(label),
    )


def _written_ns(dataset_id: str) -> int:
    return (proposer.folder(dataset_id) / proposer.FILE).stat().st_mtime_ns


@st.cache_resource(max_entries=8, show_spinner=False)
def _loaded(dataset_id: str, written_ns: int) -> Proposed:
    """Return proposals, read once for each time that they were made."""
    return proposer.found(dataset_id)

"""One finding of the quality report: a card with pictures, and a remedy that makes a new version."""

from itertools import chain

import streamlit as st

from pages.parts.data import (
    editing_gallery,
    long_lists,
    measure_spreads,
    picking,
    version_history,
)
from pages.parts.shared import gallery, next_training, numbers, tables, widget_values
from pages.parts.shared.tasks import class_counts
from pages.parts.shared.text import distinct, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.datasets.edits import Edit, Exclude, Merge, Relabel, SplitAgain
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import NAMES, Split
from tl_core.quality.findings import Finding, Picture, Report
from tl_core.tasks import registry

FIRST = 12
GROUPS_FIRST = 4
DOUBTS_PAGE = 8
ICONS = {
    "problem": ":material/error:",
    "doubt": ":material/help:",
    "fact": ":material/info:",
}


def draw(row: store.DatasetRow, dataset: Dataset, report: Report, finding: Finding) -> None:
    """Draw a finding with what shows it and what can be done."""
    values = {name: _value(value) for name, value in finding.values.items()}
    with st.container(border=True, key=f"finding-{_name(finding)}"):
        st.subheader(f"{ICONS[finding.severity]} {t(finding.title, **values)}")
        st.markdown(t(finding.explanation, **values))
        _card(row, dataset, report, finding)


def _name(finding: Finding) -> str:
    """Return a key for the card of a finding; there may be several findings of one kind."""
    if finding.kind != "same_classes" or finding.remedy is None:
        return finding.kind
    return "-".join([finding.kind, *map(str, finding.remedy.labels)])


def _value(value: str | int | float) -> str:
    """Return a value of a finding as text for Markdown; names of classes are data."""
    if isinstance(value, str):
        return literal(shortened(value))
    return numbers.count(value)


@st.fragment
def _card(row: store.DatasetRow, dataset: Dataset, report: Report, finding: Finding) -> None:
    """Draw the inside of a card; a fragment, so that ticking a picture draws nothing else."""
    key = f"finding-{_name(finding)}-{row.id}"
    if finding.kind == "sizes":
        measure_spreads.draw(finding.numbers, key)
    elif finding.kind == "imbalance":
        class_counts.draw(dataset.classes, dataset.counts(), key=key)
        _balance(key)
    elif finding.kind == "unreadable":
        _files(finding)
    elif finding.kind == "same_classes":
        _two_folders(row, dataset, finding, key)
    elif finding.kind in ("mislabelled", "two_classes") and registry.of(dataset).one_class_each:
        _one_by_one(row, dataset, finding, key)
    elif finding.kind == "leak":
        _groups(dataset, finding, key)
        _remedy(row, finding, _split_again(dataset, report), key)
    elif finding.groups:
        _copies(row, dataset, finding, key)
    else:
        _to_leave_out(row, dataset, finding, key)


def _to_leave_out(row: store.DatasetRow, dataset: Dataset, finding: Finding, key: str) -> None:
    """Draw pictures that are to be left out, each with a way to keep it."""
    rows = [picture.row for picture in finding.pictures]
    shown = long_lists.first(rows, FIRST, key)
    words = t("Those with a tick will be left out. Click a picture to change that.")
    if len(shown) < len(rows) and finding.kind != "outlier":
        words += " " + t("This includes those that are not shown.")
    st.caption(words)
    # Strays may be the most interesting pictures: each is to be looked at before it goes.
    touched = finding.remedy.rows if finding.remedy and finding.kind != "outlier" else ()
    # What was chosen while an earlier report stood here may not be among these.
    chosen = picking.pages(dataset, shown, key, default=touched) & set(rows)
    _remedy(row, finding, Exclude(rows=tuple(sorted(chosen))) if chosen else None, key)


def _two_folders(row: store.DatasetRow, dataset: Dataset, finding: Finding, key: str) -> None:
    """Draw two classes that are copies of one another, and the ways to make one of them."""
    _groups(dataset, finding, key)
    if finding.remedy is None:
        return
    small, large = finding.remedy.labels
    with st.container(horizontal=True):
        _remedy(row, finding, Merge(labels=(small,), into=large), key)
        editing_gallery.delete_class(row, dataset, small, key)


def _copies(row: store.DatasetRow, dataset: Dataset, finding: Finding, key: str) -> None:
    """Draw copies side by side; all but the largest of each group go."""
    _groups(dataset, finding, key)
    touched = finding.remedy.rows if finding.remedy else ()
    if not touched and finding.kind == "turned":
        st.caption(t("These carry different labels, so the way round may well be what tells them."))
        return
    if not touched:
        st.caption(t("These carry different labels: decide below which one is right."))
        return
    spared = set(_spared(finding, key))
    rows = tuple(sorted(set(touched) - spared))
    _remedy(row, finding, Exclude(rows=rows) if rows else None, key)


def _spared(finding: Finding, key: str) -> list[int]:
    """Return the rows of groups that a person marked as no copies of one another."""
    spared = [
        index
        for index in range(len(finding.groups))
        if widget_values.value_of(f"{key}-spare-{index}", default=False)
    ]
    return [member for index in spared for member in finding.groups[index]]


def _groups(dataset: Dataset, finding: Finding, key: str) -> None:
    """Draw groups of pictures that belong together, each in a row of its own."""
    groups = finding.groups
    lies = {picture.row: picture.lies for picture in finding.pictures if picture.lies}
    everything = long_lists.wants_all(len(groups), GROUPS_FIRST, key)
    page, count = 1, -(-len(groups) // DOUBTS_PAGE)
    if everything and count > 1:
        page = st.pagination(count, key=f"{key}-groups")
    first = (page - 1) * DOUBTS_PAGE
    number = DOUBTS_PAGE if everything else GROUPS_FIRST
    for index in range(first, min(first + number, len(groups))):
        with st.container(border=False, key=f"{key}-group-{index}"):
            members = long_lists.first(groups[index], FIRST, f"{key}-group-{index}")
            gallery.draw(_pair(dataset, member, lies.get(member, "")) for member in members)
            if finding.kind in ("duplicate", "near_duplicate", "turned") and finding.remedy:
                # Kept apart from the widget, whose memory goes when another page is shown.
                spare = st.checkbox(
                    t("Not copies: keep them all"),
                    value=bool(widget_values.value_of(f"{key}-spare-{index}", default=False)),
                    key=f"{key}-spare-box-{index}",
                )
                widget_values.set_value(f"{key}-spare-{index}", spare)


def _pair(dataset: Dataset, member: int, lies: str = "") -> gallery.Shown:
    shown = picking.offered(dataset, member)
    part = (t("training"), t("validation"), t("test"))[int(dataset.splits[member])]
    file = shortened(str(dataset.names[member]).rsplit("/", 1)[-1], 30)
    words = [word for word in (shown.caption, file, part, t(lies) if lies else "") if word]
    return gallery.Shown(shown.hash, shown.alt, " · ".join(words), int(dataset.labels[member]))


def _one_by_one(row: store.DatasetRow, dataset: Dataset, finding: Finding, key: str) -> None:
    """Draw pictures with doubtful labels, each with the choice to keep it or to relabel it."""
    wrong = finding.numbers.get("wrong")
    if wrong is not None:
        st.caption(
            tn(
                "About {wrong} of {count} is expected to be wrong; the surest come first.",
                "About {wrong} of {count} are expected to be wrong; the surest come first.",
                len(finding.pictures),
                wrong=numbers.count(wrong),
            )
        )
    titles = distinct(dict(enumerate(dataset.classes)))
    doubts = list(finding.pictures)
    if finding.groups:
        place = {member: at for at, member in enumerate(chain.from_iterable(finding.groups))}
        doubts.sort(key=lambda picture: place[picture.row])
    everything = long_lists.wants_all(len(doubts), DOUBTS_PAGE, key)
    page, count = 1, -(-len(doubts) // DOUBTS_PAGE)
    if everything and count > 1:
        page = st.pagination(count, key=f"{key}-page")
    chosen_key = f"{key}-labels"
    chosen: dict[int, int] = dict(widget_values.value_of(chosen_key, default={}))
    # Once for all pictures: each offers every class.
    others = {label: t("Make it “{name}”", name=title) for label, title in titles.items()}
    columns = st.columns(4)
    for at, picture in enumerate(doubts[(page - 1) * DOUBTS_PAGE : page * DOUBTS_PAGE]):
        with columns[at % 4]:
            gallery.draw([_pair(dataset, picture.row)])
            # The same choice in whatever round: the label that it carries comes first.
            likely = [label for label in (picture.label, picture.suggested) if label is not None]
            options = list(dict.fromkeys([*likely, *titles]))
            wanted = st.selectbox(
                _looks_like(picture, titles),
                options,
                index=options.index(chosen.get(picture.row, picture.label)),
                format_func=lambda label, own=picture.label: (
                    t("Keep “{name}”", name=titles[label]) if label == own else others[label]
                ),
                key=f"{key}-label-{picture.row}-{widget_values.choice_round(key)}",
            )
            chosen[picture.row] = wanted
    widget_values.set_value(chosen_key, chosen)
    own = {picture.row: picture.label for picture in doubts}
    changed = {member: label for member, label in sorted(chosen.items()) if label != own[member]}
    with st.container(horizontal=True):
        if st.button(
            tn("Change {count} label", "Change {count} labels", len(changed))
            if changed
            else t("Change labels"),
            key=f"{key}-relabel",
            icon=":material/check:",
            disabled=not changed,
        ):
            change = Relabel(rows=tuple(changed), labels=tuple(changed.values()))
            version_history.make(row, change)
        if finding.remedy is not None and finding.remedy.edit == "relabel":
            st.button(
                tn("Choose the surest one", "Choose the {count} surest", len(finding.remedy.rows)),
                key=f"{key}-take",
                type="tertiary",
                on_click=_take_suggested,
                args=(finding, key),
                help=_effect(finding),
            )
        elif finding.remedy is not None and st.button(
            t(finding.remedy.title), key=f"{key}-exclude", type="tertiary"
        ):
            version_history.make(row, Exclude(rows=finding.remedy.rows))


def _looks_like(picture: Picture, titles: dict[int, str]) -> str:
    """Return what a picture looks like, and how sure that is where it is known."""
    if picture.suggested is None:
        return t("Keep or change")
    name = literal(titles[picture.suggested])
    if picture.score is None:
        return t("Looks like “{name}”", name=name)
    return t("Looks like “{name}”: {share} sure", name=name, share=numbers.percent(picture.score))


def _effect(finding: Finding) -> str | None:
    """Return what taking the surest suggestions is expected to do."""
    right = finding.numbers.get("taken_right")
    if finding.remedy is None or right is None:
        return None
    return t(
        "Of {count} labels, about {right} will be right afterwards. You see each before anything is changed.",
        count=numbers.count(len(finding.remedy.rows)),
        right=numbers.count(right),
    )


def _take_suggested(finding: Finding, key: str) -> None:
    """Choose the surest of the suggested labels; runs as a callback, before the page is drawn."""
    if finding.remedy is not None:
        taken = dict(zip(finding.remedy.rows, finding.remedy.labels, strict=True))
        widget_values.set_value(f"{key}-labels", taken)
        widget_values.choose_rows(key, ())


def _split_again(dataset: Dataset, report: Report) -> Edit:
    """Return the remedy against leaks: the same shares, copies together; no given part is kept."""
    split = dataset.split or _shares(dataset)
    return SplitAgain(split=split, keeps_given=False, twins=report.groups)


def _shares(dataset: Dataset) -> Split:
    """Return the split whose shares are those in which the pictures stand."""
    parts = dict(zip(NAMES, dataset.counts().sum(axis=0) / len(dataset), strict=True))
    return Split.model_validate(
        {"validation": round(parts["val"], 2), "test": round(parts["test"], 2)}
    )


def _remedy(row: store.DatasetRow, finding: Finding, change: Edit | None, key: str) -> None:
    """Draw the button that does something about it; it waits while nothing is chosen."""
    if finding.remedy is None:
        return
    words = t(finding.remedy.title)
    if isinstance(change, Exclude):
        words += f" ({numbers.count(len(change.rows))})"
    if (
        st.button(
            words, key=f"{key}-remedy", icon=":material/auto_fix_high:", disabled=change is None
        )
        and change is not None
    ):
        version_history.make(row, change)


def _balance(key: str) -> None:
    """Draw the remedy against imbalance, which changes the next training and not the pictures."""
    if next_training.settings().objective.class_weights == "balanced":
        st.success(t("The next training balances the class weights."), icon=":material/check:")
        return
    if st.button(
        t("Balance the class weights"),
        key=f"{key}-balance",
        icon=":material/auto_fix_high:",
        help=t(
            "The next training lets rare classes count as much as common ones. Take it when you "
            "cannot get more pictures; under More on the Train page it is changed back."
        ),
    ):
        next_training.take(class_weights="balanced")
        st.rerun()


def _files(finding: Finding) -> None:
    files = finding.numbers.get("files", [])
    st.dataframe(
        {
            t("File"): [file["name"] for file in files],
            t("Why"): [t(file["reason"]) for file in files],
        },
        hide_index=True,
        height=tables.height_px(len(files), 320),
    )

"""Classes that the columns of a table may tell: one column of words, or several of 0 and 1."""

from collections.abc import Callable

from tl_core.base import said
from tl_core.base.said import Said
from tl_core.intake import (
    class_proposals,
    layout,
    one_hot,
    profiles,
    tables,
    titles,
    upload_table,
)
from tl_core.intake.profiles import Profile
from tl_core.intake.proposals import Proposal
from tl_core.intake.reading import Choice, Labels, listed
from tl_core.intake.sheets import Line
from tl_core.intake.tables import Columns
from tl_core.intake.upload_table import Upload

EACH_BEFORE = 0.03
"""By so much learning every label by itself comes before making classes of their combinations."""


def of_column(upload: Upload, profile: Profile, *, has_amounts: bool) -> list[Proposal]:
    """Return the readings that take the values of one column as classes."""
    if not _may_be_classes(profile):
        return []
    cut = profiles.separator(profile) if profile.kind in ("words", "text") else None
    torn = _share_of_torn(upload, profile)
    if cut is None and torn < profiles.MANY_CELLS_SHARE:
        return [_class_proposal(upload, profile, _score_of(profile, has_amounts=has_amounts))]
    score = 0.7 if profile.is_called_label else 0.45
    return [
        _label_proposal(upload, profile, cut or (lambda text: (text,)), score + EACH_BEFORE),
        _several_proposal(upload, profile, cut or (lambda text: (text,)), "combined", score),
        _several_proposal(upload, profile, cut or (lambda text: (text,)), "first", score - 0.05),
    ]


def _may_be_classes(profile: Profile) -> bool:
    if profile.kind in ("words", "whole", "constant"):
        return True
    if not profile.is_called_label:
        return False
    if profile.kind == "numbers":
        is_whole = all(text.lstrip("-").isdecimal() for text in profile.counted)
        return is_whole and 3 * len(profile.counted) <= profile.filled
    return profile.kind == "text"


def _score_of(profile: Profile, *, has_amounts: bool) -> float:
    """Return how much speaks for this column as the classes, before all else is weighed."""
    if profile.kind == "constant":
        return 0.1
    score = {"words": 0.75, "text": 0.55}.get(profile.kind, 0.55)
    if profile.kind == "whole" and len(profile.counted) == 2:
        score = 0.7
    heading = profile.name.strip().casefold()
    if heading in tables.LABEL_COLUMNS and profile.kind != "text":
        score = 0.93
    elif profile.is_called_label:
        score += 0.2 if len(profile.words) == 1 else 0.12
    if profile.is_called_aside:
        score -= 0.35
    elif profile.is_called_group and not profile.is_called_label:
        score -= 0.4
    if profile.kind == "whole" and has_amounts and not profile.is_called_label:
        score -= 0.2
    return score


def _share_of_torn(upload: Upload, profile: Profile) -> float:
    """Return the share of pictures with several lines that say different things."""
    texts = [line.fields[profile.name].strip() for line in upload.table.sheet.lines]
    torn = sum(
        len({texts[line] for line in lines if texts[line]}) > 1
        for lines in upload.lines_of.values()
        if len(lines) > 1
    )
    return torn / len(upload.lines_of)


def _class_proposal(upload: Upload, profile: Profile, score: float) -> Proposal:
    def labels_of(line: Line, _choice: Choice) -> tuple[str, ...]:
        text = line.fields[profile.name].strip()
        return (text,) if text else ()

    labelled = class_proposals.labelled_pictures(upload, labels_of)
    counted = class_proposals.class_counts(labelled)
    group = upload_table.group_column(upload, profile)
    columns = Columns(file=upload.table.file, label=profile.name, split=upload.split, group=group)
    evidence = [titles.evidence_of_values(profile, counted)]
    return class_proposals.propose_classes(
        upload,
        columns,
        labels_of,
        "one",
        labelled,
        key=f"column:{upload.table.shown}:{profile.name}",
        source="column",
        score=score,
        title=titles.of_column(tuple(counted), profile.name),
        answers=(profile.name,),
        evidence=evidence,
    )


def _several_proposal(
    upload: Upload,
    profile: Profile,
    cut: Callable[[str], tuple[str, ...]],
    how: Labels,
    score: float,
) -> Proposal:
    """Return the reading of a column with several labels a picture, in cells or in several lines."""

    def labels_of(line: Line, _choice: Choice) -> tuple[str, ...]:
        text = line.fields[profile.name].strip()
        return cut(text) if text else ()

    labelled = class_proposals.labelled_pictures(upload, labels_of, how)
    counted = class_proposals.class_counts(labelled)
    pieces = {piece for text in profile.counted for piece in cut(text)}
    several = tuple(sorted(pieces, key=layout.order))
    columns = Columns(
        file=upload.table.file,
        label=profile.name,
        split=upload.split,
        group=upload_table.group_column(upload, profile),
    )
    return class_proposals.propose_classes(
        upload,
        columns,
        labels_of,
        how,
        labelled,
        key=f"{how}:{upload.table.shown}:{profile.name}",
        source="column",
        score=score,
        title=titles.of_several_labels(how, several, tuple(counted)),
        answers=(profile.name,),
        pieces=several,
        evidence=[titles.evidence_of_several_labels(several)],
    )


def _label_proposal(
    upload: Upload, profile: Profile, cut: Callable[[str], tuple[str, ...]], score: float
) -> Proposal:
    """Return the reading in which every label of a column is learnt by itself."""

    def labels_of(line: Line, _choice: Choice) -> tuple[str, ...]:
        text = line.fields[profile.name].strip()
        return cut(text) if text else ()

    pieces = {piece for text in profile.counted for piece in cut(text)}
    several = tuple(sorted(pieces, key=layout.order))
    group = upload_table.group_column(upload, profile)
    return class_proposals.propose_labels(
        upload,
        Columns(file=upload.table.file, label=profile.name, split=upload.split, group=group),
        labels_of,
        key=f"each:{upload.table.shown}:{profile.name}",
        source="column",
        score=score,
        title=titles.of_each_label(several),
        answers=(profile.name,),
        pieces=several,
        evidence=(_more_than_one(upload, labels_of),),
    )


def _more_than_one(upload: Upload, labels_of: Callable[[Line, Choice], tuple[str, ...]]) -> Said:
    """Say how many pictures have more than one label."""
    lines = upload.table.sheet.lines
    counts = [
        len({label for line in kept for label in labels_of(lines[line], Choice())})
        for kept in upload.lines_of.values()
    ]
    return titles.evidence_of_each_label(sum(count > 1 for count in counts), len(counts))


def of_one_hot(
    upload: Upload, hot: tuple[str, ...], answers: dict[str, Profile], *, is_single: bool
) -> list[Proposal]:
    """Return the readings that take the columns `hot`, of 0 and 1, as classes."""

    def labels_of(line: Line, choice: Choice) -> tuple[str, ...]:
        wanted = choice.columns or hot
        return tuple(
            name.strip() for name in hot if name in wanted and one_hot.bit(line.fields[name])
        )

    found = []
    several = tuple(name.strip() for name in hot)
    ways: tuple[tuple[Labels, float], ...] = (("combined", 0.6), ("first", 0.55))
    if is_single:
        ways = (("one", 0.95),)
    else:
        columns = Columns(
            file=upload.table.file,
            split=upload.split,
            group=upload_table.group_column(upload, None, leave_out=hot),
        )
        found.append(
            class_proposals.propose_labels(
                upload,
                columns,
                labels_of,
                none_is_known=True,
                key=f"one_hot:each:{upload.table.shown}",
                source="one_hot",
                score=0.6 + EACH_BEFORE,
                title=titles.of_each_label(several),
                answers=hot,
                pieces=several,
                evidence=(_more_than_one(upload, labels_of),),
            )
        )
    for how, score in ways:
        labelled = class_proposals.labelled_pictures(upload, labels_of, how)
        counted = class_proposals.class_counts(labelled)
        group = upload_table.group_column(upload, None, leave_out=hot)
        columns = Columns(file=upload.table.file, split=upload.split, group=group)
        if is_single:
            title = said.counted(
                "{count} class from the columns {columns}",
                "{count} classes from the columns {columns}",
                len(several),
                columns=listed(several),
            )
            evidence = Said("In every line one of these columns is 1 and the others are 0.")
        else:
            title = titles.of_several_labels(how, several, tuple(counted))
            evidence = titles.evidence_of_several_labels(several)
        found.append(
            class_proposals.propose_classes(
                upload,
                columns,
                labels_of,
                how,
                labelled,
                key=f"one_hot:{how}:{upload.table.shown}",
                source="one_hot",
                score=score,
                title=title,
                answers=hot,
                evidence=[evidence],
                pieces=() if is_single else several,
            )
        )
    return found

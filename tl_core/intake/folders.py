"""Read classes, parts and groups off the folders that pictures came in, in every way that makes sense."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import TRAIN, UNSET
from tl_core.intake import layout, part_names
from tl_core.intake.folder_parts import FILLED_SHARE, Divided, Route, divide, outer_depth

SURE = 0.95
DEALT_OUT = 0.6
DEEPEST = 3
"""Classes are looked for in so many folders below each other."""
_COUNTS = re.compile(r"^(?:\D{0,24}[\s._\-]?)?\d[\d\s._\-:T]*$")

_DEALT = re.compile(
    r"^(?:\w*[\s._\-])?(part|batch|folder|chunk|shard|set|session|day|images?)[\s._\-]?\d+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture's class, its part where a folder said so (else -1), and what it belongs to."""

    label: str
    part: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to read the folders.

    Attributes:
        classes: in order.
        placed: the place of each path; None for what lies loose.
        level: which folder names the class, 0 for the outermost that says something.
        score: how much speaks for it, 0 to 1.
        unlabelled: names of parts without classes, each with the rows of its pictures.
        has_groups: whether another folder keeps pictures together.
        notes: what a person may have meant otherwise, in sentences.
    """

    classes: tuple[str, ...]
    placed: tuple[Placed | None, ...]
    level: int = 0
    score: float = SURE
    unlabelled: dict[str, tuple[int, ...]] = field(default_factory=dict)
    has_groups: bool = False
    notes: tuple[str, ...] = ()


def read(
    paths: Sequence[str],
    folders: Iterable[str] = (),
    other_files: Iterable[str] = (),
    least_classes: int = 2,
) -> Layout:
    """Return the likeliest reading; see `readings`.

    Args:
        paths: relative paths of the pictures, with "/".
        folders: relative paths of all folders.
        other_files: relative paths of files that are no pictures.
        least_classes: fewer are refused; one is enough where others stand already.

    Raises:
        UserError: "no-pictures", "no-classes" or "one-class".
    """
    require_pictures(paths)
    found = readings(paths, folders, other_files)
    if not found:
        raise no_classes()
    if len(found[0].classes) < least_classes:
        raise UserError(
            "one-class",
            "All pictures are in one class, “{name}”.",
            "Add a folder with pictures of something else: a model learns to tell classes apart.",
            name=found[0].classes[0],
        )
    return found[0]


def require_pictures(paths: Sequence[str]) -> None:
    """Raise UserError "no-pictures" where there is none."""
    if not paths:
        raise UserError(
            "no-pictures",
            "No pictures were found.",
            "Give pictures as JPEG, PNG, WebP, BMP, GIF, TIFF or HEIC, one folder for each class.",
        )


def no_classes() -> UserError:
    """Return the error for pictures of which nothing says what they show."""
    return UserError(
        "no-classes",
        "The pictures are not in folders, so nothing says what they show.",
        "Make one folder for each class, named after it, and put its pictures inside.",
    )


def readings(
    paths: Sequence[str], folders: Iterable[str] = (), other_files: Iterable[str] = ()
) -> list[Layout]:
    """Return the ways to read classes off folders, the likeliest first; none for loose pictures.

    Outer folders that hold everything are passed over, and so is one level called train, val and
    test, wherever it stands; the next folder is the class, or the one inside it. An empty folder
    beside the classes is a class without pictures; one that holds only other files (notes,
    annotations) is none.
    """
    routes = [PurePosixPath(path).parts[:-1] for path in paths]
    if not routes:
        return []
    sorted_ = divide(routes)
    names = _deepest_names(sorted_.left)
    found = []
    for level in range(len(names)):
        plan = _at(level, sorted_, names)
        if plan is None:
            break
        plan = _with_empty_classes(plan, sorted_, folders, other_files)
        notes = (*_doubtful_parts(routes, sorted_), *layout.doubtful_names(plan.classes))
        found.append(replace(plan, notes=notes, unlabelled=sorted_.unlabelled))
    return sorted(found, key=lambda plan: -plan.score)


def parts(paths: Sequence[str]) -> tuple[list[int], dict[str, tuple[int, ...]]]:
    """Return the part of every path, -1 where no folder says one, and the rows in each such folder."""
    routes = [PurePosixPath(path).parts[:-1] for path in paths]
    depth = outer_depth(routes)
    tops = {route[depth] for route in routes if len(route) > depth}
    part_of = part_names.of_all(tops)
    if part_of is None:
        return [UNSET] * len(routes), {}
    rows: dict[str, list[int]] = defaultdict(list)
    for row, route in enumerate(routes):
        if len(route) > depth:
            rows[route[depth]].append(row)
    told = [part_of[route[depth]] if len(route) > depth else UNSET for route in routes]
    return told, {name: tuple(kept) for name, kept in rows.items()}


def _only_deal_out(names: set[str]) -> bool:
    """Tell folders that only share out many pictures: part_1, batch 2; they are no classes."""
    found = [_DEALT.match(name) for name in names]
    return len(names) > 1 and all(found)


def counts_only(names: Iterable[str]) -> bool:
    """Tell names that only number or date what they hold: clip_01, 2024-05-01, 7."""
    told = [bool(_COUNTS.match(name)) for name in names]
    return bool(told) and sum(told) >= 0.8 * len(told)


# Classes


def _deepest_names(left: Sequence[Route]) -> list[set[str]]:
    """Return the names at each level that may be classes, outermost first."""
    found = []
    placed = sum(1 for route in left if route)
    for level in range(DEEPEST):
        names = {route[level] for route in left if len(route) > level}
        filled = sum(len(route) > level for route in left)
        if not names or (level and (filled < FILLED_SHARE * placed or len(names) < 2)):
            break
        found.append(names)
    return found


def _at(level: int, sorted_: Divided, names: list[set[str]]) -> Layout | None:
    """Return the reading that takes classes from `level`."""
    score, group_level = _judged(level, sorted_, names)
    labels = [
        layout.class_name(route[level]) if len(route) > level else None for route in sorted_.left
    ]
    placed = tuple(
        None if label is None else Placed(label, part, _group(route, group_level, level))
        for label, part, route in zip(labels, sorted_.parts, sorted_.left, strict=True)
    )
    classes = {label for label in labels if label is not None}
    if not classes:
        return None
    if not sorted_.is_sure:
        score -= 0.1
    return Layout(
        tuple(sorted(classes, key=layout.order)),
        placed,
        level,
        score,
        has_groups=group_level is not None,
    )


def _group(route: Route, group_level: int | None, level: int) -> str:
    if group_level is None or len(route) <= group_level:
        return ""
    return (
        "/".join(route[: max(group_level, level) + 1])
        if group_level > level
        else route[group_level]
    )


def _judged(level: int, sorted_: Divided, names: list[set[str]]) -> tuple[float, int | None]:
    """Return how much speaks for classes at `level`, and the level that keeps pictures together."""
    if len(names) == 1:
        return (DEALT_OUT if _only_deal_out(names[0]) else SURE), None
    outside: dict[str, set[str]] = defaultdict(set)
    for route in sorted_.left:
        if len(route) > 1:
            outside[route[1]].add(route[0])
    is_unique = all(len(above) == 1 for above in outside.values())
    outer_counts, inner_counts = counts_only(names[0]), counts_only(names[1])
    if inner_counts and not outer_counts:  # cat/clip_01: bursts of one class
        return (0.85, 1) if level == 0 else (0.3, None)
    if outer_counts and not inner_counts:  # day 1/cat: classes met again each day
        return (0.4, None) if level == 0 else (0.7, 0)
    if is_unique and not inner_counts:
        return (0.5, None) if level == 0 else (0.65 - 0.1 * (level - 1), None)
    return (0.6 - 0.1 * level, None)


def _with_empty_classes(
    plan: Layout, sorted_: Divided, folders: Iterable[str], other_files: Iterable[str]
) -> Layout:
    """Add classes that have a folder but no picture."""
    busy = set()
    for path in other_files:
        if not layout.is_system_junk(path):
            route = PurePosixPath(path).parts
            busy |= {route[:length] for length in range(1, len(route))}
    names = set(plan.classes)
    for folder in folders:
        route = PurePosixPath(folder).parts
        told = sorted_.cut(route)
        if told is None or len(told[1]) <= plan.level or layout.is_system_junk(folder):
            continue
        below = len(told[1]) - plan.level - 1
        if route[: len(route) - below] not in busy:
            names.add(layout.class_name(told[1][plan.level]))
    return replace(plan, classes=tuple(sorted(names, key=layout.order)))


def _doubtful_parts(routes: Sequence[Route], sorted_: Divided) -> list[str]:
    """Say so where a folder called train was taken for a class because of what stands beside it."""
    if sorted_.has_parts:
        return []
    depth = outer_depth(routes)
    names = {route[depth] for route in routes if len(route) > depth}
    parts = sorted(name for name in names if part_names.one(name) is not None)
    others = sorted(names - set(parts))
    if not others or all(part_names.one(name) != TRAIN for name in parts):
        return []
    return [
        Said(
            "“{name}” stands beside “{other}”, so both were taken as classes, not as the parts "
            "of a division. If “{name}” holds the classes, bring it without the others.",
            name=parts[0],
            other=others[0],
        )
    ]

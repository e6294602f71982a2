"""Read classes, parts and groups off the folders that pictures came in, in every way that makes sense."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.splits import TRAIN, UNSET
from tl_core.intake import layout, part_names

SURE = 0.95
DEALT_OUT = 0.6
DEEPEST = 3
"""Classes are looked for in so many folders below each other."""
FILLED_SHARE = 0.95
"""A deeper folder may be the class where at least this share of the pictures lies in one."""
_COUNTS = re.compile(r"^(?:\D{0,24}[\s._\-]?)?\d[\d\s._\-:T]*$")

_DEALT = re.compile(
    r"^(?:\w*[\s._\-])?(part|batch|folder|chunk|shard|set|session|day|images?)[\s._\-]?\d+$",
    re.IGNORECASE,
)

Route = tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Routes without the folders that hold everything and without those that name parts.

    `cut` tells of any route of a folder: its part and what is left, None where it leads elsewhere.
    """

    parts: tuple[int, ...]
    left: tuple[Route, ...]
    cut: Callable[[Route], tuple[int, Route] | None]
    unlabelled: dict[str, tuple[int, ...]] = field(default_factory=dict)
    has_parts: bool = False
    is_sure: bool = True


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
    sorted_ = _sorted(routes)
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


def outer_depth(routes: Sequence[Route]) -> int:
    """Return how many outer folders hold everything and so say nothing."""
    depth = 0
    while True:
        names = {route[depth] for route in routes if len(route) > depth}
        if len(names) != 1 or not any(len(route) > depth + 1 for route in routes):
            return depth
        depth += 1


def _only_deal_out(names: set[str]) -> bool:
    """Tell folders that only share out many pictures: part_1, batch 2; they are no classes."""
    found = [_DEALT.match(name) for name in names]
    return len(names) > 1 and all(found)


def counts_only(names: Iterable[str]) -> bool:
    """Tell names that only number or date what they hold: clip_01, 2024-05-01, 7."""
    told = [bool(_COUNTS.match(name)) for name in names]
    return bool(told) and sum(told) >= 0.8 * len(told)


# Parts


def _sorted(routes: Sequence[Route]) -> _Sorted:
    depth = outer_depth(routes)
    outer = routes[0][:depth]
    inner = [route[depth:] for route in routes]
    tops = {route[0] for route in inner if route}
    part_of = part_names.of_all(tops)
    is_sure = True
    if part_of is None:
        part_of, is_sure = _some_parts(inner, tops), False
    if part_of is not None:
        return _without_parts(inner, outer, part_of, is_sure=is_sure)
    by_class = _parts_in_names(tops)
    if by_class is not None:
        return _with_named_parts(inner, outer, by_class)
    return _parts_inside(inner, outer)


def _some_parts(inner: Sequence[Route], tops: set[str]) -> dict[str, int] | None:
    """Find parts beside folders of another kind: unlabelled ones, or more of the same classes."""
    named = {name: part_names.taken_apart(name) for name in tops}
    known = {name: told for name, told in named.items() if told.part is not None and not told.rest}
    classes: dict[str, set[str]] = defaultdict(set)
    for route in inner:
        if route:
            classes[route[0]] |= set(_unwrapped(route[0], [route[1:]])[1][0][:1])
    part_of = part_names.settled(known)
    learnt = set().union(*(classes[name] for name, part in part_of.items() if part == TRAIN))
    others = tops - set(known)
    if len(learnt) < 2 or not others:
        return None
    if any(classes[name] and not classes[name] & learnt for name in others):
        return None
    return part_of | dict.fromkeys(others, UNSET)


def _without_parts(
    inner: Sequence[Route], outer: Route, part_of: dict[str, int], *, is_sure: bool
) -> _Sorted:
    """Take the level of parts away, and folders inside that only repeat it (train/train/cat)."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, route in enumerate(inner):
        if route:
            rows[route[0]].append(row)
    left: list[Route] = [()] * len(inner)
    skipped = {}
    for name, kept in rows.items():
        skipped[name], routes = _unwrapped(name, [inner[row][1:] for row in kept])
        for row, route in zip(kept, routes, strict=True):
            left[row] = route
    has_classes = {name: any(left[row] for row in kept) for name, kept in rows.items()}
    unlabelled = {}
    if any(has_classes.values()):
        unlabelled = {name: tuple(kept) for name, kept in rows.items() if not has_classes[name]}
    parts = tuple(part_of[route[0]] if route else UNSET for route in inner)

    def cut(route: Route) -> tuple[int, Route] | None:
        inside = _within(route, outer)
        if not inside or inside[0] not in part_of:
            return None
        rest = inside[1:]
        wrapper = skipped.get(inside[0], ())
        return part_of[inside[0]], rest[len(wrapper) :] if rest[: len(wrapper)] == wrapper else ()

    return _Sorted(parts, tuple(left), cut, unlabelled, has_parts=True, is_sure=is_sure)


def _unwrapped(name: str, routes: list[Route]) -> tuple[Route, list[Route]]:
    """Take away folders that hold all of a part and say nothing: the part again, or "images"."""
    skipped: Route = ()
    while True:
        firsts = {route[0] if route else "" for route in routes}
        first = firsts.pop()
        if firsts or not first or not _repeats(first, name):
            return skipped, routes
        skipped, routes = (*skipped, first), [route[1:] for route in routes]


def _repeats(inner: str, part: str) -> bool:
    told = part_names.taken_apart(inner)
    return inner.casefold() == part.casefold() or not told.rest


def _parts_in_names(tops: set[str]) -> dict[str, tuple[int, str]] | None:
    """Find parts written into the names of class folders: cat_train, cat_test, dog_train, dog_test."""
    named = {name: part_names.taken_apart(name) for name in tops}
    if any(told.part is None or not told.rest for told in named.values()):
        return None
    parts = part_names.settled(named)
    classes = Counter(told.rest for told in named.values())
    if TRAIN not in parts.values() or len(set(parts.values())) < 2 or len(classes) < 2:
        return None
    return {name: (parts[name], told.rest) for name, told in named.items()}


def _with_named_parts(
    inner: Sequence[Route], outer: Route, by_class: dict[str, tuple[int, str]]
) -> _Sorted:
    def cut(route: Route) -> tuple[int, Route] | None:
        inside = _within(route, outer)
        if not inside or inside[0] not in by_class:
            return None
        part, label = by_class[inside[0]]
        return part, (label, *inside[1:])

    told = [cut((*outer, *route)) or (UNSET, ()) for route in inner]
    return _Sorted(
        tuple(part for part, _ in told),
        tuple(left for _, left in told),
        cut,
        has_parts=True,
        is_sure=False,
    )


def _parts_inside(inner: Sequence[Route], outer: Route) -> _Sorted:
    """Find parts one level down, in every class: cat/train, cat/test."""
    inside = {route[1] for route in inner if len(route) > 1}
    part_of = part_names.of_all(inside) or {}
    deep = sum(len(route) > 1 for route in inner)
    if deep < FILLED_SHARE * len(inner):
        part_of = {}

    def cut(route: Route) -> tuple[int, Route] | None:
        inside = _within(route, outer)
        if inside is None:
            return None
        if part_of and len(inside) > 1:
            return part_of.get(inside[1], UNSET), (inside[0], *inside[2:])
        return UNSET, inside

    told = [cut((*outer, *route)) or (UNSET, ()) for route in inner]
    return _Sorted(
        tuple(part for part, _ in told),
        tuple(left for _, left in told),
        cut,
        has_parts=bool(part_of),
    )


def _within(route: Route, outer: Route) -> Route | None:
    return route[len(outer) :] if route[: len(outer)] == outer else None


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


def _at(level: int, sorted_: _Sorted, names: list[set[str]]) -> Layout | None:
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


def _judged(level: int, sorted_: _Sorted, names: list[set[str]]) -> tuple[float, int | None]:
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
    plan: Layout, sorted_: _Sorted, folders: Iterable[str], other_files: Iterable[str]
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


def _doubtful_parts(routes: Sequence[Route], sorted_: _Sorted) -> list[str]:
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

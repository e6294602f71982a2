"""Folders that name parts of a division (train, val, test), and what is left of each route without them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tl_core.datasets.splits import TRAIN, UNSET
from tl_core.intake import part_names

FILLED_SHARE = 0.95
"""A deeper folder may be the class where at least this share of the pictures lies in one."""

Route = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Divided:
    """Routes without the folders that hold everything and without those that name parts.

    `cut` tells of any route of a folder: its part and what is left, None where it leads elsewhere.
    """

    parts: tuple[int, ...]
    left: tuple[Route, ...]
    cut: Callable[[Route], tuple[int, Route] | None]
    unlabelled: dict[str, tuple[int, ...]] = field(default_factory=dict)
    has_parts: bool = False
    is_sure: bool = True


def outer_depth(routes: Sequence[Route]) -> int:
    """Return how many outer folders hold everything and so say nothing."""
    depth = 0
    while True:
        names = {route[depth] for route in routes if len(route) > depth}
        if len(names) != 1 or not any(len(route) > depth + 1 for route in routes):
            return depth
        depth += 1


def divide(routes: Sequence[Route]) -> Divided:
    """Take apart what folders say about parts from what they say about classes."""
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
) -> Divided:
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

    return Divided(parts, tuple(left), cut, unlabelled, has_parts=True, is_sure=is_sure)


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
) -> Divided:
    def cut(route: Route) -> tuple[int, Route] | None:
        inside = _within(route, outer)
        if not inside or inside[0] not in by_class:
            return None
        part, label = by_class[inside[0]]
        return part, (label, *inside[1:])

    told = [cut((*outer, *route)) or (UNSET, ()) for route in inner]
    return Divided(
        tuple(part for part, _ in told),
        tuple(left for _, left in told),
        cut,
        has_parts=True,
        is_sure=False,
    )


def _parts_inside(inner: Sequence[Route], outer: Route) -> Divided:
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
    return Divided(
        tuple(part for part, _ in told),
        tuple(left for _, left in told),
        cut,
        has_parts=bool(part_of),
    )


def _within(route: Route, outer: Route) -> Route | None:
    return route[len(outer) :] if route[: len(outer)] == outer else None

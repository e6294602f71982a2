"""Cut a data set into training, validation and test pictures, without leaks."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

TRAIN, VALIDATION, TEST = 0, 1, 2
UNSET = -1
ROUNDING = 1e-9
"""Shares are not exact in binary: so much is nothing."""
NAMES = ("train", "val", "test")
Labels = npt.NDArray[np.int32]
Parts = npt.NDArray[np.int8]
GroupRule = Literal["none", "number", "separator"]


class Split(BaseModel):
    """How a data set is cut. Parts that come as folders are kept; these shares cut the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    validation: float = Field(
        0.15,
        ge=0,
        lt=1,
        title="Validation share",
        description="Pictures that choose between settings and stop training at the right time.",
    )
    test: float = Field(
        0.15,
        ge=0,
        lt=1,
        title="Test share",
        description="Pictures kept aside for the final, honest number.",
    )
    seed: int = Field(
        0, ge=0, le=2**31 - 1, title="Seed", description="The same seed cuts the same way."
    )
    groups: GroupRule = Field(
        "none",
        title="Pictures that belong together",
        description="Pictures of one burst, video, person or slide must not be learnt from and judged by at once. "
        "If their file names tell who belongs together, choose how. Copies of a picture always stay together.",
    )

    @model_validator(mode="after")
    def _something_is_left_to_learn_from(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave pictures for training")
        return self

    @property
    def fractions(self) -> tuple[float, float, float]:
        return 1 - self.validation - self.test, self.validation, self.test


def assign(
    labels: Labels,
    groups: Sequence[str] | np.ndarray | None,
    fractions: tuple[float, float, float],
    seed: int,
    given: Parts | None = None,
) -> Parts:
    """Return the part of every picture: 0 training, 1 validation, 2 test.

    Stratified by label. A group (pictures of one burst, or copies of one picture) is never torn
    apart. A label with at least three groups has one in each part whose fraction is above 0; with
    fewer, training comes first.

    Args:
        labels: int32 (n,).
        groups: what belongs together, any text; None when nothing does.
        fractions: shares of training, validation and test.
        seed: the same seed gives the same parts, whatever was cut before.
        given: int8 (n,), parts that stand already, -1 elsewhere. A part that appears nowhere in
            it is cut from training; when every part appears, loose pictures go to training.

    Returns:
        int8 (n,).
    """
    parts = np.full(len(labels), UNSET, np.int8) if given is None else np.array(given, np.int8)
    standing = set(np.unique(parts).tolist()) - {UNSET}
    wanted = np.array(fractions, np.float64)
    if standing:
        for part in standing - {TRAIN}:
            wanted[part] = 0
        wanted[TRAIN] = 1 - wanted[VALIDATION] - wanted[TEST]
        parts[parts == TRAIN] = UNSET
    loose = np.flatnonzero(parts == UNSET)
    units = _units(loose, groups)
    _keep_groups_together(units, parts, groups)
    generator = np.random.default_rng(seed)
    by_label: dict[int, list[list[int]]] = defaultdict(list)
    for unit in units:
        if parts[unit[0]] == UNSET:
            by_label[int(labels[unit[0]])].append(unit)
    owed = np.zeros(3)  # by rounding in earlier classes: small ones do not all favour one part
    for label in sorted(by_label):
        owed += _cut(by_label[label], wanted, generator, parts, owed)
    return parts


def folds(
    labels: Labels, groups: Sequence[str] | np.ndarray | None, count: int, seed: int
) -> npt.NDArray[np.int64]:
    """Return the fold of every picture, 0 to `count` - 1.

    Stratified by label; a group is never torn apart.

    Args:
        labels: int32 (n,).
        groups: what belongs together; None when nothing does.
        count: folds, at least 2.
        seed: the same seed gives the same folds.
    """
    fold = np.zeros(len(labels), np.int64)
    generator = np.random.default_rng(seed)
    by_label: dict[int, list[list[int]]] = defaultdict(list)
    for unit in _units(np.arange(len(labels)), groups):
        by_label[int(labels[unit[0]])].append(unit)
    have = np.zeros(count)  # over all labels: rare ones do not all fall into the first fold
    for label in sorted(by_label):
        units = [by_label[label][index] for index in generator.permutation(len(by_label[label]))]
        of_label = np.zeros(count)
        for unit in sorted(units, key=len, reverse=True):
            chosen = int(np.lexsort((have, of_label))[0])
            of_label[chosen] += len(unit)
            have[chosen] += len(unit)
            fold[unit] = chosen
    return fold


def together(hashes: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Return one name per picture, equal for all that must share a part.

    Copies of a picture (equal hash) belong together, and so do pictures of one group ("" names
    none); what hangs together through a chain of both does too.

    Args:
        hashes: str (n,).
        groups: n names.

    Returns:
        object (n,).
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for digest, group in zip(hashes.tolist(), groups, strict=True):
        if group:
            parent[root(f"group {group}")] = root(digest)
    return np.array([root(digest) for digest in hashes.tolist()], dtype=object)


def _units(loose: np.ndarray, groups: Sequence[str] | np.ndarray | None) -> list[list[int]]:
    """Return the pictures that must stay together, as lists of indices."""
    if groups is None:
        return [[int(index)] for index in loose]
    members: dict[str, list[int]] = defaultdict(list)
    for index in loose:
        members[str(groups[index])].append(int(index))
    return list(members.values())


def _keep_groups_together(
    units: list[list[int]], parts: Parts, groups: Sequence[str] | np.ndarray | None
) -> None:
    """Move loose pictures to the part where the rest of their group stands already."""
    if groups is None:
        return
    standing = {str(groups[i]): int(parts[i]) for i in np.flatnonzero(parts != UNSET)[::-1]}
    for unit in units:
        parts[unit] = standing.get(str(groups[unit[0]]), UNSET)


def _cut(
    units: list[list[int]],
    wanted: np.ndarray,
    generator: np.random.Generator,
    parts: Parts,
    owed: np.ndarray,
) -> np.ndarray:
    """Deal one label's units: one to each part first, then to the part that lacks most.

    Where less than a picture is lacking everywhere, it goes to the part that earlier labels owe most.

    Returns:
        float (3,), the pictures by which each part came short.
    """
    order = [units[index] for index in generator.permutation(len(units))]
    order.sort(key=len, reverse=True)  # large groups first, while there is room
    total = sum(map(len, order))
    have = np.zeros(3)
    open_parts = [part for part in (TRAIN, VALIDATION, TEST) if wanted[part] > 0]
    for number, unit in enumerate(order):
        left = len(order) - number
        empty = [part for part in open_parts if have[part] == 0]
        must_fill = empty and left <= len(empty)
        part = empty[0] if must_fill else _neediest(wanted * total - have, owed)
        have[part] += len(unit)
        parts[unit] = part
    return wanted * total - have


def _neediest(lacking: np.ndarray, owed: np.ndarray) -> int:
    """Return the part that the next pictures go to."""
    if lacking.max() > 1 - ROUNDING:
        return int(np.argmax(lacking))
    return int(np.argmax(np.where(lacking > ROUNDING, lacking + owed, -np.inf)))

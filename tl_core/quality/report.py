"""Look through a data set and say what is wrong with it and what to do.

The order of findings is that in which a person should deal with them: certain harm first.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from tl_core.base.joining import Groups
from tl_core.datasets import guard
from tl_core.datasets.edits import Trace
from tl_core.datasets.manifest import Dataset
from tl_core.modalities import registry as modalities
from tl_core.modalities import symmetries
from tl_core.modalities.modality import Modality
from tl_core.modalities.related import Related
from tl_core.quality import (
    copies,
    counts,
    folders,
    leaks,
    loo,
    outliers,
    suspects,
    wording,
)
from tl_core.quality.findings import Edit, Finding, Kind, Picture, Remedy, Report, pictures
from tl_core.tasks import registry

OnProgress = Callable[[str, int, int], None]
"""Phase ("pictures", "copies", "labels", "strays"), done, total."""


def inspect(
    dataset: Dataset,
    features: np.ndarray | None = None,
    on_progress: OnProgress = lambda phase, done, total: None,
    *,
    backbone: str = "",
) -> Report:
    """Return everything found in `dataset`.

    Args:
        dataset: one version.
        features: float (n, d) of a backbone, one row per picture; without them labels and strays
            are not judged.
        on_progress: called now and then.
        backbone: whose features, for the record.
    """
    look = _Look(dataset, features, on_progress)
    findings = tuple(sorted(look.findings(), key=lambda found: _ORDER[found.severity]))
    return Report(
        dataset=dataset.id,
        pictures=len(dataset),
        backbone=backbone,
        findings=findings,
        groups=tuple(look.groups.tolist()),
        seconds={phase: round(spent, 2) for phase, spent in look.seconds.items()},
        suspect_accuracy=look.agreement,
    )


def carried(found: Report, dataset: Dataset, trace: Trace) -> Report:
    """Return what a report on an earlier version still says of the edited one.

    What the edit settled is gone; the rest names rows and classes of the edited version. Copies,
    leaks and counts follow exactly from what was found; the pictures are not looked at again.

    Args:
        found: the report on the version before.
        dataset: the edited version.
        trace: where the rows and classes of the version before went.
    """
    look = _Look(dataset, None, lambda phase, done, total: None)
    findings = tuple(sorted(look.carried(found, trace), key=lambda each: _ORDER[each.severity]))
    return Report(
        dataset=dataset.id,
        pictures=len(dataset),
        backbone=found.backbone,
        findings=findings,
        groups=tuple(look.groups.tolist()),
    )


_ORDER = {"problem": 0, "doubt": 1, "fact": 2}


@dataclass(slots=True)
class _Look:
    dataset: Dataset
    features: np.ndarray | None
    on_progress: OnProgress
    groups: np.ndarray = field(init=False)
    agreement: float | None = field(default=None, init=False)
    seconds: dict[str, float] = field(default_factory=dict, init=False)
    _since: float = field(default_factory=time.monotonic, init=False)

    def findings(self) -> Iterator[Finding]:
        prints = self._modality().fingerprints(
            self.dataset.hashes.tolist(), lambda done, total: self._tell("pictures", done, total)
        )
        self._end("pictures")
        yield from self._copies(prints)
        self._end("copies")
        yield from self._labels(prints)
        self._end("labels")
        yield from self._strays()
        self._end("strays")
        if prints is not None:
            yield from self._appearance(prints)
        yield from counts.unreadable(self.dataset)
        yield from counts.imbalance(self.dataset)
        if prints is not None:
            yield counts.sizes(self.dataset, prints)

    def _copies(self, prints: np.ndarray | None) -> Iterator[Finding]:
        yield from self._sameness(
            copies.related(
                self._modality(),
                prints,
                self.features,
                lambda done, total: self._tell("copies", done, total),
            )
        )

    def carried(self, found: Report, trace: Trace) -> Iterator[Finding]:
        """Yield what an earlier version's report still says of this one."""
        near, turned = found.of("near_duplicate"), found.of("turned")
        yield from self._sameness(
            Related(_moved(near.groups if near else (), trace), _turned(turned, trace))
        )
        # Only looking at the pictures brings these to light.
        looked_for = {"mislabelled", "outlier", *self._modality().checks}
        for finding in found.findings:
            if finding.kind in looked_for:
                yield from self._still_there(finding, trace)
        yield from counts.unreadable(self.dataset)
        yield from counts.imbalance(self.dataset)
        sizes = found.of("sizes")
        if sizes is not None:
            yield sizes.model_copy(update={"values": counts.usual_size(self.dataset)})

    def _still_there(self, finding: Finding, trace: Trace) -> Iterator[Finding]:
        """Yield a finding about single pictures, with those that the edit left as they were."""
        kept = [
            (int(trace.rows[picture.row]), picture)
            for picture in finding.pictures
            if self._is_open(picture, trace)
        ]
        suggested = [
            int(trace.classes[picture.suggested])
            for _, picture in kept
            if picture.suggested is not None
        ]
        edit: Edit = "exclude" if finding.remedy is None else finding.remedy.edit
        yield from self._found(
            finding.kind,
            [row for row, _ in kept],
            edit=edit,
            suggested=suggested if edit == "relabel" else None,
            scores=[picture.score for _, picture in kept],
            values={name: value for name, value in finding.values.items() if name != "count"},
        )

    def _is_open(self, picture: Picture, trace: Trace) -> bool:
        """Say whether a picture is there and carries the label that was doubted, if one was."""
        row = int(trace.rows[picture.row])
        if row < 0 or picture.suggested is None:
            return row >= 0
        own, better = trace.classes[picture.label], trace.classes[picture.suggested]
        return better >= 0 and own != better and own == self.dataset.labels[row]

    def _sameness(self, found: Related) -> Iterator[Finding]:
        """Yield what follows from which pictures were made from one another."""
        exact = copies.exact(self.dataset.hashes)
        alike = leaks.joined(len(self.dataset), exact, found.near)
        self.groups = leaks.joined(len(self.dataset), exact, found.near, found.turned_pairs)
        # Which way round may tell the class, as with arrows: only what lies alike contradicts itself.
        together = guard.members(alike)
        two_classes = [rows for rows in together if len(set(self._labels_of(rows))) > 1]
        yield from self._same_classes(together)  # first: merged, most copies need no decision
        yield from self._same("duplicate", exact)
        yield from self._same("near_duplicate", found.near)
        yield from self._turned(exact, found)
        yield from self._found("two_classes", _flat(two_classes), groups=two_classes)
        known = self.groups
        if self.dataset.groups is not None:
            together = guard.members(self.groups)
            known = leaks.joined(len(self.dataset), together, leaks.named(self.dataset.groups))
        torn = guard.torn(self.dataset.splits, known)
        leaked = guard.leaked(self.dataset.splits, known)
        yield from self._found("leak", leaked.tolist(), groups=torn, edit="split_again")

    def _turned(self, exact: Groups, found: Related) -> Iterator[Finding]:
        """Yield the finding of mirrored and turned copies, and of each how it lies."""
        turned = set(self.groups[found.turned[:, 0]].tolist())
        groups = [rows for rows in guard.members(self.groups) if self.groups[rows[0]] in turned]
        alike = [pair for rows in (*exact, *found.near) for pair in _chain(rows)]
        triples = np.concatenate([found.turned, *alike]) if alike else found.turned
        ways = symmetries.seen_from_first(triples)
        lies = {row: symmetries.WORDS[way] if way else "" for row, way in ways.items()}
        yield from self._same("turned", groups, lies)

    def _same(
        self, kind: Kind, groups: Groups, lies: Mapping[int, str] = MappingProxyType({})
    ) -> Iterator[Finding]:
        """Yield a finding of sameness; which label of a group is right is not for it to say."""
        held = self._modality().content(self.dataset.facts, len(self.dataset))
        extra: list[int] = []
        for rows in groups:
            if len(set(self._labels_of(rows))) == 1:
                kept = rows[np.argmax(held[rows])]
                extra += [int(row) for row in rows if row != kept]
        count = sum(len(rows) - 1 for rows in groups)
        yield from self._found(
            kind, _flat(groups), groups=groups, touched=extra, count=count, lies=lies
        )

    def _same_classes(self, together: Groups) -> Iterator[Finding]:
        """Yield the classes that are copies of one another, each with the way to merge them."""
        words = wording.of(self._modality(), "same_classes")
        if not self._has_one_class_each():
            return
        for pair in folders.alike(self.dataset.labels, together):
            both = np.array([pair.small, pair.large])
            rows = [
                kept
                for rows in together
                if set(both) <= set(self._labels_of(rows))
                and len(kept := rows[np.isin(self.dataset.labels[rows], both)]) > 1
            ]
            yield Finding(
                kind="same_classes",
                severity=words.severity,
                title=words.title,
                explanation=words.explanation,
                values={
                    "small": self.dataset.classes[pair.small],
                    "large": self.dataset.classes[pair.large],
                    "shared": pair.shared,
                    "count": pair.count,
                },
                pictures=pictures(self.dataset, _flat(rows)),
                groups=tuple(tuple(group.tolist()) for group in rows),
                remedy=Remedy(
                    edit="merge", title=words.remedy, rows=(), labels=(pair.small, pair.large)
                ),
            )

    def _labels(self, prints: np.ndarray | None) -> Iterator[Finding]:
        classes = len(self.dataset.classes)
        if self.features is None or classes < 2 or not self._has_one_class_each():
            return
        self._tell("labels", 0, 1)
        seen = (
            self._modality().aspects(self.features, prints)
            if prints is not None
            else ((1.0, self.features),)
        )
        chances = loo.probabilities(seen, self.dataset.labels, classes, self.groups)
        self.agreement = float(np.mean(chances.argmax(axis=1) == self.dataset.labels))
        found = suspects.find(chances, self.dataset.labels)
        self._tell("labels", 1, 1)
        yield from self._found(
            "mislabelled",
            found.rows.tolist(),
            edit="relabel",
            suggested=found.suggested.tolist(),
            scores=found.sure.tolist(),
            # The most doubtful first; only those may be taken without a look at each.
            touched=found.rows[: found.surest].tolist(),
            numbers={
                "wrong": round(float(found.wrong.sum()), 1),
                "share": round(found.share, 4),
                "taken_right": round(float(found.sure[: found.surest].sum()), 1),
            },
        )

    def _strays(self) -> Iterator[Finding]:
        if self.features is None:
            return
        self._tell("strays", 0, 1)
        found = outliers.find(self.features)
        self._tell("strays", 1, 1)
        yield from self._found("outlier", found.rows.tolist(), scores=found.scores.tolist())

    def _appearance(self, prints: np.ndarray) -> Iterator[Finding]:
        for kind, check in self._modality().checks.items():
            faulty, strength = check.judge(prints)
            rows = np.flatnonzero(faulty)
            rows = rows[np.argsort(-strength[rows], kind="stable")]
            values = {} if check.limit is None else {"limit": check.limit}
            yield from self._found(
                kind, rows.tolist(), scores=strength[rows].tolist(), values=values
            )

    def _found(
        self,
        kind: Kind,
        rows: list[int],
        *,
        groups: Sequence[np.ndarray] = (),
        edit: Edit = "exclude",
        touched: list[int] | None = None,
        suggested: list[int] | None = None,
        scores: Sequence[float | None] | None = None,
        count: int | None = None,
        lies: Mapping[int, str] = MappingProxyType({}),
        values: Mapping[str, str | int | float] = MappingProxyType({}),
        numbers: Mapping[str, Any] = MappingProxyType({}),
    ) -> Iterator[Finding]:
        """Yield the finding, unless there are no pictures to show for it."""
        if not rows:
            return
        words = wording.of(self._modality(), kind)
        touched = rows if touched is None else touched
        better = dict(zip(rows, suggested, strict=True)) if suggested else {}
        remedy = Remedy(
            edit=edit,
            title=words.remedy,
            rows=tuple(touched),
            labels=tuple(better[row] for row in touched if row in better),
        )
        yield Finding(
            kind=kind,
            severity=words.severity,
            title=words.title,
            explanation=words.explanation,
            values={"count": len(rows) if count is None else count} | dict(values),
            pictures=pictures(
                self.dataset,
                rows,
                suggested=suggested,
                scores=scores,
                lies=[lies.get(row, "") for row in rows],
            ),
            groups=tuple(tuple(group.tolist()) for group in groups),
            remedy=remedy if touched else None,
            numbers=dict(numbers),
        )

    def _labels_of(self, rows: np.ndarray) -> list[int]:
        # Where a picture may show several, copies that name different ones do not contradict.
        return self.dataset.labels[rows].tolist() if self._has_one_class_each() else [0] * len(rows)

    def _modality(self) -> Modality:
        return modalities.of(self.dataset)

    def _has_one_class_each(self) -> bool:
        return registry.of(self.dataset).one_class_each

    def _tell(self, phase: str, done: int, total: int) -> None:
        self.on_progress(phase, done, total)

    def _end(self, phase: str) -> None:
        now = time.monotonic()
        self.seconds[phase], self._since = now - self._since, now


def _moved(groups: Sequence[Sequence[int]], trace: Trace) -> Groups:
    """Return groups of rows as they stand after an edit, without those that it parted."""
    moved = [trace.rows[list(rows)] for rows in groups]
    left = [np.sort(rows[rows >= 0]) for rows in moved]
    return [rows for rows in left if len(rows) > 1]


def _turned(found: Finding | None, trace: Trace) -> np.ndarray:
    """Return which pictures are mirrored or turned copies after an edit, as `Related` does."""
    if found is None:
        return np.zeros((0, 3), np.int64)
    words = [str(word) for word in symmetries.WORDS]
    lies = {
        picture.row: words.index(picture.lies) if picture.lies in words else symmetries.SAME
        for picture in found.pictures
    }
    triples = []
    for group in found.groups:
        left = [row for row in group if trace.rows[row] >= 0]
        for row in left[1:]:
            number = symmetries.between(lies.get(left[0], 0), lies.get(row, 0))
            triples.append((trace.rows[left[0]], trace.rows[row], number))
    return np.array(triples, np.int64).reshape(-1, 3)


def _chain(rows: np.ndarray) -> list[np.ndarray]:
    """Return pairs of rows that lie alike, in the form that `symmetries.seen_from_first` takes."""
    return [np.array([[rows[0], row, symmetries.SAME]]) for row in rows[1:]]


def _flat(groups: Groups) -> list[int]:
    return [int(row) for rows in groups for row in rows]

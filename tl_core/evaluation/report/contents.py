"""What a report tells beside the answers: the data, the settings, the course, the limits, the versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from tl_core.backbones import catalogue
from tl_core.backbones.card import Card
from tl_core.backbones.record import Backbone
from tl_core.base import figures
from tl_core.base.said import Said, counted
from tl_core.config import settings_in
from tl_core.config.written import written
from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.answers import common, registry
from tl_core.evaluation.report.charts import Lines
from tl_core.evaluation.report.parts import Gallery, Picture, Table
from tl_core.evaluation.report.subject import Subject

EXAMPLES_EACH = 6
MOST_GALLERIES = 20
MOST_ROWS = 250
TOLD_ELSEWHERE = ("backbone", "method_name")
"""Settings that `backbone` words."""
LIBRARIES = ("keras", "tensorflow", "ai-edge-litert", "numpy", "scipy", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Data:
    """What a run learnt from."""

    sentences: Sequence[str]
    table: Table
    galleries: Sequence[Gallery]
    note: str


def data(subject: Subject, album: Album) -> Data:
    """Return the classes with their counts by part, how they were divided, and examples."""
    return Data(
        sentences=about_data(subject),
        table=counts_by_part(subject),
        galleries=_galleries(subject, album),
        note=_about_galleries(subject),
    )


def about_data(subject: Subject) -> Sequence[str]:
    """Return how many examples there are, and how they were divided."""
    dataset, split = subject.dataset, subject.dataset.split
    parts = np.bincount(dataset.splits, minlength=3)
    told: list[str] = [
        counted(
            "“{name}”, version {version}, holds {number} picture: {train} to learn from, {validation} to choose by, "
            "{test} for the final number.",
            "“{name}”, version {version}, holds {number} pictures: {train} to learn from, {validation} to choose by, "
            "{test} for the final number.",
            len(dataset),
            name=subject.data,
            version=subject.version,
            number=figures.count(len(dataset)),
            **{
                role: figures.count(int(parts[k]))
                for k, role in enumerate(("train", "validation", "test"))
            },
        )
    ]
    if split is not None:
        told.append(
            Said(
                "They were divided at random, {validation} for validation and {test} for the test, with seed {seed}; "
                "copies of a picture stay in one part.",
                validation=figures.percent(split.validation),
                test=figures.percent(split.test),
                seed=split.seed,
            )
        )
    if dataset.given is not None and (dataset.given >= 0).any():
        told.append(Said("Parts that came with the pictures were kept."))
    if dataset.moved:
        told.append(
            counted(
                "{count} picture would have been judged by though a copy of it was learnt from; it was kept out.",
                "{count} pictures would have been judged by though copies of them were learnt from; they were kept out.",
                dataset.moved,
            )
        )
    return told


def counts_by_part(subject: Subject) -> Table:
    """Return how many examples of each class every part has."""
    counts = subject.dataset.counts()
    names = subject.task.outputs(subject.dataset)
    rows = [[name, *map(figures.count, row)] for name, row in zip(names, counts, strict=False)]
    cut = Said("{shown} of {all} are shown.", shown=MOST_ROWS, all=len(rows))
    return Table(
        Said("Pictures by part"),
        [Said("Learnt"), Said("Training"), Said("Validation"), Said("Test")],
        rows[:MOST_ROWS],
        cut if len(rows) > MOST_ROWS else "",
    )


def _galleries(subject: Subject, album: Album) -> list[Gallery]:
    """Return the first examples of each class, of the first classes; of numbers those of the whole."""
    dataset, task = subject.dataset, subject.task
    if not task.names_classes:
        rows = np.unique(np.linspace(0, max(0, len(dataset) - 1), EXAMPLES_EACH).astype(int))
        return [_gallery(subject, album, Said("Some of all"), rows[: len(dataset)])]
    return [
        _gallery(
            subject, album, name, np.flatnonzero(task.shown_under(dataset, index)), is_class=True
        )
        for index, name in enumerate(dataset.classes[:MOST_GALLERIES])
    ]


def _gallery(
    subject: Subject, album: Album, title: str, rows: np.ndarray, *, is_class: bool = False
) -> Gallery:
    dataset, task = subject.dataset, subject.task
    shown = [
        Picture(
            album.source(str(dataset.hashes[row])),
            task.described(dataset, int(row)),
            is_told_above=is_class and task.one_class_each,
        )
        for row in rows[:EXAMPLES_EACH]
    ]
    more = len(rows) - len(shown)
    note = counted("{count} more", "{count} more", more) if more > 0 else ""
    return Gallery(title, [each for each in shown if each.source], note)


def _about_galleries(subject: Subject) -> str:
    classes = len(subject.dataset.classes)
    if classes <= MOST_GALLERIES:
        return ""
    return Said(
        "Examples are shown of the first {shown} of {all}.", shown=MOST_GALLERIES, all=classes
    )


def backbone(subject: Subject) -> Sequence[str]:
    """Return what the model stands on, with its paper, its licence and where its weights come from."""
    record, (method, paper) = subject.backbone, subject.method
    way = Said("Way of training: {name}. {paper}", name=method, paper=paper)
    if record is None:
        return [way]
    if not subject.is_pretrained:
        began = Said(
            "The model has the shape of {name} and began with random weights. Paper: {paper}",
            name=record.title,
            paper=record.paper,
        )
        return [began, way]
    return [
        Said("The model stands on {name}. Paper: {paper}", name=record.title, paper=record.paper),
        *_stands_on(record.card),
        Said(
            "Its pretrained weights: {source}. Licence: {licence}.",
            source=_source(record),
            licence=record.weights_license,
        ),
        *([record.notice] if record.notice else []),
        way,
    ]


def _source(record: Backbone) -> str:
    """Return where published weights come from; of a former model, those that its first training began with."""
    published = catalogue.get(record.architecture)
    return published.source or Said("they come with Graft")


def _stands_on(card: Card | None) -> Sequence[str]:
    """Return what the weights were before, where that was another model."""
    if card is None:
        return []
    last = card.last
    before = counted(
        "{name} was a trained model itself: it learnt to give {count} answer",
        "{name} was a trained model itself: it learnt to give {count} answers",
        last.answers_count,
        name=card.title,
    )
    of_data = Said(" from “{data}”", data=last.data) if last.data else ""
    return [
        Said(
            "{before}{data}. Trainings before this one: {count}. SHA-256 of its weights: {hash}",
            before=before,
            data=of_data,
            count=len(card.lessons),
            hash=card.weights_sha256,
        )
    ]


def settings(subject: Subject) -> list[Table]:
    """Return the settings that differ from the usual ones, then all of them."""
    if subject.config is None:
        return []
    config = subject.config
    known = [
        (one, written(one, one.value(config)), written(one, one.field.default))
        for one in settings_in(type(config)).values()
        if one.name not in TOLD_ELSEWHERE
        and one.applies(config, subject.task.kind)
        and one.is_for(subject.dataset.modality)
    ]
    head = [Said("Setting"), Said("Value"), Said("Usually")]
    rows = [
        (one.is_usual(config), [Said(str(one.field.title)), value, usual])
        for one, value, usual in known
    ]
    changed = [row for is_usual, row in rows if not is_usual]
    tables = [Table(Said("Settings that differ from the usual ones"), head, changed)]
    return [*(tables if changed else []), Table(Said("All settings"), head, [r for _, r in rows])]


def curves(subject: Subject) -> list[Lines]:
    """Return how the loss and the task's own measure went; nothing of fewer than two epochs."""
    if len(subject.view.epochs) < 2:
        return []
    drawn = [registry.of(subject).curve(subject), common.loss_over_epochs(subject.view)]
    return [each for each in drawn if each.lines]


def limits(subject: Subject) -> Sequence[str]:
    """Return what no number of any run can tell."""
    told: list[str] = [
        Said(
            "The numbers hold for pictures like those of the test part. Pictures from another camera, place or time may "
            "be harder."
        )
    ]
    if subject.test:
        told.append(
            Said(
                "They come from one division of the pictures and one training. The intervals tell what chance in the "
                "test pictures may do; another division or seed would differ somewhat more."
            )
        )
    return told


def versions(subject: Subject) -> Sequence[str]:
    """Return what it takes to make the run again."""
    found = [f"{name} {version}" for name in LIBRARIES if (version := _version(name))]
    return [
        Said("Run {id}, data set {dataset}", id=subject.run_id, dataset=subject.dataset.id),
        Said("Libraries of this computer: {names}", names=", ".join(found)),
    ]


def day(seconds: float) -> str:
    """Return a date and time as text."""
    return figures.moment(seconds)


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""

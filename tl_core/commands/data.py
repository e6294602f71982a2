"""`ingest`: pictures from a folder or an archive into a data set."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from tl_core.base.errors import UserError
from tl_core.commands.following import follow
from tl_core.commands.output import Output


def ingest(arguments: Namespace, output: Output) -> None:
    split = {
        name: value
        for name, value in (
            ("validation", arguments.val),
            ("test", arguments.test),
            ("seed", arguments.split_seed),
            ("groups", arguments.groups),
        )
        if value is not None
    }
    output.result(
        bring_in(
            arguments.path,
            output,
            arguments.name,
            split=split,
            targets=arguments.targets,
            columns=_columns(arguments.columns),
            reading=arguments.reading,
            add_to=arguments.add_to,
            into=arguments.into,
            encoding=arguments.encoding,
            modality=arguments.modality,
        )
    )


def bring_in(
    path: str,
    output: Output,
    name: str = "",
    *,
    split: dict[str, Any] | None = None,
    targets: Path | None = None,
    columns: dict[str, Any] | None = None,
    reading: int | None = None,
    add_to: str | None = None,
    into: str = "",
    encoding: str = "",
    modality: str = "",
) -> dict[str, object]:
    """Import `path` while printing progress, and return the data set's id and counts.

    Raises:
        UserError: "source-missing" if there is nothing at `path`, or whatever the import refused.
    """
    from tl_core import store
    from tl_core.intake import listing
    from tl_core.jobs import imports
    from tl_core.samples import bundled

    source = bundled.named(path) or listing.source(path)
    if targets is not None:
        targets = listing.source(str(targets))
    how = {"targets": targets, "columns": columns, "by": "command line", "reading": reading}
    how |= {"encoding": encoding, "modality": modality}
    if add_to is not None:
        if not isinstance(source, Path):
            raise UserError(
                "add-samples",
                "Sample pictures make a data set of their own.",
                "Leave out --add-to, or name a folder of pictures.",
            )
        dataset_id = imports.start_addition(add_to, source, into, **how)
    else:
        title = source.resolve().name if isinstance(source, Path) else bundled.SETS[source].title
        dataset_id = imports.start_intake(
            store.default_project().id, source, name or title, split=split, all_are=into, **how
        )
    return _told(dataset_id, followed(dataset_id, output))


def readings(arguments: Namespace, output: Output) -> None:
    """Print what may be learnt from a data set, or choose one of these ways."""
    from tl_core import store
    from tl_core.intake.proposals import no_such_reading
    from tl_core.intake.reading import Choice
    from tl_core.jobs import answering, imports

    row = store.dataset(arguments.dataset)
    if arguments.cancel:
        imports.stop_intake(row.id)
        output.result({"dataset": row.id, "status": store.dataset(row.id).status})
        return
    asked = answering.asked_of(row)
    if arguments.take is None:
        output.result({"dataset": row.id, "asks": row.is_waiting, **_readings(row.id)})
        return
    ways = list(asked.readings) if asked else []
    if not 1 <= arguments.take <= len(ways):
        raise no_such_reading(arguments.take, len(ways))
    choice = Choice(
        key=ways[arguments.take - 1].key,
        columns=tuple(arguments.columns),
        class_name=arguments.class_name,
    )
    dataset_id = answering.answer(row.id, choice)
    output.result(_told(dataset_id, followed(dataset_id, output)))


def _told(dataset_id: str, counts: dict[str, Any]) -> dict[str, object]:
    from tl_core.datasets import manifest
    from tl_core.intake import unlabelled

    return {
        "dataset": dataset_id,
        "images": counts.get("pictures"),
        "classes": counts.get("classes"),
        "splits": counts.get("splits"),
        "notes": counts.get("notes"),
        "encoding": _encoding(dataset_id),
        "unlabelled": len(unlabelled.load(dataset_id)),
        "skipped": [
            {"name": aside.name, "code": aside.code, "reason": aside.reason}
            for aside in manifest.set_aside(dataset_id)
        ],
        **_readings(dataset_id),
    }


def _readings(dataset_id: str) -> dict[str, Any]:
    """Return the number of the reading that was taken, and all that there are."""
    from tl_core import store
    from tl_core.jobs import answering

    asked = answering.asked_of(store.dataset(dataset_id))
    if asked is None:
        return {"reading": None, "readings": []}
    keys = [reading.key for reading in asked.readings]
    taken = asked.taken.key if asked.taken else ""
    return {
        "reading": keys.index(taken) + 1 if taken in keys else None,
        "readings": [
            {"number": number} | reading.told()
            for number, reading in enumerate(asked.readings, start=1)
        ],
    }


def _encoding(dataset_id: str) -> dict[str, object] | None:
    """Return what file names were read as and could be read as too; None where they came as text."""
    from tl_core.datasets import code_pages, naming

    reading = naming.load(dataset_id)
    if reading is None:
        return None
    others = [code_pages.called(codec) for codec in reading.others]
    return {"read_as": code_pages.called(reading.codec), "others": others}


def followed(dataset_id: str, output: Output) -> dict[str, Any]:
    """Print the progress of an import to its end; return the counts of its data set.

    Raises:
        UserError: whatever the import refused.
    """
    from tl_core import store
    from tl_core.base import ids

    follow(
        ids.dataset_folder(dataset_id),
        output,
        is_over=lambda: store.dataset(dataset_id).status != "importing",
    )
    row = store.dataset(dataset_id)
    if row.status == "failed":
        raise UserError(**(row.error or {"code": "bug", "message": "The import failed."}))
    return row.counts or {}


def _columns(assignments: list[str] | None) -> dict[str, Any] | None:
    """Read WHAT=COLUMN pairs; None leaves the choice to the table's headings.

    Raises:
        UserError: "columns" when one is not such a pair, or "file" is missing.
    """
    if not assignments:
        return None
    given: dict[str, Any] = {}
    for assignment in assignments:
        what, _, column = assignment.partition("=")
        given[what.strip()] = column.strip()
    if "targets" in given:
        given["targets"] = [name.strip() for name in given["targets"].split(",") if name.strip()]
    if not given.get("file") or not set(given) <= {"file", "label", "targets", "split", "group"}:
        raise UserError(
            "columns",
            "These columns cannot be used: {given}.",
            "Write for example: --columns file=image targets=price,area",
            given=" ".join(assignments),
        )
    return given

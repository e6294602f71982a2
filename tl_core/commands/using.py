"""`predict`, `export`, `open-file`, `probe`: what a model or a backbone is good for."""

import contextlib
import tempfile
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.base.errors import UserError
from tl_core.commands.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tl_core.jobs.predictor import Prediction, Reply
    from tl_core.measures.conformal import Promise
    from tl_core.tasks.promised import Promised
    from tl_core.tasks.task import Rules


COLUMNS_SHOWN = 3
"""File, answer, probability: what a terminal has room for; the table has every class."""
ROWS_SHOWN = 200
EXPORT_MEMORY_BYTES = 8 * 1024**3
"""Four times what the largest model that can be opened weighs: its weights, Keras, and the file."""


def predict(arguments: Namespace, output: Output) -> None:
    """Answer pictures, and say of each that could not be answered why."""
    promise = _promise(arguments)
    adapting: list[str] = []
    if arguments.adapt:
        names, answers, refused, adapting = _adapted(arguments)
    else:
        names, answers, refused = _answers(arguments, output)
    if refused and not answers:
        name, why = refused[0]
        raise UserError(
            why.code or "no-answers", "{name}: {why}", why.hint, name=name, why=why.reason
        )
    promised = _promised(promise, answers)
    told = [
        {"picture": name, **asdict(answer)} for name, answer in zip(names, answers, strict=True)
    ]
    for one, may_be in zip(told, promised, strict=False):
        one["promised"] = asdict(may_be)
    not_told = [
        {"picture": name, "code": why.code, "reason": why.reason, "hint": why.hint}
        for name, why in refused
    ]
    result: dict[str, object] = {
        "run": arguments.run,
        "predictions": told,
        "refused": not_told,
    }
    if arguments.csv is not None:
        _write_csv(arguments.csv, names, answers, refused, promised)
        result["csv"] = str(arguments.csv)
    if adapting:
        result["adapted"] = adapting
    output.result(result, _in_words(names, answers, refused, arguments.csv, promised) + adapting)


def _promise(arguments: Namespace) -> "tuple[Rules, Promise] | None":
    """Return what the model promises for the share that is asked for, before anything is answered."""
    if arguments.sets is None:
        return None
    from tl_core.jobs import predictor
    from tl_core.tasks import promised

    if Path(arguments.run).is_file():
        with _opened_bundle(Path(arguments.run)) as folder:
            rules = predictor.rules_in(folder)
    else:
        rules = predictor.rules_in(predictor.model_folder(arguments.run))
    return rules, promised.promise_of(rules, arguments.sets / 100)


def _promised(
    promise: "tuple[Rules, Promise] | None", answers: "list[Prediction]"
) -> "list[Promised]":
    if promise is None:
        return []
    from tl_core.tasks import registry

    return [registry.of_reply(answer).promised(answer, *promise) for answer in answers]


def _in_words(
    names: "list[str]",
    answers: "list[Prediction]",
    refused: "list[tuple[str, Reply]]",
    csv: Path | None,
    promised: "list[Promised]",
) -> list[str]:
    """Lay answers out for people: a table whose columns stand below one another."""
    from tl_core.export import answers as answer_table

    columns = answer_table.columns(names, answers, promised)
    shown = COLUMNS_SHOWN + len(answer_table.of_promised(promised))
    head = dict(list(columns.items())[:shown])
    lines = _aligned(
        [list(head), *([_cell(value) for value in row] for row in zip(*head.values(), strict=True))]
    )
    if len(lines) > ROWS_SHOWN + 1:
        where = f"; all of them are in {csv}" if csv else "; --csv FILE writes them all"
        lines = [*lines[: ROWS_SHOWN + 1], f"{ROWS_SHOWN} of {len(names)} shown{where}"]
    lines += [f"not answered: {name}: {why.reason} {why.hint}" for name, why in refused]
    return lines + ([f"csv: {csv}"] if csv else [])


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _aligned(rows: "list[list[str]]") -> list[str]:
    longest = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(length) for cell, length in zip(row, longest, strict=True)).rstrip()
        for row in rows
    ]


def _answers(
    arguments: Namespace, output: Output
) -> "tuple[list[str], list[Prediction], list[tuple[str, Reply]]]":
    """Return the names of pictures with what the model says about them, and those it was not asked about."""
    from tl_core.intake import layout

    missing = [path for path in arguments.pictures if not path.exists()]
    if missing:
        raise UserError(
            "not-found", "There is no picture at {path}.", "Check the path.", path=missing[0]
        )
    is_bundle = Path(arguments.run).is_file()
    if not arguments.pictures:
        names, answers = _answers_to_unlabelled(arguments.run, is_bundle=is_bundle)
        return names, answers, []
    whole = [path for path in arguments.pictures if path.is_dir() or layout.is_archive(path.name)]
    if not whole:
        return _of_files(arguments.run, arguments.pictures, is_bundle=is_bundle)
    if len(arguments.pictures) > 1 or is_bundle:
        raise UserError(
            "many-sources",
            "{path} stands for many pictures, and is answered alone, by a run.",
            "Name one folder or archive, or several pictures; a bundle opens with “open-file” first.",
            path=whole[0],
        )
    return _of_source(arguments.run, whole[0], output)


def _adapted(
    arguments: Namespace,
) -> "tuple[list[str], list[Prediction], list[tuple[str, Reply]], list[str]]":
    """Return answers of a copy of the model that adapted to the pictures, and what that changed."""
    from tl_core.jobs import adapting_at_use, predictor

    pictures = adapting_at_use.files_in(arguments.pictures)
    found = adapting_at_use.answers(predictor.model_folder(arguments.run), pictures)
    pairs = list(zip(map(str, pictures), found.replies, strict=True))
    return (
        [name for name, reply in pairs if reply.prediction],
        [reply.prediction for _, reply in pairs if reply.prediction],
        [(name, reply) for name, reply in pairs if not reply.prediction],
        found.in_words(),
    )


def _of_files(
    run: str, files: list[Path], *, is_bundle: bool
) -> "tuple[list[str], list[Prediction], list[tuple[str, Reply]]]":
    from tl_core.jobs import predictor

    if is_bundle:
        replies = _ask_bundle(Path(run), files)
    else:
        replies = predictor.replies_with(predictor.model_folder(run), files)
    pairs = list(zip(map(str, files), replies, strict=True))
    return (
        [name for name, reply in pairs if reply.prediction],
        [reply.prediction for _, reply in pairs if reply.prediction],
        [(name, reply) for name, reply in pairs if not reply.prediction],
    )


def _of_source(
    run: str, source: Path, output: Output
) -> "tuple[list[str], list[Prediction], list[tuple[str, Reply]]]":
    """Answer a folder or an archive as a job; the same command again goes on where one was ended."""
    from tl_core.commands.following import follow
    from tl_core.jobs import trial
    from tl_core.jobs.predictor import Reply

    trial_id = trial.start_from(run, source, by="command line", trial_id=trial.id_of(run, source))
    try:
        follow(
            trial.folder_of(run, trial_id),
            output,
            lambda: not trial.is_working(run, trial_id),
        )
    except KeyboardInterrupt:
        trial.stop(run, trial_id)
        output.say("Stopped. The same command goes on with the rest.")
        raise
    known = trial.state(run, trial_id)
    if known.error is not None:
        raise known.error
    told = [known.told[key] for key in known.asked if key in known.told]
    return (
        [one.name for one in told if one.prediction],
        [one.prediction for one in told if one.prediction],
        [(one.name, Reply(reason=one.reason, hint=one.hint)) for one in told if not one.prediction],
    )


def _answers_to_unlabelled(run: str, *, is_bundle: bool) -> "tuple[list[str], list[Prediction]]":
    """Return names and answers for those pictures of the run's data set that came without a class."""
    from tl_core import store
    from tl_core.jobs import unlabelled_answers

    kept = None if is_bundle else unlabelled_answers.waiting(store.run(run))[1]
    if not kept:
        raise UserError(
            "no-pictures",
            "There are no pictures to be answered.",
            "Name some, or import a data set with a part that has no classes, such as test/.",
        )
    return kept.names.tolist(), unlabelled_answers.answered(run, kept.hashes.tolist())


def _write_csv(
    file: Path,
    names: "list[str]",
    answers: "list[Prediction]",
    refused: "list[tuple[str, Reply]]",
    promised: "list[Promised]",
) -> None:
    from tl_core.commands import tables
    from tl_core.export import answers as answer_table

    columns = answer_table.columns(names, answers, promised)
    if refused:
        columns = {name: [*values, *([""] * len(refused))] for name, values in columns.items()}
        columns["file"][len(names) :] = [name for name, _ in refused]
        columns["why not"] = [""] * len(names) + [why.reason for _, why in refused]
    tables.write_csv(file, columns)


def _ask_bundle(file: Path, pictures: list[Path]) -> list["Reply"]:
    """Return what the model in a bundle says about pictures; nothing of it is kept."""
    from tl_core.jobs import predictor

    with _opened_bundle(file) as folder:
        return predictor.replies_with(folder, pictures)


@contextlib.contextmanager
def _opened_bundle(file: Path) -> "Iterator[Path]":
    from tl_core.graft_files import reading

    with tempfile.TemporaryDirectory(prefix="graft-bundle-") as scratch:
        folder = Path(scratch) / "model"
        reading.read(file, folder)
        yield folder


def export(arguments: Namespace, output: Output) -> None:
    from tl_core.base import limits
    from tl_core.export import package
    from tl_core.export.formats import registry
    from tl_core.jobs import admission

    chosen = registry.get(arguments.format)
    chosen.require_packages()
    waits = contextlib.nullcontext()
    if chosen.builds:
        limits.memory(EXPORT_MEMORY_BYTES)
        waiting = {"event": "waiting", "text": "Waiting for another model that is being packed"}
        waits = admission.admitted("export", lambda: output.event(waiting))
    with waits:
        output.event({"event": "phase", "phase": "pack"})
        made = package.package(
            arguments.run,
            chosen.name,
            arguments.out,
            language=arguments.language,
            with_checkpoints=arguments.checkpoints,
        )
    shown = ("file", "model", "sha256", "left_out")
    words = [f"{name}: {made[name]}" for name in shown if name in made]
    words += [f"{old} is called {new} now" for old, new in made["renamed"].items()]
    told = {chosen.made_of: arguments.run, "format": chosen.name, **made}
    output.result(told, [*words, *made["words"].splitlines()])


def open_file(arguments: Namespace, output: Output) -> None:
    """Open a `.graft` file: a project becomes one here, a model a run of the newest project."""
    from tl_core import store
    from tl_core.base import ids
    from tl_core.graft_files import project_file
    from tl_core.home import arrived_model
    from tl_core.intake import listing

    file = listing.source(str(arguments.file))
    if not file.is_file():
        raise UserError("no-file", "{path} is a folder.", "Name a .graft file.", path=file)
    if not project_file.is_one(file):
        name = arguments.name or file.stem
        project_id = store.default_project().id
        run_id = arrived_model.open_bundle(project_id, file, name, token=ids.new())
        output.result({"project": project_id, "run": run_id})
        return
    output.result(_open_project(file, output))


def _open_project(file: Path, output: Output) -> dict[str, object]:
    from tl_core import store
    from tl_core.commands.data import followed
    from tl_core.home import housekeeping
    from tl_core.jobs import imports

    project_id = store.create_project(file.stem)
    try:
        made = imports.start_intake(project_id, file, file.stem, is_project=True, by="command line")
        followed(made, output)
    except UserError:
        housekeeping.remove("project", project_id)
        raise
    return {
        "project": project_id,
        "name": store.project(project_id).name,
        "datasets": [row.id for row in reversed(store.datasets(project_id))],
        "runs": [run.id for run in reversed(store.runs(project_id))],
    }


def probe(arguments: Namespace, output: Output) -> None:
    from tl_core.evaluation import probe as probing

    output.result(probing.probe(arguments.backbone, arguments.folders))

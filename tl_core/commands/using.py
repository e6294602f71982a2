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
    from tl_core.jobs.predictor import Prediction


EXPORT_MEMORY_BYTES = 8 * 1024**3
"""Four times what the largest model that can be opened weighs: its weights, Keras, and the file."""


def predict(arguments: Namespace, output: Output) -> None:
    names, answers = _answers(arguments)
    told = [
        {"picture": name, **asdict(answer)} for name, answer in zip(names, answers, strict=True)
    ]
    result: dict[str, object] = {"run": arguments.run, "predictions": told}
    if arguments.csv is not None:
        _write_csv(arguments.csv, names, answers)
        result["csv"] = str(arguments.csv)
    output.result(result)


def _answers(arguments: Namespace) -> "tuple[list[str], list[Prediction]]":
    """Return the names of pictures and what the model says about them."""
    from tl_core.jobs import predictor

    missing = [path for path in arguments.pictures if not path.is_file()]
    if missing:
        raise UserError(
            "not-found", "There is no picture at {path}.", "Check the path.", path=missing[0]
        )
    is_bundle = Path(arguments.run).is_file()
    if not arguments.pictures:
        return _answers_to_unlabelled(arguments.run, is_bundle=is_bundle)
    names = [str(path) for path in arguments.pictures]
    if is_bundle:
        return names, _ask_bundle(Path(arguments.run), arguments.pictures)
    return names, predictor.predict(arguments.run, arguments.pictures)


def _answers_to_unlabelled(run: str, *, is_bundle: bool) -> "tuple[list[str], list[Prediction]]":
    """Return names and answers for those pictures of the run's data set that came without a class."""
    from tl_core.jobs import unlabelled_answers
    from tl_core.store import store

    kept = None if is_bundle else unlabelled_answers.waiting(store.run(run))[1]
    if not kept:
        raise UserError(
            "no-pictures",
            "There are no pictures to be answered.",
            "Name some, or import a data set with a part that has no classes, such as test/.",
        )
    return kept.names.tolist(), unlabelled_answers.answered(run, kept.hashes.tolist())


def _write_csv(file: Path, names: "list[str]", answers: "list[Prediction]") -> None:
    from tl_core.base.files import write_whole
    from tl_core.export import answers as answer_table
    from tl_core.export import spreadsheet

    try:
        write_whole(file, spreadsheet.as_csv(answer_table.columns(names, answers)))
    except OSError as error:
        raise UserError(
            "csv-write",
            "The table cannot be written to {path}: {why}.",
            "Choose another place with --csv.",
            path=file,
            why=error.strerror or error,
        ) from error


def _ask_bundle(file: Path, pictures: list[Path]) -> list["Prediction"]:
    """Return what the model in a bundle says about pictures; nothing of it is kept."""
    from tl_core.graft_files import reading
    from tl_core.jobs import predictor

    with tempfile.TemporaryDirectory(prefix="graft-bundle-") as scratch:
        folder = Path(scratch) / "model"
        reading.read(file, folder)
        return predictor.predict_with(folder, pictures)


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
        made = package.package(arguments.run, chosen.name, arguments.out)
    output.result({chosen.made_of: arguments.run, "format": chosen.name, **made})


def open_file(arguments: Namespace, output: Output) -> None:
    """Open a `.graft` file: a project becomes one here, a model a run of the newest project."""
    from tl_core.base import ids
    from tl_core.graft_files import project_file
    from tl_core.home import arrived_model
    from tl_core.intake import listing
    from tl_core.store import store

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
    from tl_core.commands.data import followed
    from tl_core.home import housekeeping
    from tl_core.jobs import imports
    from tl_core.store import store

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

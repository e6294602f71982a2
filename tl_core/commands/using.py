"""`predict`, `export`, `probe`: what a model or a backbone is good for."""

import tempfile
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.commands.output import Output
from tl_core.errors import UserError

if TYPE_CHECKING:
    from tl_core.runs.predictor import Prediction


def predict(arguments: Namespace, output: Output) -> None:
    from tl_core.runs import predictor

    missing = [path for path in arguments.pictures if not path.is_file()]
    if missing:
        raise UserError(
            "not-found", "There is no picture at {path}.", "Check the path.", path=missing[0]
        )
    if Path(arguments.run).is_file():
        answers = _ask_bundle(Path(arguments.run), arguments.pictures)
    else:
        answers = predictor.predict(arguments.run, arguments.pictures)
    told = [
        {"picture": str(path), **asdict(answer)}
        for path, answer in zip(arguments.pictures, answers, strict=True)
    ]
    output.result({"run": arguments.run, "predictions": told})


def _ask_bundle(file: Path, pictures: list[Path]) -> list["Prediction"]:
    """Return what the model in a bundle says about pictures; nothing of it is kept."""
    from tl_core.export import bundle
    from tl_core.runs import predictor

    with tempfile.TemporaryDirectory(prefix="graft-bundle-") as scratch:
        folder = Path(scratch) / "model"
        bundle.read(file, folder)
        return predictor.predict_with(folder, pictures)


def export(arguments: Namespace, output: Output) -> None:
    from tl_core.export import package

    made = package.package(arguments.run, arguments.format, arguments.out)
    output.result({"run": arguments.run, "format": arguments.format, **made})


def probe(arguments: Namespace, output: Output) -> None:
    from tl_core.evaluation import probe as probing

    output.result(probing.probe(arguments.backbone, arguments.folders))

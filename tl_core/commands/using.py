"""`predict`, `export`, `probe`: what a model or a backbone is good for."""

from argparse import Namespace
from dataclasses import asdict

from tl_core.commands.output import Output
from tl_core.errors import UserError


def predict(arguments: Namespace, output: Output) -> None:
    from tl_core.runs import predictor

    missing = [path for path in arguments.pictures if not path.is_file()]
    if missing:
        raise UserError("not-found", f"There is no picture at {missing[0]}.", "Check the path.")
    answers = predictor.predict(arguments.run, list(arguments.pictures))
    told = [
        {"picture": str(path), **asdict(answer)}
        for path, answer in zip(arguments.pictures, answers, strict=True)
    ]
    output.result({"run": arguments.run, "predictions": told})


def export(arguments: Namespace, output: Output) -> None:
    from tl_core.export import package

    made = package.package(arguments.run, arguments.format, arguments.out)
    output.result({"run": arguments.run, "format": arguments.format, **made})


def probe(arguments: Namespace, output: Output) -> None:
    from tl_core.evaluation import probe as probing

    output.result(probing.probe(arguments.backbone, arguments.folders))

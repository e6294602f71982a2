"""`report`: one page about a run, to hand in or to print."""

from argparse import Namespace
from pathlib import Path

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.commands.output import Output


def report(arguments: Namespace, output: Output) -> None:
    """Write the report and tell where it lies."""
    from tl_core.export import run_report

    run = store.run(arguments.run)
    path = arguments.out or Path(run_report.file_name(run))
    if path.is_dir():
        path = path / run_report.file_name(run)
    try:
        run_report.write(run.id, path)
    except OSError as error:
        raise UserError(
            "not-written",
            "{path} cannot be written: {reason}.",
            "Choose another place with --out FILE.",
            path=path,
            reason=error.strerror or type(error).__name__,
        ) from error
    told = {"run": run.id, "file": str(path), "bytes": path.stat().st_size}
    output.result(told, words=[f"report: {path}"])

"""`backup` and `restore`: everything that Graft keeps, as one file, and back."""

from argparse import Namespace

from tl_core.commands.output import Output
from tl_core.home import adoption
from tl_core.home import backup as backups
from tl_core.signals.meter import Meter


def backup(arguments: Namespace, output: Output) -> None:
    told = backups.write(
        arguments.file, store_only=arguments.store_only, on_progress=_progress("backup", output)
    )
    what = "the store alone" if arguments.store_only else f"the store and {told['files']} files"
    words = [
        f"written: {told['file']} ({int(str(told['bytes'])) / 1e6:.1f} MB)",
        f"it holds {what}: {_counted(told)}",
    ]
    if arguments.store_only:
        words.append("pictures and models are not in it")
    output.result(told, words=words)


def _counted(told: dict[str, object]) -> adoption.Taken:
    return adoption.Taken(*(int(str(told[name])) for name in ("projects", "datasets", "runs")))


def restore(arguments: Namespace, output: Output) -> None:
    told = backups.restore(
        arguments.file, replace=arguments.replace, on_progress=_progress("restore", output)
    )
    found = adoption.found()
    words = [f"brought back into {told['home']}"]
    if told["put_aside"]:
        words.append(f"the store that was there lies in {told['put_aside']}")
    if found.total:
        words.append(
            f"newer than this copy, and not in it: {found}; take them in again: "
            "python -m tl_core doctor --repair"
        )
    unknown = {"datasets": found.datasets, "runs": found.runs}
    output.result(told | {"unknown": unknown}, words=words)


def _progress(phase: str, output: Output) -> Meter:
    return Meter(
        lambda done, total, _left: output.event(
            {"event": "progress", "phase": phase, "done": done, "total": total, "unit": "bytes"}
        )
    )

"""The study's command line: `python -m tests.benchmarks.recipes pack|run|table`."""

import argparse
import sys
import time
from itertools import islice
from pathlib import Path

from tests.benchmarks.recipes import __doc__ as about
from tests.benchmarks.recipes import journal, plan


def main(argv: list[str] | None = None) -> None:
    """Do what the words after the program's name say."""
    given = _arguments(argv)
    {"pack": _pack, "run": _run, "table": _table}[given.command](given)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests.benchmarks.recipes",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack", help="gather backbones and pictures into one folder")
    add = pack.add_argument
    add("folders", type=Path, nargs="+", help="picture sets, each with a folder for each class")
    add("--out", type=Path, required=True, help="the folder to write")
    add("--backbones", nargs="+", default=["starter"], help="names in the catalogue")
    run = commands.add_parser("run", help="make the trainings that are not in the journal yet")
    add = run.add_argument
    add("packed", type=Path, help="what pack wrote")
    add("backbone", help="one of the packed ones")
    add("--journals", type=Path, required=True, help="the folder of journals; made if need be")
    add("--divisions", type=int, default=3, help="of every set")
    add("--seconds", type=float, default=1e9, help="begin no training after so many")
    add("--most", type=int, default=10**9, help="make no more trainings than so many")
    add("--worker", type=int, default=0, help="this process's number, from 0")
    add("--workers", type=int, default=1, help="processes that share the cells of this backbone")
    table = commands.add_parser("table", help="print what the trainings brought")
    add = table.add_argument
    add("journals", type=Path, help="the folder of journals")
    add("--fewest", type=int, default=1, help="leave rows of fewer trainings out")
    add("--gains", type=Path, help="also write the table that the adviser reads")
    return parser.parse_args(argv)


def _pack(given: argparse.Namespace) -> None:
    from tests.benchmarks.recipes.packing import pack

    pack(given.folders, given.backbones, given.out)


def _run(given: argparse.Namespace) -> None:
    from tests.benchmarks.recipes.running import Study, run

    deadline = time.time() + given.seconds
    given.journals.mkdir(parents=True, exist_ok=True)
    study = Study(given.packed, given.backbone)
    cells = plan.cells(study.sets, study.total_stages, given.divisions)
    file = given.journals / f"{given.backbone}.{given.worker}{journal.SUFFIX}"
    own = islice(cells, given.worker, None, given.workers)
    print(run(study, own, file, deadline, given.most), "trainings made")


def _table(given: argparse.Namespace) -> None:
    from tests.benchmarks.recipes import table

    trainings = journal.read(sorted(given.journals.glob(f"*{journal.SUFFIX}")))
    table.print_table(trainings, sys.stdout, given.fewest)
    print()
    table.print_choices(trainings, sys.stdout)
    if given.gains:
        with given.gains.open("w", encoding="utf-8", newline="") as out:
            print(table.write_gains(trainings, out), "rows written to", given.gains)


if __name__ == "__main__":
    main()

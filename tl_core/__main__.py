"""The command line: the same journey without a browser.

    python -m tl_core ingest PATH
    python -m tl_core train DATASET --set epochs=5

Exit codes: 0 done, 2 something that a person can put right, 1 a fault in Graft itself,
141 nobody read on.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module

from tl_core.base import masks
from tl_core.base.errors import UserError
from tl_core.commands import arguments, lab_arguments
from tl_core.commands.output import Output, ReaderGoneError, complain, flush, print_no_more

INTERRUPTED, UNREAD = 130, 141
"""As shells tell of programs that end by Ctrl-C, or because nobody reads what they print."""

COMMANDS: tuple[tuple[Callable[[ArgumentParser], None], str, str], ...] = (
    (arguments.ingest, "data", "import pictures from a folder or an archive"),
    (arguments.readings, "data", "tell what may be learnt from a data set, or choose it"),
    (arguments.quality, "quality", "tell what is wrong with a data set and what to do"),
    (arguments.propose, "proposing", "propose classes for pictures that came without one"),
    (arguments.plan, "training", "tell what a training costs at every freeze depth"),
    (
        lab_arguments.audition,
        "auditioning",
        "compare backbones by how well their features suit a data set",
    ),
    (
        lab_arguments.search,
        "searching",
        "try settings for some minutes, none of them on the test part, and tell the best",
    ),
    (arguments.train, "training", "train a model and follow it to its end"),
    (arguments.resume, "training", "go on with a run that was paused, stopped or failed"),
    (arguments.train_more, "training", "go on with a run that has ended for some more epochs"),
    (arguments.find_rate, "training", "find a learning rate by trying a growing row of them"),
    (
        arguments.curve,
        "collecting",
        "tell what more pictures would bring, and which to collect next",
    ),
    (
        arguments.result,
        "training",
        "tell what came of a run that has ended, as `train` did at its end",
    ),
    (arguments.evaluate, "training", "tell how good a run is, with an interval"),
    (arguments.compare, "comparing", "tell whether one run is better than another, and how surely"),
    (
        lab_arguments.transfer,
        "transferring",
        "hold kinds of transfer against no transfer, and tell which one hurts",
    ),
    (arguments.predict, "using", "ask a trained model about pictures"),
    (arguments.explain, "explaining", "tell why a trained model answers pictures as it does"),
    (arguments.export, "using", "write a trained model, or a whole project, to take home"),
    (arguments.report, "reporting", "write one page about a run, to hand in or to print"),
    (arguments.open_file, "using", "open a project or a model that came as a .graft file"),
    (arguments.probe, "using", "measure a backbone by a linear probe on folders of pictures"),
    (
        arguments.use_as_backbone,
        "backbones",
        "make a trained model a backbone that further trainings begin with",
    ),
    (
        arguments.backbones,
        "backbones",
        "list the backbones that were models of yours, or rename or remove one",
    ),
    (arguments.weights, "weights", "bring the pretrained weights of a backbone to this computer"),
    (arguments.serve, "serving", "answer pictures over HTTP, for other programs"),
    (arguments.serve_jobs, "serving_jobs", "keep the queue moving without a page"),
    (arguments.backup, "keeping", "write everything that Graft keeps into one file"),
    (arguments.restore, "keeping", "bring back what `backup` wrote"),
    (
        arguments.doctor,
        "doctor",
        "tell whether this machine has what Graft needs; repair the store",
    ),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code; it ends quietly where nobody reads what it prints."""
    words = list(sys.argv[1:] if words is None else words)
    try:
        try:
            return _run(words)
        finally:
            flush()  # what the parser printed of itself, too
    except ReaderGoneError:
        print_no_more()
        return UNREAD


def _run(words: list[str]) -> int:
    try:
        if words and words[0] in INTERNAL:
            return INTERNAL[words[0]](words[1:])
        given = _parser().parse_args(words)
        handler = getattr(import_module(f"tl_core.commands.{given.module}"), given.handler)
        handler(given, Output(as_json=given.json))
    except UserError as error:
        complain(error)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m tl_core",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for add, module, words in COMMANDS:
        command = commands.add_parser(
            add.__name__.replace("_", "-"),
            help=words,
            description=words,
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--json", action="store_true", help="one JSON object a line, the result last"
        )
        command.set_defaults(module=module, handler=add.__name__)
        add(command)
    return parser


def _job(words: list[str]) -> int:
    from tl_core.jobs import work

    return work.in_own_process(*words)


def _spare(words: list[str]) -> int:
    from tl_core.jobs import spare

    return spare.main(words[0])


# Started by Graft itself, each in a process of its own; not for people.
INTERNAL: dict[str, Callable[[list[str]], int]] = {
    "job": _job,
    "spare": _spare,
}


if __name__ == "__main__":
    # What workers print becomes the log of a run; what commands print is what was asked for.
    (masks.install_everywhere if sys.argv[1:2] and sys.argv[1] in INTERNAL else masks.install)()
    sys.exit(main())

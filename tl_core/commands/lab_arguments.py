"""What the commands of the Transfer lab take."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.commands.arguments import inputs


def audition(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")
    parser.add_argument(
        "--backbones",
        metavar="NAME",
        nargs="+",
        default=[],
        help="only these; by default all whose weights are on this computer",
    )
    parser.add_argument(
        "--depths",
        metavar="NAME",
        default="",
        help="compare the freeze depths of this backbone instead: where to begin to train",
    )


def search(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")
    parser.add_argument(
        "--minutes",
        metavar="N",
        type=float,
        default=2,
        help="to try settings in, 0.5 to 1440; what is chosen trains in as long again at most",
    )
    parser.add_argument(
        "--train", action="store_true", help="train a model with the best settings and follow it"
    )
    inputs(parser)
    _rename(parser)


def transfer(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="TARGET", help="the id that `ingest` told")
    parser.add_argument(
        "--source", metavar="DATASET", default="", help="labelled pictures from elsewhere"
    )
    parser.add_argument(
        "--unlabelled", metavar="DATASET", default="", help="pictures without a class"
    )
    parser.add_argument(
        "--teacher", metavar="RUN", default="", help="a finished run that answers the latter"
    )
    _rename(parser)
    parser.add_argument(
        "--amounts",
        metavar="N,N",
        default="5,10,20,all",
        help="pictures of a class to learn from, with commas; all for all (default: %(default)s)",
    )
    parser.add_argument(
        "--repeats",
        metavar="N",
        type=int,
        help="how often pictures are drawn for an amount (default: 10, and 5 where stages train)",
    )
    parser.add_argument(
        "--train",
        metavar="KIND,KIND",
        default="",
        help="kinds that train stages, such as fine_tune,l2_sp,scratch, which take minutes to hours, as is "
        "told before; one that is not known is answered by all names, and some need --source",
    )
    parser.add_argument(
        "--judge",
        choices=(
            "here",
            "there",
        ),  # those of `evaluation.transfer_found`, which loads too much for a help
        default="here",
        help="by the test pictures of TARGET, or there: by those of --unlabelled whose class is known, for "
        "what adapts to them (default: %(default)s)",
    )
    parser.add_argument(
        "--backbone",
        metavar="NAME",
        default="",
        help="whose features are used; by default the usual",
    )
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write the table")
    parser.add_argument(
        "--shift",
        action="store_true",
        help="only measure how far the pictures of --source and --unlabelled look otherwise",
    )


def _rename(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--rename",
        metavar="THEIRS=OURS",
        nargs="+",
        default=[],
        help="which class of the source is which of the target's, where the name does not tell; "
        "nothing after = leaves the class out",
    )


def renamed_of(arguments: Namespace) -> dict[str, str]:
    """Return which class of the source is which of the target's, as it was given.

    Raises:
        UserError: "rename".
    """
    parted = [word.partition("=") for word in arguments.rename]
    for theirs, sign, _ in parted:
        if not theirs or not sign:
            raise UserError(
                "rename",
                "{word!r} does not say which class is which.",
                "Write THEIRS=OURS, such as --rename cat=Cats.",
                word=theirs[:80],
            )
    return {theirs: ours for theirs, _, ours in parted}

"""What each command may be given. Nothing heavy is imported, so that every command starts at once.

Longer than 400 lines because the arguments of every command stand here.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from tl_core.base import speech
from tl_core.export.formats.registry import FORMATS
from tl_core.measures.conformal import COVERAGES
from tl_core.modalities import registry as modalities


def ingest(parser: ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", help="a folder, a zip or a tar; or: samples, samples:juice"
    )
    parser.add_argument("--name", default="", help="what to call the data set")
    parser.add_argument(
        "--targets",
        metavar="TABLE",
        type=Path,
        help="CSV or JSON lines: a class or numbers per picture",
    )
    parser.add_argument(
        "--columns",
        metavar="WHAT=COLUMN",
        nargs="+",
        help="which column of the table says what: file, label, targets (with commas), split, group",
    )
    parser.add_argument(
        "--encoding",
        default="",
        help="what file names and tables that are no UTF-8 are written in, such as gbk, big5, "
        "shift_jis, euc_kr, cp1252 or cp437; told from the names themselves by default",
    )
    parser.add_argument(
        "--reading",
        metavar="N",
        type=int,
        help="what to learn, where there are several ways: its number among the `readings` that an "
        "import tells; the first is taken by default",
    )
    parser.add_argument(
        "--modality",
        choices=[modality.name for modality in modalities.MODALITIES],
        default="",
        help=f"what the examples are ({modalities.USUAL.name} unless told)",
    )
    parser.add_argument("--add-to", metavar="DATASET", help="add the pictures, as a new version")
    parser.add_argument("--into", metavar="CLASS", default="", help="the class of all pictures")
    parser.add_argument("--val", metavar="SHARE", type=float, help="share kept for validation")
    parser.add_argument("--test", metavar="SHARE", type=float, help="share kept for the test")
    parser.add_argument("--split-seed", metavar="N", type=int, help="fixes how pictures are cut")
    parser.add_argument(
        "--groups",
        choices=("none", "number", "separator"),
        help="what file names tell of pictures that belong together, so that no part tears them "
        "apart: number (clip7_001, clip7_002), separator (slide3-left, slide3-right) or none "
        "(the default)",
    )


def readings(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")
    parser.add_argument(
        "--take",
        metavar="N",
        type=int,
        help="read it this way: answers an import that asks, or makes a new version",
    )
    parser.add_argument(
        "--columns", metavar="COLUMN", nargs="+", default=[], help="only these of its columns"
    )
    parser.add_argument(
        "--class", metavar="NAME", dest="class_name", default="", help="what all pictures show"
    )
    parser.add_argument("--cancel", action="store_true", help="end an import that asks")


def quality(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")


def propose(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write file names and proposals into this table"
    )
    parser.add_argument(
        "--accept",
        metavar="SHARE",
        type=float,
        help="accept what is proposed with at least this probability, such as 0.9, as a new version; "
        "nothing is accepted otherwise",
    )
    parser.add_argument(
        "--backbone",
        metavar="BACKBONE",
        default="",
        help="whose features are compared; the one a training would begin with by default",
    )


def plan(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")
    inputs(parser)
    _settings(parser)


def train(parser: ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="DATASET|PATH",
        nargs="?",
        help="an id that `ingest` told, or a folder or archive of pictures",
    )
    parser.add_argument("--name", default="", help="what to call the run")
    parser.add_argument(
        "--list-settings", action="store_true", help="tell all settings and what they do"
    )
    inputs(parser)
    _settings(parser)


def resume(parser: ArgumentParser) -> None:
    _run(parser)


def train_more(parser: ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--epochs", metavar="N", type=int, default=5, help="how many more (5)")
    parser.add_argument("--name", default="", help="what to call the new run")


def find_rate(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="the id that `ingest` told")
    _settings(parser)


def curve(parser: ArgumentParser) -> None:
    parser.add_argument(
        "subject",
        metavar="RUN|DATASET",
        help="the id that `train` or `ingest` told; of a data set, with the settings below",
    )
    _settings(parser)


def result(parser: ArgumentParser) -> None:
    _run(parser)


def evaluate(parser: ArgumentParser) -> None:
    _run(parser)
    parser.add_argument("--split", choices=("val", "test"), default="test", help="which pictures")


def compare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "runs", metavar="RUN", nargs="+", help="runs that have finished; others against the first"
    )
    parser.add_argument(
        "--csv",
        metavar="FILE",
        type=Path,
        help="write each common picture with both answers, of several comparisons one below the other",
    )


def predict(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN|BUNDLE", help="the id that `train` told, or a file that `export` wrote"
    )
    parser.add_argument(
        "pictures",
        metavar="IMAGE",
        nargs="*",
        type=Path,
        help="pictures, or one folder or archive of any number; without any, those of the run's data set that came without a class",
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write file names and answers into this table"
    )
    parser.add_argument(
        "--sets",
        metavar="PERCENT",
        type=int,
        choices=[round(100 * coverage) for coverage in COVERAGES],
        help="tell all that each picture may be, so that the truth is among it so often: 80, 90 or 95",
    )
    parser.add_argument(
        "--adapt",
        action="store_true",
        help="let a copy of the model adapt to these pictures first (Tent): at least 20 from one place; the kept model stays as it is",
    )


def explain(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="the id that `train` told")
    parser.add_argument("pictures", metavar="IMAGE", nargs="+", type=Path, help="pictures")
    parser.add_argument(
        "--class",
        dest="also",
        metavar="NAME",
        action="append",
        default=[],
        help="explain this class, label or number, too; may be given several times (the runner-up unless told)",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="write pictures coloured by what speaks for an answer",
    )


def export(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN|PROJECT", help="the id that `train` told; of a project for that format"
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        default=FORMATS[0].name,
        help="; ".join(f"{known.name}: {known.help}" for known in FORMATS)
        + f" ({FORMATS[0].name} unless told)",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path(), help="where to put it")
    parser.add_argument(
        "--language",
        choices=speech.languages(),
        default=speech.ENGLISH,
        help="in which the texts beside the model are written",
    )
    parser.add_argument(
        "--checkpoints",
        action="store_true",
        help="of a project: take along what its trainings go on from, also of those without a model yet",
    )


def report(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="the id that `train` told")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where to write the page")


def open_file(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a .graft file")
    parser.add_argument("--name", default="", help="what to call a model; projects have a name")


def probe(parser: ArgumentParser) -> None:
    parser.add_argument("backbone", metavar="BACKBONE")
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)


def use_as_backbone(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN|BUNDLE", help="the id that `train` told, or a file that `export` wrote"
    )
    parser.add_argument(
        "--name", default="", help="what to call the backbone; after its data by default"
    )


def backbones(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--remove", metavar="BACKBONE", default="", help="remove one that no run stands on"
    )
    parser.add_argument(
        "--rename", metavar="BACKBONE", default="", help="call one otherwise, as --name tells"
    )
    parser.add_argument("--name", default="", help="what to call it from now on")


def weights(parser: ArgumentParser) -> None:
    parser.add_argument(
        "backbones", metavar="BACKBONE", nargs="+", help="names as in `doctor`, such as resnet50"
    )
    parser.add_argument(
        "--file",
        metavar="FILE",
        type=Path,
        help="take the weights from this file, not the internet",
    )


def serve(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN|BUNDLE", help="the id that `train` told, or a file that `export` wrote"
    )
    parser.add_argument("--port", type=int, default=8600, help="0 takes a free one (%(default)s)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="where to listen: this computer only (%(default)s), or 0.0.0.0 for others, which takes a token",
    )
    parser.add_argument(
        "--token",
        default="",
        help="what has to be told to ask, at least 16 characters; better in GRAFT_SERVE_TOKEN, which no list of "
        "processes shows. Where others may connect one is made unless told",
    )


def serve_jobs(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--until-done", action="store_true", help="end once nothing waits or works any more"
    )


def doctor(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--repair",
        action="store_true",
        help="take in again what lies in the home folder but is not in the store; a damaged or empty "
        "store is put aside first and made anew. Nothing is removed",
    )


def backup(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="what to write; must not exist yet")
    parser.add_argument(
        "--store-only",
        action="store_true",
        help="only the store (names, settings, numbers), without pictures and models",
    )


def restore(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="what `backup` wrote, or a copy of graft.db"
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="also where there is a store that works: it is put aside, not removed",
    )


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="the id that `train` told")


def inputs(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--input",
        metavar="ROLE=ID",
        dest="inputs",
        action="append",
        default=[],
        help="what else the method learns from: source=DATASET, unlabelled=DATASET or teacher=RUN",
    )


def _settings(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--method",
        metavar="NAME",
        help="the way of training: fine_tune (the default), or scratch for the control; "
        "`train --help` tells all",
    )
    parser.add_argument(
        "--set",
        metavar="FIELD=VALUE",
        dest="assignments",
        action="append",
        default=[],
        help="change a setting; `train --list-settings` tells all",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings as a JSON file")
    if {"-h", "--help"} & set(sys.argv) and parser.prog.split()[-1] in sys.argv:
        from tl_core.commands import settings_in_words

        parser.epilog = settings_in_words.all_of_them()

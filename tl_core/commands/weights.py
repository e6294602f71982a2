"""`weights`: bring pretrained weights here, from the internet or from a file."""

from argparse import Namespace

from tl_core.backbones import catalogue
from tl_core.backbones import weights as files
from tl_core.base.errors import UserError
from tl_core.commands.output import Output
from tl_core.jobs import fetching


def weights(arguments: Namespace, output: Output) -> None:
    names = [catalogue.get(name).name for name in arguments.backbones]
    given = arguments.file
    if given is None:
        kept = {name: fetching.fetch(name, output.event) for name in names}
    elif len(names) > 1:
        raise UserError(
            "weights-file",
            "One file cannot hold the weights of {count} backbones.",
            "Name the one that the file belongs to.",
            count=len(names),
        )
    elif not given.is_file():
        raise UserError("not-found", "There is no file at {path}.", "Check the path.", path=given)
    else:
        kept = {names[0]: files.adopt(names[0], given)}
    output.result({"weights": {name: str(file) for name, file in kept.items()}})

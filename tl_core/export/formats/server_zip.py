"""For a server: a zip that Docker makes a container of, which answers over HTTP as `python -m tl_core serve` does."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats.device_recipe import Recipe, Step
from tl_core.export.formats.format import Companion, Format, Subject, Written

if TYPE_CHECKING:
    from tl_core.export.clean_room import Answers
    from tl_core.export.formats.format import Handover
    from tl_core.models.persist import Description

RUNNER = Path(__file__).parents[1] / "server" / "runner.py"
HOLDS = {
    "Dockerfile": Said("how a container is made of it"),
    "compose.yaml": Said("how the container is started"),
    "requirements.txt": Said(
        "the packages that it needs, in the versions that it was checked with"
    ),
    "app/": Said("the program that answers, which is Graft's own"),
    "model/": Said("the model"),
    "home/": Said("what the program keeps: the part of the network that did not learn, converted"),
}
THE_SERVER = Said(
    "The zip was unpacked and its server started by its own recipe, in a process that finds no TensorFlow and nothing of this "
    "Graft. Pictures that the app had judged before were sent to it over HTTP."
)


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run with the program that serves it. Imports TensorFlow where it lacks its light form.

    Raises:
        UserError: "server-light" where that form cannot be made here, or as `persist.load_model`.
    """
    from tl_core.export.server import contents
    from tl_core.training.results import MODEL_DIR

    file = folder / "server.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, what in contents.gathered(subject.folder / MODEL_DIR).items():
            if isinstance(what, Path):
                archive.write(what, place.as_posix())
            else:
                archive.writestr(place.as_posix(), what)
    return Written(file, holds=HOLDS)


def ask(file: Path, pictures: tuple[Path, ...], described: Description) -> Answers:
    """Return what the server in a zip answers over HTTP; see `format.Ask`."""
    from dataclasses import replace

    from tl_core.export import clean_room
    from tl_core.export.server import contents

    asked = {
        "zip": str(file.resolve()),
        "names": list(described.classes),
        "pictures": [str(picture.resolve()) for picture in pictures],
        "hidden": sorted(contents.hidden()),
    }
    told = clean_room.answers(RUNNER, asked)
    return replace(told, how=THE_SERVER, with_opening=True)


def own_bytes(run_id: str) -> float:
    """Return about how large the zip of a run will be."""
    from tl_core.export import estimate
    from tl_core.export.server import contents

    return contents.expected_bytes(estimate.model_of(run_id))


def _python(made: Handover) -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}\n"


_OPEN_IT = Step(
    Said(
        "Open http://localhost:8600/ and give it a picture. http://localhost:8600/docs says how programs ask."
    )
)
RECIPES = (
    Recipe(
        Said("With Docker"),
        (
            Step(Said("Unpack this zip, and open a terminal in its folder.")),
            Step(
                Said("Build and start it; whoever asks has to tell the token that you choose:"),
                'GRAFT_SERVE_TOKEN="at least sixteen signs" docker compose up --build',
            ),
            _OPEN_IT,
        ),
    ),
    Recipe(
        Said("Without Docker"),
        (
            Step(
                Said(
                    "Unpack this zip. The file {file} names the version of Python that the model was checked with.",
                    file=".python-version",
                )
            ),
            Step(
                Said("Make an environment of its own, and install what it needs:"),
                "python -m venv environment\n"
                "environment/bin/pip install --requirement requirements.txt",
            ),
            Step(
                Said("Start it:"),
                "GRAFT_HOME=home PYTHONPATH=app environment/bin/python -m tl_core serve model",
            ),
            _OPEN_IT,
        ),
    ),
)
FORMAT = Format(
    name="server",
    title=Said("For a server"),
    sentence=Said(
        "A zip that Docker makes a server of: it takes pictures over HTTP and answers as Graft does. "
        "It holds the model, the program that serves it, and no TensorFlow."
    ),
    help="a container that serves the model over HTTP",
    button=Said("Pack the server"),
    ending=".zip",
    goes="server",
    weight_bytes=None,
    own_bytes=own_bytes,
    runtime="lean",
    write=write,
    ask=ask,
    goes_unchecked=True,
    beside=(
        Companion(
            ".python-version", _python, Said("the version of Python that it was checked with")
        ),
    ),
    recipes=RECIPES,
    usual_s=40.0,
)

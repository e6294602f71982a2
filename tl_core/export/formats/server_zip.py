"""For a server: a zip that Docker makes a container of, which answers over HTTP as `python -m tl_core serve` does."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Subject, Written

README = Said(
    "A model trained with Graft, to be served over HTTP.\n"
    "\n"
    "With Docker:\n"
    '    GRAFT_SERVE_TOKEN="at least sixteen signs" docker compose up --build\n'
    "\n"
    "Without, in a Python {python} of its own:\n"
    "    pip install -r requirements.txt\n"
    "    GRAFT_HOME=home PYTHONPATH=app python -m tl_core serve model\n"
    "\n"
    "Then http://localhost:8600/ takes pictures, and http://localhost:8600/docs says how programs ask.\n"
    "The requirements name exact versions, those that this model was packed with.\n"
)


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run with the program that serves it. Imports TensorFlow where it lacks its light form.

    Raises:
        UserError: "server-light" where that form cannot be made here, or as `persist.load_model`.
    """
    import sys

    from tl_core.base import speech
    from tl_core.export import licences
    from tl_core.export.server import contents
    from tl_core.models import persist
    from tl_core.training.results import MODEL_DIR

    model = subject.folder / MODEL_DIR
    file = folder / "server.zip"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    readme = Said(README, python=python)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", speech.say(readme, subject.language))
        archive.writestr("LICENCES.txt", licences.text(persist.describe(model)))
        for place, what in contents.gathered(model).items():
            if isinstance(what, Path):
                archive.write(what, place.as_posix())
            else:
                archive.writestr(place.as_posix(), what)
    return Written(file)


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
    write=write,
    usual_s=20.0,
)

"""For reading and changing: the training as a Keras program and a notebook, with its division."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Subject, Written

CARRIED_BYTES = 200 * 1024**2
"""Examples that take no more than this go along; of more, the program asks for the folder."""
_README = """\
# A training as a program

`train.py` does again what Graft did, with stock Keras; `train.ipynb` is the same as a notebook.

    pip install "keras>=3.10" tensorflow scipy{install}
    python train.py{folder}

| file | what it is |
|---|---|
| train.py, train.ipynb | the program; its comments say what each part does and why |
| split.csv | which example is in which part, and what is true of it |
| opening.py | opens examples exactly as Graft does |
{more}| LICENCES.txt | where the network's knowledge comes from |

{about_examples}

It does not do again:

{left_out}
"""
_CARRIED = (
    "The examples lie in `pictures`, as Graft keeps them. To take your own files, give their folder:"
    " `python train.py FOLDER`; the names in `split.csv` begin there."
)
_ASKED = (
    "Your examples are too large to go along. FOLDER is where the names in `split.csv` begin: the"
    " folder that you gave to Graft."
)


def write(subject: Subject, folder: Path) -> Written:
    """Write the training of a run as a program with all that it needs.

    Raises:
        UserError: "code-unknown" for a model that came without its training, or see `script.of`.
    """
    from tl_core import store
    from tl_core.datasets import manifest
    from tl_core.export.code import division, network_code, notebook, run_code
    from tl_core.modalities import registry as modalities

    run = store.run(subject.id, owner=subject.owner)
    code = run_code.of(run)
    dataset = manifest.load(run.dataset_id)
    stored = [modalities.of(dataset).stored(digest) for digest in map(str, dataset.hashes)]
    are_there = all(path.is_file() for path in stored)
    carried = are_there and sum(path.stat().st_size for path in stored) <= CARRIED_BYTES
    made = folder / "code.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.py", code.script)
        archive.writestr("train.ipynb", notebook.of(code.script))
        archive.writestr("opening.py", code.opener)
        archive.writestr(division.FILE, division.as_csv(dataset))
        archive.writestr("README.md", _readme(code.left_out, code.carries_weights, carried))
        archive.writestr("LICENCES.txt", run_code.licences_of(run))
        if code.carries_weights:
            import numpy as np

            raw = io.BytesIO()
            np.savez(raw, **network_code.arrays(run_code.backbone_of(run)))  # pyright: ignore[reportArgumentType]
            archive.writestr("weights.npz", raw.getvalue())
        for path, name in zip(stored, division.files(dataset), strict=True) if carried else ():
            archive.write(path, f"pictures/{name}", zipfile.ZIP_STORED)
    return Written(made)


def _readme(left_out: tuple[str, ...], carries_weights: bool, carried: bool) -> str:
    return _README.format(
        install=" pillow",
        folder="" if carried else " FOLDER",
        more="| weights.npz | the network's weights |\n" if carries_weights else "",
        about_examples=_CARRIED if carried else _ASKED,
        left_out="\n".join(f"- {line}" for line in left_out),
    )


FORMAT = Format(
    name="code",
    title=Said("To read and to change"),
    sentence=Said(
        "The training as a short Keras program and as a notebook, with your division of the pictures. "
        "It runs without Graft and ends where Graft did, so that you can change whatever you like."
    ),
    help="the training as a Keras program and a notebook",
    button=Said("Pack the program"),
    ending=".zip",
    write=write,
    goes="code",
    weight_bytes=None,
    needs_training=True,
    builds=False,
    usual_s=10.0,
)

"""For Graft elsewhere: one file with the model, which holds no program code."""

from __future__ import annotations

from pathlib import Path

from tl_core.base.said import Said
from tl_core.export.formats.format import Format, Subject, Written


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run as a file of Graft's own, and open it as another Graft would.

    Imports Keras where pretrained weights go along.

    Raises:
        UserError: when the model cannot be rebuilt, or the file cannot be opened again.
    """
    from tl_core.graft_files import bundle, reading
    from tl_core.training.results import MODEL_DIR

    file = folder / "model.graft"
    bundle.write(subject.folder / MODEL_DIR, file)
    reading.read(file, folder / "opened")
    return Written(file)


def own_bytes(run_id: str) -> float:
    """Return about how large the file of a run will be: what learnt, and pretrained weights where another Graft may lack them."""
    from tl_core.base import ids
    from tl_core.export import estimate
    from tl_core.graft_files import bundle
    from tl_core.models import detector_file
    from tl_core.training.results import MODEL_DIR

    described = estimate.model_of(run_id)
    learnt = described.tail_parameters() + estimate.head_weights(described)
    frozen = estimate.weights(described) - learnt if bundle.needs_backbone(described) else 0
    detector = ids.run_folder(run_id) / MODEL_DIR / detector_file.FILE
    return 4.0 * (learnt + frozen) + (detector.stat().st_size if detector.is_file() else 0)


FORMAT = Format(
    name="bundle",
    title=Said("For Graft on another computer"),
    sentence=Said(
        "One file with the model, the names of its answers, and its settings. It holds no program code, so it is safe to pass on. "
        "Open it there on the Start page."
    ),
    help="the model for Graft",
    button=Said("Pack for Graft"),
    ending=".graft",
    goes="graft",
    weight_bytes=None,
    own_bytes=own_bytes,
    write=write,
    usual_s=40.0,
)

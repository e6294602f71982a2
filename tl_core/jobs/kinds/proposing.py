"""Proposes classes for the pictures of a data set that came without one: its subject is the data set's id.

What it found lies in `datasets/ID/proposals/`, and holds of that version alone. Features come from
the table that training fills, so that only pictures never seen before are encoded.
"""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.base.files import write_whole
from tl_core.base.said import Said
from tl_core.datasets import division, guard, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST, Split
from tl_core.intake import unlabelled
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.modalities import registry as modalities
from tl_core.signals.meter import PhaseMeter
from tl_core.tasks import registry

FILE = "proposals.npz"
ASKED_FIRST = 80
"""So many pictures are put into the order in which they are asked about; a round asks fewer."""
TEXTS = {
    "encode": Said("Looking at the pictures through the backbone"),
    "copies": Said("Looking for copies"),
    "propose": Said("Comparing with the pictures that have a class"),
}


class ProposeArguments(Arguments):
    """Which backbone looks at the pictures; the one a training would begin with when empty."""

    backbone: str = ""


def folder(dataset_id: str) -> Path:
    """Return where proposals for a data set lie, and what their making tells."""
    return ids.dataset_folder(dataset_id) / "proposals"


def keep(dataset_id: str, found: Mapping[str, np.ndarray]) -> None:
    """Keep what was found for a version; see `jobs.proposer.Proposed` for the arrays."""
    kept = io.BytesIO()
    np.savez(kept, allow_pickle=False, **found)
    write_whole(folder(dataset_id) / FILE, kept.getvalue())


def require_offered(dataset: Dataset, waiting: int) -> None:
    """Refuse data sets whose pictures are not proposed anything.

    Raises:
        UserError: "propose-nothing" where no picture waits, "propose-task" where a picture has not
            one class each, "propose-few" where too few have a class.
    """
    from tl_core.evaluation import label_proposals

    if not waiting:
        raise UserError(
            "propose-nothing",
            "This data set has no picture without a class.",
            "Bring some in a folder called “unlabelled”, beside the folders of the classes.",
        )
    if not registry.of(dataset).one_class_each:
        raise UserError(
            "propose-task",
            "Classes are proposed only where each picture has one class.",
            "Numbers and several labels need a trained model: train one, and let it answer these "
            "pictures under “Try it”.",
        )
    learnt = dataset.splits != TEST
    label_proposals.require_enough(dataset.labels[learnt], together(dataset)[learnt])


def together(dataset: Dataset) -> np.ndarray:
    """Return int64 (n,): equal for pictures that belong together."""
    return guard.numbered(division.together(dataset, dataset.split or Split.model_validate({})))


def _propose(context: Context) -> Outcome:
    from tl_core.encoding.encode import StoppedError

    dataset, waiting = manifest.load(context.subject), unlabelled.load(context.subject)
    require_offered(dataset, len(waiting))
    progress = PhaseMeter(context.emit, TEXTS)
    try:
        found = _found(dataset, waiting.hashes, context, progress)
    except StoppedError:
        return Outcome("cancelled")
    keep(dataset.id, found)
    return Outcome(told={"metrics": {"pictures": len(waiting)}})


def _found(
    dataset: Dataset, asked: np.ndarray, context: Context, progress: PhaseMeter
) -> dict[str, np.ndarray]:
    from tl_core.config import TrainConfig
    from tl_core.encoding.encode import StoppedError
    from tl_core.evaluation import asking_order, label_proposals
    from tl_core.pricing import first_backbone
    from tl_core.quality import copies, picture_features

    def stop_here(done: int, total: int, phase: str) -> None:
        if context.should_stop():
            raise StoppedError
        progress(phase, done, total)

    def telling(phase: str) -> Callable[[int, int], None]:
        return lambda done, total: stop_here(done, total, phase)

    hashes = np.concatenate([dataset.hashes, asked])
    backbone = context.arguments.backbone or first_backbone.choose(dataset, TrainConfig()).name
    features = picture_features.features(
        dataset, backbone, telling("encode"), hashes=hashes, should_stop=context.should_stop
    )
    modality = modalities.of(dataset)
    twins = copies.numbered(hashes, modality, telling("copies"))
    telling("propose")(0, 1)
    learnt = np.flatnonzero(dataset.splits != TEST)  # test pictures would no longer be unseen
    groups = together(dataset)
    found = label_proposals.propose(
        features[learnt],
        dataset.labels[learnt],
        len(dataset.classes),
        features[len(dataset) :],
        groups[learnt],
    )
    rows = label_proposals.worth_asking(found)
    teaches = asking_order.asked_first(
        features[len(dataset) :][rows], found.probabilities[rows], features[learnt], ASKED_FIRST
    )
    telling("propose")(1, 1)
    return {
        "hashes": asked,
        "backbone": np.array(backbone),
        "probabilities": found.probabilities.astype(np.float32),
        "labels": found.labels.astype(np.int32),
        "doubts": found.doubts.astype(np.int8),
        "order": rows[teaches].astype(np.int64),
        "twins": twins.astype(np.int64),
        "checked": found.checked,
        "checked_groups": found.checked_groups,
        "fairly_checked": found.fairly_checked,
        "fairly_checked_groups": found.fairly_checked_groups,
        **{f"fact-{name}": values for name, values in modality.facts_of_kept(asked).items()},
    }


PROPOSE = JobKind(
    name="propose_labels",
    title=Said("Proposing classes"),
    arguments=ProposeArguments,
    folder=folder,
    run=_propose,
    needs=Needs(2 * GIB, 1),
    explain=inside_graft,
    died=died(
        "Proposing classes ended without a word; most often the machine ran out of memory.",
        "Close what else takes memory and try again.",
    ),
    begins_afresh=True,
    stop_patience_s=60.0,
)

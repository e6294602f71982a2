"""What it takes to ask a teacher about everything that is learnt from. Imports no TensorFlow."""

from tl_core.backbones import catalogue, stages
from tl_core.base import cores
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.encode import Wanted
from tl_core.encoding.job import Job
from tl_core.methods import registry, teacher_rows
from tl_core.models import persist
from tl_core.pricing.calibration import Calibration
from tl_core.pricing.costs import LITERT_SHARE, USUAL_LITERT_SHARE

CALL_S = 0.0004
"""What one answer takes beside the network: the head, and the way there and back."""


def unasked(job: Job) -> int:
    """Return about how many examples the teacher has said nothing yet."""
    if job.teacher is None or not registry.of(job.config).teacher_tells:
        return 0
    hashes = job.dataset.hashes[job.members(TRAIN)].tolist()
    hashes += [digest for each in job.further.values() for digest in each.hashes.tolist()]
    rows = teacher_rows.table(job.teacher / "model", use=False)
    return sum(Wanted(digest).key not in rows for digest in hashes)


def asking_s(job: Job, known: Calibration) -> float:
    """Return the seconds that the teacher's answers should take."""
    count = unasked(job)
    if not count or job.teacher is None:
        return 0.0
    described = persist.describe(job.teacher / "model")
    whole = stages.cut_for(described.backbone, 0).trunk_mega_flops(described.entry.size) / 1e3
    share = LITERT_SHARE.get(catalogue.get(described.backbone).family, USUAL_LITERT_SHARE)
    each = job.modality.decode_s / cores.threads() + whole / (known.gigaflops * share) + CALL_S
    return count * each

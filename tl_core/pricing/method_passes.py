"""What methods add to, or spare of, the passes through the stages that learn. Imports no TensorFlow."""

import numpy as np

from tl_core.backbones import stages
from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.encoding.job import Job
from tl_core.methods import registry as methods

LOOKED_AT = 512
"""Pictures, at most, on which the block of stages that learns is looked for."""
MEASURING = 2.5
"""Passes forward that one is worth in which batch normalisation is measured: all maps are summed over, nothing is folded."""


def waiting_gflops(job: Job) -> float:
    """Return the operations, 1e9, that a mean epoch is spared while stages wait to join from the top."""
    every, epochs = job.config.rate.thaw_every, job.config.course.epochs
    infos, learning = stages.of(job.config.network.backbone), job.config.network.trainable_stages
    spared = 0.0
    for below_top in range(learning):
        waits = min((below_top + 1) * every, epochs) / epochs
        # Of the lowest stage nobody asks for the gradient of what enters it, however long it waits.
        passes = 2 - (below_top == learning - 1)
        spared += waits * passes * infos[-1 - below_top].mega_flops_at(job.size) / 1e3
    return spared


def looks_for_block(job: Job) -> int:
    """Return how many passes forward the search for the block that learns is worth; a step is three."""
    blocks = _blocks(job)
    if blocks is None:
        return 0
    learnt = min(LOOKED_AT, int(np.sum(job.dataset.splits == TRAIN)))
    judged = min(LOOKED_AT, int(np.sum(job.dataset.splits == VALIDATION)))
    return 3 * learnt if blocks == 0 else judged + blocks * (3 * learnt + judged)


def traces_for_block(job: Job) -> int:
    """Return how often a step is put together while the block that learns is looked for."""
    blocks = _blocks(job)
    return 0 if blocks is None else max(1, blocks)


def _blocks(job: Job) -> int | None:
    """Return how many blocks are tried in turn: 0 where a gradient tells of all, None where none is looked for."""
    method = methods.of(job.config)
    if method.block is None:
        return None
    block = method.block(methods.settings_of(job.config))
    if block.by == "gradient":
        return 0
    return max(1, job.config.network.trainable_stages - block.stages + 1)


def adapting(job: Job) -> float:
    """Return the passes of one example that measuring batch normalisation anew for use is worth."""
    adapts, splits = methods.of(job.config).adapts_to, job.dataset.splits
    if adapts is None:
        return 0
    learnt, judged = (int(np.sum(splits == part)) for part in (TRAIN, VALIDATION))
    return MEASURING * (3 * learnt + judged + len(job.further.get(adapts.role, ())))

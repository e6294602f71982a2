"""Which pictures of two data sets are looked at to say how far they look apart."""

from dataclasses import dataclass, fields, replace

import numpy as np

from tl_core.datasets import goals, manifest
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TEST
from tl_core.encoding.job import Examples
from tl_core.evaluation import domain_shift
from tl_core.methods import inputs, target_domain
from tl_core.tasks import closed_form, registry


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Pictures of both sides; each stands on its own: of copies, of a burst or a group there is one.

    Attributes:
        own: of the data set, every class in its share, none of the test part.
        others: from elsewhere.
    """

    own: Dataset
    others: Examples


def drawn(dataset: Dataset, other: str, most: int = domain_shift.MOST) -> Sample:
    """Return the pictures to look at, always the same.

    Args:
        dataset: whole.
        other: id of the data set from elsewhere; of the same one, what came without an answer.
        most: pictures a side.

    Raises:
        UserError: "shift-few"; "input-modality", "input-empty" or why the other one cannot be read.
    """
    examples = inputs.of_need(target_domain.NEED, other, dataset)
    known = np.flatnonzero(dataset.splits != TEST)
    groups = goals.belonging(dataset)
    known = _one_of_each(known, None if groups is None else groups[known])
    there = _one_of_each(np.arange(len(examples)), groups_of(examples, other, dataset))
    domain_shift.require_enough(len(known), len(there))
    strata = registry.of(dataset).strata(dataset)[known]
    known = known[closed_form.spread(strata, most)]
    there = there[closed_form.spread(np.zeros(len(there)), most)]
    columns = {each.name: getattr(dataset, each.name) for each in fields(dataset)}
    cut = {name: value[known] for name, value in columns.items() if isinstance(value, np.ndarray)}
    some = replace(examples, hashes=examples.hashes[there], answers=examples.answers[there])
    return Sample(replace(dataset, **cut), replace(some, judged=None))


def groups_of(examples: Examples, other: str, dataset: Dataset) -> np.ndarray | None:
    """Return what belongs together there, int (n,); pictures of which nothing is known are on their own."""
    if other == dataset.id:
        return None
    there = manifest.load(other)
    groups = goals.belonging(there)
    if groups is None:
        return None
    named = dict(zip(there.hashes.tolist(), groups.tolist(), strict=True))
    beyond = int(groups.max()) + 1
    return np.array([named.get(name, beyond + at) for at, name in enumerate(examples.hashes)])


def _one_of_each(places: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Return one place of each group, which one is random, and the same every time."""
    if groups is None:
        return places
    mixed = np.random.default_rng(0).permutation(len(places))
    return np.sort(places[mixed[np.unique(groups[mixed], return_index=True)[1]]])

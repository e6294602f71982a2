"""What the training of a data set begins with where a person chose nothing: for page and command line."""

from collections.abc import Collection

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.pricing import first_backbone
from tl_core.pricing.first_backbone import FirstBackbone
from tl_core.samples import bundled


def is_lesson(row: store.DatasetRow) -> bool:
    """Say whether these are sample pictures, on which a class is to watch a head learn."""
    try:
        first = store.dataset(row.root_id)
    except UserError:  # removed for good; later versions can stay
        return False
    return (first.request or {}).get("source") in bundled.SETS


def backbone(
    row: store.DatasetRow,
    dataset: Dataset,
    config: TrainConfig | None = None,
    touched: Collection[str] = (),
) -> FirstBackbone:
    """Return the backbone to begin with, and why.

    Args:
        row: the data set's, which tells where its pictures came from.
        dataset: the same.
        config: the other settings where a person chose some.
        touched: which ones those are, by name.
    """
    return first_backbone.choose(
        dataset, config or TrainConfig(), is_lesson=is_lesson(row), touched=touched
    )

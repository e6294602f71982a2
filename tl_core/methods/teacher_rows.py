"""What a teacher said of examples and saw in them, a row each; whoever prices or asks looks here."""

from pathlib import Path

from tl_core.backbones import stages
from tl_core.encoding import cache
from tl_core.encoding.rows import Rows
from tl_core.modalities import registry
from tl_core.models import persist


def table(model: Path, *, use: bool = True) -> Rows:
    """Open the table of a model, answers then features in each row; another model has another one.

    Args:
        model: its folder.
        use: marks the table as used just now.

    Raises:
        UserError: "model-format".
    """
    described = persist.describe(model)
    entry = described.entry
    named = registry.of(described).table_name(entry)
    what = ["teacher", described.tail_sha256, described.backbone_weights, described.temperature]
    channels = stages.feature_shape(described.backbone, entry.size)[-1]
    folder = cache.table_folder([*what, *named, entry.scaling])
    return Rows(folder, (len(described.classes) + channels,), "float32", use=use)

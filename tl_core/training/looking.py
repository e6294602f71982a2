"""Opens a kept model to be looked into, and makes what that takes where it is missing.

A model of this computer is ready from the end of its run. One that came from elsewhere, one of an
earlier version, or one whose trunk the cache dropped needs TensorFlow once.
"""

from pathlib import Path

from tl_core.base import files
from tl_core.encoding import trunk, unpooled
from tl_core.encoding.trunk import Trunk
from tl_core.models import persist
from tl_core.training import light
from tl_core.training.light import LightModel


def is_ready(folder: Path, *, with_map: bool = True) -> bool:
    """Say whether `opened` gives a model at once, without TensorFlow.

    Args:
        folder: the model's.
        with_map: whether its maps are wanted, too; features alone need less.
    """
    return light.gives_maps(folder) and not _lacks(light.trunk_of(folder), with_map)


def opened(folder: Path, *, with_map: bool = True) -> LightModel:
    """Return the model in `folder`; imports TensorFlow unless `is_ready`.

    Raises:
        UserError: as `persist.load_model`.
    """
    if not is_ready(folder, with_map=with_map):
        prepare(folder)
    frozen = light.trunk_of(folder)
    return LightModel(folder, trunk.converted(frozen) if frozen else None)


def prepare(folder: Path) -> None:
    """Convert whatever a model lacks to be looked into, once for this machine (imports TensorFlow).

    Raises:
        UserError: as `persist.load_model`.
    """
    from tl_core.backbones import cut, stages
    from tl_core.training import network

    described, frozen = persist.describe(folder), light.trunk_of(folder)
    base, learning = persist.load_model(folder).base, described.trainable_stages
    if not learning:
        if frozen and frozen.pooled:
            trunk.convert(frozen, network.pooled(base))
            if unpooled.converted(frozen) is None:
                trunk.convert(unpooled.twin(frozen), base)
        elif frozen:
            trunk.convert(frozen, base)
        return
    below, body = cut.split(base, stages.cut_for(described.backbone, learning))
    if frozen:
        trunk.convert(frozen, below)
    if not (folder / light.BODY).is_file():
        files.write_whole(folder / light.BODY, trunk.to_litert(body))


def _lacks(frozen: Trunk | None, with_map: bool) -> bool:
    if frozen is None:
        return False
    if trunk.converted(frozen) is None:
        return True
    return with_map and frozen.pooled and unpooled.converted(frozen) is None

"""How large a file will be and how quickly it will answer, before it is packed.

What the certificate measures takes its place later.
"""

from collections.abc import Callable
from math import prod

from tl_core.backbones import catalogue, stages
from tl_core.base import ids
from tl_core.export.formats.format import Format, Runtime
from tl_core.models import persist
from tl_core.models.persist import Description
from tl_core.pricing import calibration, costs
from tl_core.training.results import MODEL_DIR


def bytes_of(format_: Format, identifier: str) -> float | None:
    """Return how large the file of a run or a project will be in a format; None where that cannot be told."""
    if format_.own_bytes is not None:
        return format_.own_bytes(identifier)
    if format_.weight_bytes is None:
        return None
    return format_.weight_bytes * weights(model_of(identifier))


def seconds_of(format_: Format, identifier: str) -> float | None:
    """Return how long one answer about an opened picture will take on this machine; None likewise."""
    return None if format_.runtime is None else _SECONDS[format_.runtime](model_of(identifier))


def model_of(run_id: str) -> Description:
    """Return what a run's model consists of.

    Raises:
        UserError: when it cannot be read.
    """
    return persist.describe(ids.run_folder(run_id) / MODEL_DIR)


def weights(described: Description) -> int:
    """Return how many numbers a model consists of."""
    return head_weights(described) + sum(
        stage.parameters for stage in stages.of(described.backbone)
    )


def head_weights(described: Description) -> int:
    """Return of how many of these the head consists."""
    return sum(prod(shape) for shape in described.head_shapes().values())


def _lean_s(described: Description) -> float:
    family = catalogue.get(described.backbone).family
    share = costs.LITERT_SHARE.get(family, costs.USUAL_LITERT_SHARE)
    return _work(described) / share


def _keras_s(described: Description) -> float:
    return _work(described) / costs.KERAS_ENCODE_SHARE + costs.KERAS_CALL_S


def _work(described: Description) -> float:
    """Return the seconds that the sums of one answer take at the full speed of this machine."""
    mega_flops = sum(
        stage.mega_flops_at(described.entry.size) for stage in stages.of(described.backbone)
    )
    return mega_flops / 1e3 / calibration.current().gigaflops


_SECONDS: dict[Runtime, Callable[[Description], float]] = {"keras": _keras_s, "lean": _lean_s}

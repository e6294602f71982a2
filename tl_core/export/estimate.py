"""How large a file will be and how quickly it will answer, before it is packed.

What the certificate measures takes its place later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from tl_core.backbones import catalogue, stages
from tl_core.export.formats.format import Format, Runtime
from tl_core.models.persist import Description
from tl_core.pricing import calibration, costs


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected of a file; None where nothing can be said.

    Attributes:
        file_bytes: of the model in it.
        seconds_each: of one answer on this machine, opening the picture aside.
    """

    file_bytes: float | None
    seconds_each: float | None


def of(described: Description, format_: Format) -> Estimate:
    """Return what is expected of a model in a format."""
    each = format_.weight_bytes
    return Estimate(
        None if each is None else each * weights(described),
        None if format_.runtime is None else _SECONDS[format_.runtime](described),
    )


def weights(described: Description) -> int:
    """Return how many numbers a model consists of."""
    head = sum(prod(shape) for shape in described.head_shapes().values())
    return head + sum(stage.parameters for stage in stages.of(described.backbone))


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

"""LiteRT with weights of 16 bits: half the size; the network still calculates with 32."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats import litert
from tl_core.export.formats.format import Allowance, Format, Subject, Written

if TYPE_CHECKING:
    from pathlib import Path


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run with its large weights in 16 bits; see `litert.write`."""
    from tl_core.export.formats import litert_half

    return litert.write(subject, folder, litert_half.halved)


FORMAT = Format(
    name="litert16",
    title=Said("For phones, half the size"),
    sentence=Said(
        "The same with weights of 16 bits: half the size, and answers that differ by less than a hundredth."
    ),
    help="the same, half the size",
    button=Said("Pack in 16 bits"),
    ending=".zip",
    goes="phone",
    weight_bytes=2.0,
    runtime="lean",
    write=write,
    ask=litert.MODEL.ask,
    allowed=Allowance(difference=1e-2),
    beside=litert.BESIDE,
    alone=litert.ALONE,
    guide=litert.GUIDE,
    recipes=litert.RECIPES,
    packages=(litert.RUNTIME, litert.QUANTISER),
    usual_s=40.0,
)

"""LiteRT with weights of 16 bits: half the size; the network still calculates with 32."""

from functools import partial

from tl_core.base.said import Said
from tl_core.export.formats import litert
from tl_core.export.formats.format import Allowance, Format

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
    write=partial(litert.write, half=True),
    ask=litert.ask,
    allowed=Allowance(difference=1e-2),
    beside=litert.BESIDE,
    alone=litert.ALONE,
    guide=litert.GUIDE,
    packages=(litert.RUNTIME,),
    usual_s=40.0,
)

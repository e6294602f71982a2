"""LiteRT in whole numbers of 8 bits: a third of the size, quicker on many small processors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats import litert
from tl_core.export.formats.format import Allowance, Format, Subject, Written

if TYPE_CHECKING:
    from pathlib import Path

    from tl_core.export.formats.whole_numbers import Quantised


def write(subject: Subject, folder: Path) -> Written:
    """Write the model of a run in whole numbers, in the first way that loses little enough; see `litert_int8`.

    Raises:
        UserError: "format-pictures" where nothing is left to calibrate by; see also `litert.write`.
    """
    from tl_core.export.formats import litert_int8, whole_numbers
    from tl_core.models import persist
    from tl_core.training.results import MODEL_DIR

    described = persist.describe(subject.folder / MODEL_DIR)
    examples = whole_numbers.examples(subject.folder, described)
    found: list[Quantised] = []

    def shrink(raw: bytes) -> bytes:
        found.append(litert_int8.quantised(raw, examples, described))
        return found[-1].raw

    file = litert.write(subject, folder, shrink).file
    return Written(file, note=found[-1].in_words())


FORMAT = Format(
    name="litert8",
    title=Said("For phones, a third of the size"),
    sentence=Said(
        "The same in whole numbers of 8 bits: a third of the size, and quicker on many phones and boards. Answers become a little coarser; "
        "the certificate tells how many change. It needs the pictures that the model learnt from."
    ),
    help="the same in whole numbers, a third of the size",
    button=Said("Pack in 8 bits"),
    ending=".zip",
    goes="phone",
    weight_bytes=1.25,
    runtime="lean",
    write=write,
    ask=litert.MODEL.ask,
    allowed=Allowance(difference=None, agreement=0.9, lost=0.02),
    beside=litert.BESIDE,
    alone=litert.ALONE,
    guide=litert.GUIDE,
    recipes=litert.RECIPES,
    packages=(litert.RUNTIME, litert.QUANTISER),
    usual_s=90.0,
)

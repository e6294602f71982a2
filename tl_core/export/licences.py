"""Where a model's knowledge comes from, and under which licence: a text for every download."""

import textwrap

from tl_core.backbones import catalogue
from tl_core.backbones.record import Backbone
from tl_core.models.persist import RANDOM, Description

_ADDRESSES = {
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "MIT": "https://opensource.org/license/mit",
    "BSD-3-Clause": "https://opensource.org/license/bsd-3-clause",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}

_IMAGENET = (
    "The weights were learnt from ImageNet (Deng et al. 2009), whose pictures are made available"
    " for non-commercial research. The licence above is that of the weights."
)


_YOURS = (
    "comes from your own pictures: whoever owns them decides",
    "how the model may be used.",
    "",
)


def _without_pretrained(record: Backbone) -> list[str]:
    return [
        f"This model has the shape of {record.title} and began with random weights: nothing of a",
        "pretrained network is in it.",
        "",
        f"Paper:    {record.paper}",
        "",
        f"What was learnt {_YOURS[0]}",
        *_YOURS[1:],
    ]


def text(described: Description) -> str:
    """Return the notes for a model of this description."""
    record = catalogue.get(described.backbone)
    if described.backbone_weights == RANDOM:
        return "\n".join(_without_pretrained(record))
    licence = record.weights_license
    source = record.source or "they come with Graft"
    lines = [
        f"This model stands on {record.title}, a pretrained network.",
        "",
        f"Paper:    {record.paper}",
        f"Weights:  {source}",
        f"Licence:  {licence}  {_ADDRESSES.get(licence, '')}".rstrip(),
        "",
    ]
    lines += [
        *textwrap.wrap(record.notice or _IMAGENET, 88),
        "",
        f"What was learnt on top of it {_YOURS[0]}",
        *_YOURS[1:],
    ]
    return "\n".join(lines)

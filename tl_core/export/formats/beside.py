"""Texts that lie beside a model in a zip, whatever its format; `SHARED` lists those that every zip has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tl_core.base.said import Said
from tl_core.export.formats.format import Companion

if TYPE_CHECKING:
    from tl_core.export.formats.format import Handover


def _names(made: Handover) -> str:
    return json.dumps(made.described.classes, ensure_ascii=False, indent=1)


def _labels(made: Handover) -> str:
    return "".join(f"{' '.join(name.split())}\n" for name in made.described.classes)


def _readme(made: Handover) -> str:
    from tl_core.export import readme

    return readme.text(made)


def _card(made: Handover) -> str:
    from tl_core.export import model_card

    return model_card.text(made)


def _settings(made: Handover) -> str:
    config = made.report.config if made.report else None
    return "" if config is None else config.model_dump_json(indent=1)


def _licences(made: Handover) -> str:
    from tl_core.export import licences

    return licences.text(made.described)


def _as_json(made: Handover) -> str:
    return made.certificate.as_json() if made.certificate else ""


def _as_text(made: Handover) -> str:
    return made.certificate.as_text(made.subject.language) if made.certificate else ""


NAMES = Companion("classes.json", _names, Said("the names of the answers, as JSON"))
LABELS = Companion("labels.txt", _labels, Said("the names of the answers, one a line"))
README = Companion("README.md", _readme)
CARD = Companion("MODEL_CARD.md", _card, Said("what the model is, how good it is, and its limits"))
CERTIFICATES = (
    Companion("certificate.json", _as_json, Said("whether it answers as Graft did, for programs")),
    Companion("certificate.txt", _as_text, Said("the same in words")),
)
SETTINGS = Companion("config.json", _settings, Said("all settings that it was trained with"))
LICENCES = Companion("LICENCES.txt", _licences, Said("where the pretrained weights come from"))
SHARED = (README, LABELS, NAMES, CARD, *CERTIFICATES, SETTINGS, LICENCES)


def every(own: tuple[Companion, ...]) -> tuple[Companion, ...]:
    """Return what lies beside the model of a format that brings `own`: that, and what every zip has."""
    named = {companion.name for companion in own}
    return (*own, *(companion for companion in SHARED if companion.name not in named))

"""Texts that lie beside a model in a zip: the names of its answers, the certificate, licences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tl_core.export.formats.format import Companion

if TYPE_CHECKING:
    from tl_core.export.parity import Certificate
    from tl_core.models.persist import Description


def _names(described: Description, certificate: Certificate | None) -> str:
    return json.dumps(described.classes, ensure_ascii=False, indent=1)


def _licences(described: Description, certificate: Certificate | None) -> str:
    from tl_core.export import licences

    return licences.text(described)


def _as_json(described: Description, certificate: Certificate | None) -> str:
    return certificate.as_json() if certificate else "{}"


def _as_text(described: Description, certificate: Certificate | None) -> str:
    return certificate.as_text() if certificate else ""


NAMES = Companion("classes.json", _names)
CERTIFICATES = (
    Companion("certificate.json", _as_json),
    Companion("certificate.txt", _as_text),
)
LICENCES = Companion("LICENCES.txt", _licences)

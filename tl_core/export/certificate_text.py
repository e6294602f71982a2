"""A certificate in words, in a person's language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tl_core.base import figures, speech
from tl_core.base.said import Said, counted

if TYPE_CHECKING:
    from tl_core.export.parity import Certificate
    from tl_core.export.scores import Measured, Score


UNCHECKED = Said(
    "So its answers are unchecked: hold some of them against the app's before you rely on it."
)
_USUAL_WAY = Said(
    "The file was loaded in a process of its own, without Graft, and shown pictures that the app had "
    "judged before, opened by the script that lies beside it."
)


def text(certificate: Certificate, language: str = speech.ENGLISH) -> str:
    """Return the certificate for people, one thing a line."""
    if not certificate.not_run and (
        certificate.largest_difference is None or not certificate.pictures
    ):
        nothing = Said(
            "The pictures that the app judged are no longer stored, so nothing could be compared."
        )
        return f"{speech.say(nothing, language)}\n"
    note = [certificate.note] if certificate.note else []
    if certificate.not_run:
        why = [certificate.not_run, UNCHECKED]
        parts = ([verdict(certificate)], why, note, _size(certificate))
    else:
        parts = (
            [verdict(certificate)],
            [certificate.how or _USUAL_WAY],
            note,
            _compared(certificate),
            [line for score in _in_words(certificate.scores) for line in _score(score)],
            _measured(certificate),
            _about_made_smaller(certificate),
        )
    said = ["\n".join(speech.say(line, language) for line in part) for part in parts if part]
    return "\n\n".join(said) + "\n"


def bound(difference: float) -> str:
    """Return a decimal that a small difference stays below, written out: 8e-7 is below 0.000001."""
    if not difference > 0 or not math.isfinite(difference):
        return "0" if difference == 0 else figures.UNKNOWN
    exponent = math.floor(math.log10(difference)) + 1
    return f"{10.0**exponent:.{max(0, -exponent)}f}"


def within(mean: float, low: float, high: float, *, is_share: bool) -> str:
    """Return a measure with its interval: "81 % ± 4"."""
    if is_share:
        return figures.percent_within(mean, low, high)
    if low == high:
        return figures.value(mean)
    told, about = figures.value_within(mean, low, high)
    return figures.Figure(f"{told} {about}" if about.startswith("±") else f"{told} ({about})")


def milliseconds(seconds: float) -> str:
    """Return how long one answer takes, as a number of milliseconds that count."""
    return figures.value(seconds * 1000, 2)


def verdict(certificate: Certificate) -> Said:
    """Return in one sentence whether a file answers as the app does."""
    if certificate.not_run:
        return Said(
            "Nobody has run the model yet: it is not known whether it answers as the app does."
        )
    if certificate.tolerance is None and certificate.passed:
        return Said(
            "The model answers nearly as the app does, and is as good as it on these pictures."
        )
    if certificate.tolerance is None:
        return Said(
            "The model answers differently from the app more often than it should. Try it before you rely on this file."
        )
    if certificate.passed:
        return Said("The model answers as the app does.")
    return Said("The model does NOT answer as the app does. Do not rely on this file.")


def _compared(certificate: Certificate) -> list[Said]:
    lines = [
        Said("Pictures compared: {count}", count=figures.count(certificate.pictures)),
        *_in_what_form(certificate),
        Said(
            "Files of unusual kinds (transparent, 16-bit, turned, printed, moving …): {count}",
            count=figures.count(certificate.awkward),
        ),
        *_refused(certificate),
        Said("Same answer: {share}", share=figures.percent(certificate.label_agreement or 0.0, 1)),
        _largest(certificate),
    ]
    if certificate.mean_difference is not None:
        mean = figures.Figure(bound(certificate.mean_difference))
        lines.append(Said("Mean difference: below {most}", most=mean))
    return lines


def _in_what_form(certificate: Certificate) -> list[Said]:
    stored = certificate.pictures - certificate.originals
    told = []
    if certificate.originals:
        count = figures.count(certificate.originals)
        told.append(Said("– as they were uploaded: {count}", count=count))
    if stored:
        told.append(
            Said(
                "– as Graft stored them, because the files are not kept: {count}",
                count=figures.count(stored),
            )
        )
    return told


def _in_words(scores: Sequence[Score]) -> Sequence[Score]:
    """Return the measures that most people can read: shares, where there are any."""
    return [score for score in scores if score.is_share] or scores


def _refused(certificate: Certificate) -> list[Said]:
    if not certificate.refused:
        return []
    return [
        Said(
            "Further files that it cannot open, or says that it reads in another way: {count}",
            count=figures.count(certificate.refused),
        )
    ]


def _largest(certificate: Certificate) -> Said:
    most = figures.Figure(bound(certificate.largest_difference or 0.0))
    if certificate.tolerance is None:
        return Said("Largest difference: below {most}", most=most)
    return Said(
        "Largest difference: below {most} (allowed: {allowed})",
        most=most,
        allowed=figures.Figure(bound(certificate.tolerance * (1 - 1e-9))),
    )


def _score(score: Score) -> list[Said]:
    return [
        counted(
            "{measure}, on {pictures} picture whose answer is known:",
            "{measure}, on {pictures} pictures whose answer is known:",
            score.pictures,
            measure=score.title,
            pictures=figures.count(score.pictures),
        ),
        Said("– in the app: {value}", value=_told(score, score.app)),
        Said("– by this file: {value}", value=_told(score, score.export)),
    ]


def _told(score: Score, one: Measured) -> str:
    return within(one.mean, one.low, one.high, is_share=score.is_share)


def _measured(certificate: Certificate) -> list[Said]:
    lines = _size(certificate)
    if certificate.seconds_each is not None:
        time, machine = milliseconds(certificate.seconds_each), certificate.machine
        if certificate.with_opening:
            told = Said(
                "One answer takes {time} milliseconds from the request on, opening the picture included (median of several, on {machine}).",
                time=time,
                machine=machine,
            )
        else:
            told = Said(
                "One answer takes {time} milliseconds, opening the picture aside (median of several, on {machine}).",
                time=time,
                machine=machine,
            )
        lines.append(told)
    if certificate.versions:
        named = ", ".join(f"{name} {version}" for name, version in certificate.versions.items())
        lines.append(Said("Checked with {versions}", versions=named))
    return lines


def _size(certificate: Certificate) -> list[Said]:
    if certificate.file_bytes is None:
        return []
    megabytes = figures.value(certificate.file_bytes / 1e6)
    return [Said("Size of the file: {size} MB", size=megabytes)]


def _about_made_smaller(certificate: Certificate) -> list[Said]:
    if not certificate.made_smaller or certificate.made_smaller_difference is None:
        return []
    most = np.format_float_positional(
        certificate.made_smaller_difference, precision=2, fractional=False, trim="-"
    )
    return [
        counted(
            "{count} photo had been made smaller by the browser before it was sent. For the whole photo the file "
            "answers differently by up to {most}.",
            "{count} photos had been made smaller by the browser before they were sent. For the whole photos the file "
            "answers differently by up to {most}.",
            certificate.made_smaller,
            most=figures.Figure(most),
        )
    ]

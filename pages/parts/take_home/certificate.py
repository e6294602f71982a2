"""How closely a file answers as the app does, at a glance and in full."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.tasks.panels import Panels
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core.base.said import unpacked
from tl_core.export import certificate_text


def draw(told: Mapping[str, Any], panels: Panels) -> None:
    """Draw the verdict, then what it rests on."""
    if reason := unpacked(told).get("not_run"):
        _unchecked(told, reason)
        return
    if told["largest_difference"] is None:
        st.error(
            t(
                "The pictures that the app judged are not stored any more, so nothing could be checked. Do not rely on this file."
            ),
            icon=":material/error:",
        )
        return
    _verdict(told)
    if note := unpacked(told).get("note"):
        st.markdown(literal(t(note)))
    bound = certificate_text.bound(told["largest_difference"])
    st.markdown(f"{panels.certificate(told, bound)} {_quality(told)}")
    with st.expander(t("What was checked")):
        for line in (*_checked_on(told), *_about_made_smaller(told), *_checked_with(told)):
            st.markdown(line)


def _unchecked(told: Mapping[str, Any], reason: str) -> None:
    """Say that a file was not run, and why; nothing is claimed of it."""
    st.warning(
        f"**{t('It was not run here.')}** {t(reason)} {t(certificate_text.UNCHECKED)}",
        icon=":material/help:",
    )
    if note := unpacked(told).get("note"):
        st.markdown(literal(t(note)))


def _verdict(told: Mapping[str, Any]) -> None:
    """Say whether the file answers as the app does; nearly so where it keeps its numbers coarsely."""
    if told["passed"]:
        exact = told["tolerance"] is not None
        words = (
            t("It answers as the app does.") if exact else t("It answers nearly as the app does.")
        )
        st.success(f"**{words}**", icon=":material/verified:")
        return
    words = t("It does not answer as the app does. Do not rely on this file.")
    st.error(f"**{words}**", icon=":material/error:")


def speed(told: Mapping[str, Any]) -> str:
    """Return how long one answer took in the clean process, "" where that was not measured."""
    seconds = told.get("seconds_each")
    return "" if seconds is None else numbers.milliseconds(seconds)


def _quality(told: Mapping[str, Any]) -> str:
    """Say how good the app and the file are on the pictures whose answer is known."""
    for score in map(unpacked, told.get("scores") or ()):
        return tn(
            "On {count} picture whose answer is known, {measure}: {app} in the app, {export} by this file.",
            "On {count} pictures whose answers are known, {measure}: {app} in the app, {export} by this file.",
            int(score["pictures"]),
            measure=literal(t(score["title"])),
            app=_within(score, "app"),
            export=_within(score, "export"),
        )
    return ""


def _within(score: Mapping[str, Any], which: str) -> str:
    one = score[which]
    if score["is_share"]:
        return numbers.percent_within(one["mean"], one["low"], one["high"])
    return " ".join(numbers.value_within(one["mean"], one["low"], one["high"]))


def _checked_on(told: Mapping[str, Any]) -> list[str]:
    """Say in what form the pictures were that a model was checked on."""
    if not told.get("awkward"):  # files packed by earlier versions were not checked on these
        return []
    count, originals = int(told["pictures"]), int(told["originals"])
    if originals == count:
        pictures = t("Your pictures were taken as you uploaded them.")
    elif originals:
        pictures = t(
            "{originals} of your pictures were taken as you uploaded them, the others as Graft keeps them.",
            originals=originals,
        )
    else:
        pictures = t(
            "The files that you uploaded are not kept, so the pictures were taken as Graft keeps them."
        )
    more = tn(
        "{count} file of an unusual kind (transparent, 16-bit, turned, printed, moving) was checked too.",
        "{count} files of unusual kinds (transparent, 16-bit, turned, printed, moving) were checked too.",
        int(told["awkward"]),
    )
    return [*_how(told), pictures, more, *_refused(told)]


def _how(told: Mapping[str, Any]) -> list[str]:
    """Say what was loaded, where that is not the file itself with the script beside it."""
    how = unpacked(told).get("how")
    return [t(how)] if how else []


def _refused(told: Mapping[str, Any]) -> list[str]:
    count = int(told.get("refused") or 0)
    if not count:
        return []
    return [
        tn(
            "{count} further file could not be compared: it says of it that it cannot open it, or reads it in another way.",
            "{count} further files could not be compared: it says of them that it cannot open them, or reads them in another way.",
            count,
        )
    ]


def _about_made_smaller(told: Mapping[str, Any]) -> list[str]:
    """Say how much answers differ because the browser made photos smaller before sending them."""
    if not told.get("made_smaller"):
        return []
    return [
        tn(
            "{count} photo was made smaller by your browser before it was sent. For the whole photo the file answers "
            "differently by up to {difference}.",
            "{count} photos were made smaller by your browser before they were sent. For the whole photos the file "
            "answers differently by up to {difference}.",
            int(told["made_smaller"]),
            difference=numbers.value(told["made_smaller_difference"], 1),
        )
    ]


def _checked_with(told: Mapping[str, Any]) -> list[str]:
    """Say by which versions and on what machine it was checked."""
    versions = told.get("versions") or {}
    if not versions:
        return []
    named = literal(", ".join(f"{name} {version}" for name, version in versions.items()))
    return [
        t("Checked with {versions}.", versions=named)
        if told.get("how")  # which says in what process
        else t("Checked in a process without Graft, with {versions}.", versions=named),
        t("On this machine: {machine}", machine=literal(told.get("machine", ""))),
    ]

"""A run as it happens: what is being done, how far, the two curves, and ways to pause and to end."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.runs import exact_start, planned_and_actual, run_buttons
from pages.parts.shared import (
    datasets,
    endings,
    errors,
    gallery,
    live_charts,
    negative_transfer,
    numbers,
    read_aloud,
    run_method,
    run_names,
    run_state,
    scores,
)
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.backbones import stages
from tl_core.base import ids
from tl_core.config import TrainConfig
from tl_core.jobs import continuing, run_actions
from tl_core.signals.progress import RunView
from tl_core.training import rates

REFRESH_S = 1.0
FLIPS_SHOWN = 14
NOTES_SHOWN = 4
LOG_BYTES = 20_000
LATE = 2.0
"""A phase that takes so many times as long as was said is told to be late."""


def draw(run: store.RunRow) -> None:
    """Draw a run; one that is under way keeps itself up to date."""
    active = not run.is_done
    st.fragment(_panel, run_every=REFRESH_S if active else None)(run.id, active)


def _panel(run_id: str, was_active: bool) -> None:
    run = store.run(run_id)
    if was_active and run.is_done:
        st.rerun(scope="app")
    view = run_state.progress_of(run_id)
    _descent(run)
    run_method.draw(run)
    _state(run, view)
    _notes(view)
    if view.epochs or view.steps:
        dataset = datasets.loaded(run.dataset_id)
        panels = registry.of_dataset(dataset)
        live_charts.draw(
            view,
            _epochs(run, view),
            lambda seen, epochs: panels.draw_curve(seen, epochs, dataset),
        )
        if told := exact_start.sentence(run, view):
            st.caption(told)
    _filmstrip(view)
    if run.is_done and not run_actions.is_paused(run):  # of half a run no time can be compared
        planned_and_actual.draw(view, run_method.modality(run).phrases.encoding)
    _log(run, view)


def _epochs(run: store.RunRow, view: RunView) -> int:
    """Return how far the curves may go: to what is planned, of a run that has ended to its end."""
    return view.epoch if run.is_done and view.epoch else int(run.setting("epochs") or 1)


def _state(run: store.RunRow, view: RunView) -> None:
    with st.container(border=True, key="run-state"):
        match run.status:
            case "queued":
                _queued(run)
            case "running" | "stopping":
                _working(run, view)
            case "finished":
                _finished(run, view)
            case "paused":
                _paused(run, view)
            case "cancelled" | "judging":
                _stopped(run, view)
            case _:
                _failed(run)


def _queued(run: store.RunRow) -> None:
    ahead = run_actions.queue_position(run)
    st.markdown(f"**{t('Waiting its turn')}**")
    st.markdown(
        tn("{count} run comes first.", "{count} runs come first.", ahead)
        if ahead
        else t("It starts in a moment.")
    )
    run_buttons.end(run)


def _working(run: store.RunRow, view: RunView) -> None:
    what = _what(run, view)
    # Flat, so that the curves below it are in sight without scrolling.
    told, held = st.columns([3, 1], vertical_alignment="center", gap="medium")
    with told, st.container(gap="xsmall"):
        _small_network(run, view)
        device = t("On {device}", device=literal(view.device)) if view.device else ""
        st.markdown(f"**{literal(what)}**" + (f" :small[{device}]" if device else ""))
        st.progress(_share(view), text=_how_far(view) or t("A moment"))
        read_aloud.say(f"{what} {_how_far(view)}", "training")
    with held, st.container(horizontal=True, horizontal_alignment="right"):
        run_buttons.pause(run)
        run_buttons.end(run)
    if run_actions.is_silent(run):
        st.warning(
            t(
                "The training is not responding. It may be paused, or the computer is very busy. It goes on by itself when it can."
            ),
            icon=":material/hourglass_disabled:",
        )


def _what(run: store.RunRow, view: RunView) -> str:
    """Return what a run is at, in a few words."""
    if run_actions.is_pausing(run):
        return t("Pausing; everything stays as it is")
    if run.status == "stopping":
        return t("Ending; everything learnt so far is kept")
    return t(view.text) or t("Getting ready")


def _share(view: RunView) -> float:
    if view.phase == "fit" and view.planned_epochs:
        return min(1.0, view.epoch / view.planned_epochs)
    return view.fraction_at(time.time())


def _how_far(view: RunView) -> str:
    parts = []
    if view.phase == "fit" and view.planned_epochs:
        parts.append(t("Epoch {epoch} of {epochs}", epoch=view.epoch, epochs=view.planned_epochs))
    elif view.total:
        parts.append(
            t("{done} of {total}", done=numbers.count(view.done), total=numbers.count(view.total))
        )
    if view.seconds_left is not None and view.phase in ("fit", "encode"):
        parts.append(t("{time} left", time=numbers.duration(view.seconds_left)))
    elif view.expected_s:  # until there is something to count, what was said before the start
        about = numbers.about(view.expected_s)
        if view.phase_at is not None and time.time() - view.phase_at > LATE * view.expected_s:
            parts.append(t("was to take {time}, and takes longer", time=about))
        else:
            parts.append(t("takes {time}", time=about))
    return " · ".join(parts)


def _finished(run: store.RunRow, view: RunView) -> None:
    st.markdown(f":material/check_circle: **{t('Finished')}**")
    _came_of_it(run, view)
    if view.worked_s:
        st.caption(t("Took {time}", time=numbers.duration(view.worked_s)))
    run_buttons.train_more(run)


def _came_of_it(run: store.RunRow, view: RunView) -> None:
    """Say how good a run with a model is, and why it ended where it did."""
    if told := scores.sentence(run):
        st.markdown(told)
    if why := endings.sentence(run, view):
        st.markdown(why)
    negative_transfer.draw(run)


def _descent(run: store.RunRow) -> None:
    parent = continuing.parent_of(run.id)
    if parent is not None:
        of = f"{parent.name} · {run_names.about(parent)}"
        st.caption(t("Goes on from {name}", name=literal(of)))


def _stopped(run: store.RunRow, view: RunView) -> None:
    st.markdown(f":material/do_not_disturb_on: **{t('Stopped')}**")
    if run.metrics:
        _came_of_it(run, view)
        st.markdown(t("The best weights so far were kept and can be used."))
    elif run.status == "judging":
        st.markdown(
            t("The best weights so far were kept. They are being looked at now; results follow.")
        )
        _look_again(run.id)
    elif run_actions.has_checkpoint(run.id):
        st.markdown(t("The best weights so far were kept, but looking at them broke off."))
        if st.button(t("Look at them now"), key="judge"):
            run_actions.judge(run.id)
            st.rerun()
    else:
        st.markdown(t("It had not learnt anything yet."))
    run_buttons.go_on(run)


@st.fragment(run_every=REFRESH_S)
def _look_again(run_id: str) -> None:
    """Draw the page anew once the model of a stopped run was judged, or never will be."""
    run = store.run(run_id)
    if run.status != "judging":
        st.rerun(scope="app")


def _paused(run: store.RunRow, view: RunView) -> None:
    st.markdown(f":material/pause_circle: **{t('Paused')}**")
    if view.epoch:
        st.markdown(
            t(
                "After epoch {epoch} of {epochs}. It goes on from there with the very same result.",
                epoch=view.epoch,
                epochs=view.planned_epochs,
            )
        )
    else:
        st.markdown(t("It had not begun to learn. What was done until then is kept."))
    with st.container(horizontal=True):
        run_buttons.go_on(run)
        if run_actions.has_checkpoint(run.id):
            run_buttons.end(run)


def _failed(run: store.RunRow) -> None:
    told = run.error or {}
    code = told.get("code", "bug")
    errors.explain(code, told.get("message", ""), told.get("hint", ""))
    with st.container(horizontal=True):
        if code == "diverged":
            run_buttons.try_gentler(run)
        elif code == "checkpoints-damaged":
            run_buttons.start_over(run)
        else:
            run_buttons.go_on(run)
        if run_actions.can_keep_best(run):
            run_buttons.keep_best(run)


def _notes(view: RunView) -> None:
    """Say what happened that a person did not ask for, such as a damaged checkpoint passed over."""
    for note in view.notes[-NOTES_SHOWN:]:
        st.caption(f":material/info: {literal(t(note))}")


def _small_network(run: store.RunRow, view: RunView) -> None:
    """Draw the network small, glowing where training happens; stages that join later wait."""
    config = TrainConfig.model_validate(run.config)
    below = len(stages.of(config.network.backbone)) - config.network.trainable_stages
    learning = rates.thawed(config, view.epoch + 1)
    waiting = config.network.trainable_stages - learning
    kinds = ["frozen"] * below + ["waiting"] * waiting + ["learning"] * learning
    blocks = "".join(f'<i class="graft-{kind}"></i>' for kind in kinds)
    alt = t(
        "{frozen} stages frozen, {learning} learning, and the new head",
        frozen=below + waiting,
        learning=learning,
    )
    glow = " graft-glow" if view.phase == "fit" else ""
    st.html(
        f'<div class="graft-strip{glow}" role="img" aria-label="{alt}">{blocks}<i class="graft-new"></i></div>'
    )


def _filmstrip(view: RunView) -> None:
    turned = [
        (event["epoch"], picture)
        for event in reversed(view.flips)
        for picture in event.get("pictures", [])
    ]
    if not turned:
        return
    st.markdown(
        f"**{t('Changed its mind')}**",
        help=t("Validation pictures whose answer turned right or wrong in the latest epochs."),
    )
    gallery.draw(_flip(epoch, picture) for epoch, picture in turned[:FLIPS_SHOWN])


def _flip(epoch: int, picture: dict[str, Any]) -> gallery.Shown:
    is_right = bool(picture.get("is_right"))
    words = t("now right") if is_right else t("now wrong")
    return gallery.Shown(
        hash=str(picture.get("picture", "")),
        alt=t("A validation picture, {verdict} since epoch {epoch}", verdict=words, epoch=epoch),
        caption=t("epoch {epoch}", epoch=epoch),
        verdict=is_right,
    )


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return file.read(LOG_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _log(run: store.RunRow, view: RunView) -> None:
    folder = ids.run_folder(run.id)
    with st.expander(t("Log"), icon=":material/article:"):
        printed = _end_of(folder / "log.txt")
        st.code(
            errors.masked("\n".join([*view.told, "", printed]).strip()) or t("Nothing yet."),
            language=None,
            height=260,
        )

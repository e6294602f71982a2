"""Why it said that: what of a picture spoke for an answer, a check by hiding it, and what it looks like."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.shared import datasets, errors, gallery, numbers
from pages.parts.shared.text import escape, literal, shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.datasets.manifest import Dataset
from tl_core.jobs import explainer
from tl_core.jobs.explained import Explanation, Shown
from tl_core.jobs.explainer import Asked

REFRESH_S = 0.7
NAME_SIGNS = 40


def of_examples(run: store.RunRow) -> None:
    """Let a person choose one of the test pictures that were answered worst, and explain its answer."""
    try:
        examples = explainer.examples(run.id)
    except UserError:  # a model from elsewhere, or one that was judged on nothing
        return
    st.header(t("Why it said that"))
    st.markdown(
        t(
            "Choose a picture to see what in it spoke for the answer, and which pictures it looks like."
        )
    )
    gallery.draw(
        gallery.Shown(each.hash, shortened(each.name, NAME_SIGNS), str(place))
        for place, each in enumerate(examples, start=1)
    )
    chosen = st.segmented_control(
        t("Why? Choose a picture by its number"),
        range(len(examples)),
        format_func=lambda place: str(place + 1),
        key=f"why-{run.id}",
    )
    if chosen is None:
        return
    with errors.shown():
        example = examples[chosen]
        asked = explainer.ask(run.id, example.hash, also=example.true_outputs)
        if not _is_known(asked):
            explainer.start(asked)
        _panel(run, asked)


def of_tried(run: store.RunRow, trial_id: str, picture: str, also: Sequence[str] = ()) -> None:
    """Offer to explain the answer to a picture that was tried.

    Args:
        run: whose model answered.
        trial_id: the trial.
        picture: its key there.
        also: outputs that are true of it, where they are known.
    """
    with errors.shown():
        asked = explainer.ask(run.id, picture, trial_id, also)
        if _is_known(asked):
            _panel(run, asked)
        elif st.button(t("Why?"), key=f"why-{asked.key}", icon=":material/visibility:"):
            explainer.start(asked)
            st.rerun()


def _is_known(asked: Asked) -> bool:
    """Say whether it was asked for, whatever came of it."""
    return explainer.is_working(asked.key) or explainer.is_there(asked.key)


def _panel(run: store.RunRow, asked: Asked) -> None:
    working = explainer.is_working(asked.key)
    st.fragment(_drawn, run_every=REFRESH_S if working else None)(run, asked, working)


def _drawn(run: store.RunRow, asked: Asked, was_working: bool) -> None:
    if explainer.is_working(asked.key):
        view = explainer.view(asked.key)
        words = t(view.text) if view.text else t("Looking at the picture")
        st.progress(view.fraction, text=literal(words))
        if st.button(t("Stop"), key=f"stop-{asked.key}", icon=":material/stop:"):
            explainer.stop(asked.key)
        return
    if was_working:
        st.rerun(scope="app")
    found = None
    with errors.shown():
        found = explainer.found(asked.key)
    if found is not None:
        _explained(run, asked, found)
    elif st.button(t("Ask again"), key=f"again-{asked.key}", icon=":material/refresh:"):
        explainer.start(asked)
        st.rerun(scope="app")


def _explained(run: store.RunRow, asked: Asked, found: Explanation) -> None:
    dataset = datasets.loaded(run.dataset_id)
    if found.plain:
        is_laid_over = st.toggle(
            t("Show what spoke for each answer"),
            value=True,
            key=f"overlay-{asked.key}",
            help=t(
                "For every place of the picture, how much it adds to the answer, by the network's own weights. "
                "Turn it off to see the picture as the network saw it."
            ),
        )
        drawn = "".join(
            _figure(one, found.plain, is_laid_over, one.name in asked.arguments.also)
            for one in found.shown
        )
        st.html(f'<div class="graft-why">{drawn}</div>')
        if is_laid_over:
            st.html(
                f'<p class="graft-why-key"><span class="graft-key" style="background:#f0e442"></span>{escape(t("speaks for it"))}'
                f' <span class="graft-key" style="background:#0072b2"></span>{escape(t("speaks against it"))}</p>'
            )
    _nearest(found, dataset)


def _figure(one: Shown, plain: str, is_laid_over: bool, is_true: bool = False) -> str:
    name, value = escape(shortened(one.name, NAME_SIGNS)), escape(_value(one, one.value))
    picture = one.picture if is_laid_over else plain
    seen = (
        t("The picture, coloured by what speaks for {name}", name=one.name)
        if is_laid_over
        else t("The picture as the network saw it")
    )
    told = t(
        "Hide what speaks for it most: {before} becomes {after}. Hide as much elsewhere: {other}.",
        before=_value(one, one.value),
        after=_value(one, one.hidden),
        other=_value(one, one.elsewhere),
    )
    if not one.is_borne_out:
        told += " " + t("So no single place speaks for it: do not read much into the colours.")
    mark = f" · {escape(t('its label'))}" if is_true else ""
    return (
        f'<figure><img alt="{escape(seen)}" src="data:image/webp;base64,{picture}">'
        f"<figcaption><b>{name}</b> {value}{mark}<br>{escape(told)}</figcaption></figure>"
    )


def _value(one: Shown, value: float) -> str:
    return numbers.percent(value) if one.is_share else numbers.value(value)


def _nearest(found: Explanation, dataset: Dataset) -> None:
    if not found.nearest:
        st.caption(
            t("The pictures that it learnt from are not here, so there are none to compare with.")
        )
        return
    st.markdown(f"**{t('It looks like these, which it learnt from')}**")
    if found.is_of_classes:
        count = len(found.nearest)
        st.markdown(
            tn(
                "{agreeing} of the {count} picture most alike shows what it answered.",
                "{agreeing} of the {count} pictures most alike show what it answered.",
                count,
                agreeing=found.agreeing(),
            )
        )
    number = {name: index for index, name in enumerate(dataset.classes)}
    gallery.draw(
        gallery.Shown(
            one.hash,
            t("A picture that it learnt from: {truth}", truth=one.truth or t("no class")),
            shortened(one.truth, NAME_SIGNS),
            edge=number.get(one.truth),
        )
        for one in found.nearest
    )

"""Any number of pictures, dropped, chosen or pasted: sent to the disk, answered by a job, found again later."""

from datetime import datetime

import streamlit as st

from pages.parts.shared import errors, numbers, scrolling, tokens, upload_zone
from pages.parts.shared.tasks import registry
from pages.parts.shared.text import distinct, escape, literal, shortened
from pages.parts.shared.words import t, tn
from pages.parts.try_it import answer_card, answers_in_pages, promised_answers
from tl_core import store
from tl_core.base import settings
from tl_core.jobs import adapting_at_use, answer_list, trial
from tl_core.jobs.predictor import Prediction
from tl_core.jobs.trial import Standing

LATEST = 8
REFRESH_S = 0.7
ANSWERS = "try-answers"
"""What is brought into sight when a few pictures are answered."""


def draw(run: store.RunRow) -> None:
    """Draw the place to give pictures, and the answers to those that were given last."""
    arrived = upload_zone.draw("try-zone", is_shrunk=False, is_for_answers=True)
    st.caption(
        t(
            "Up to {size}. Your pictures go to the computer that Graft runs on, and nowhere else; they are removed after a day.",
            size=numbers.size(settings.current().upload_limit_bytes),
        )
    )
    adapt = _adapts(run)
    if arrived is not None:
        with errors.shown():
            trial.start_from(
                run.id, arrived.redeem(), remove_source=True, by=tokens.visitor(), adapt=adapt
            )
    with st.container(key=ANSWERS):
        trial_id = _chosen(run)
        if trial_id:
            _answered(run, trial_id)


def _adapts(run: store.RunRow) -> bool:
    """Draw whether the model is to adapt to the next pictures; nothing where it cannot."""
    if not adapting_at_use.can_adapt(run.id):
        return False
    adapts = st.toggle(
        t("Adapt to the next pictures first"),
        key=f"try-adapt-{run.id}",
        help=t(
            "A copy of the model evens out what it sees by at least 20 pictures, given together, from one new place, and becomes surer of its answers: only batch normalisation changes (Tent, Wang and others 2020, arXiv 2006.10726). It is for a hundred pictures or more of all classes that look otherwise, such as paintings for a model that learnt from photos. It hurts where they are few, nearly all of one class, or look as before. The kept model stays as it is."
        ),
    )
    if adapts:
        _how_it_adapts()
    return adapts


def _how_it_adapts() -> None:
    with st.expander(t("Under the hood"), icon=":material/science:"):
        st.latex(
            r"\hat y = p_{\gamma, \beta}(x), \quad z = \gamma\, \frac{h - \mu}{\sigma} + \beta"
        )
        st.latex(r"(\gamma, \beta) \leftarrow (\gamma, \beta) - \eta\, \nabla H(\hat y)")
        st.markdown(
            t(
                "Mean μ and spread σ of what each batch normalisation sees are measured anew on these pictures; then its scale γ and shift β follow the gradient of the entropy H of the answers. No label takes part, so nothing proves that it helps."
            )
        )
        st.caption("Wang et al. 2020, Tent: Fully Test-time Adaptation. arXiv:2006.10726")


def _chosen(run: store.RunRow) -> str:
    """Draw the choice among what was given today and return the trial to show, "" for none."""
    known = trial.earlier(run.id, tokens.visitor())
    shown = trial.latest(run.id, tokens.visitor())
    if not known:
        return ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(known) > 1 or not shown:
            titles = distinct({each: _title(run, each) for each in reversed(known)}, length=80)
            chosen = st.selectbox(
                t("Given today"),
                known,
                index=known.index(shown) if shown else None,
                placeholder=t("Show earlier pictures again"),
                format_func=titles.__getitem__,
                key=f"try-earlier-{run.id}-{known[0]}-{shown}",
                width=360,
            )
            if chosen is not None and chosen != shown:
                trial.bring_back(run.id, chosen)
                shown = chosen
        if shown and st.button(
            t("Start afresh"),
            key="try-afresh",
            icon=":material/refresh:",
            help=t(
                "Clears the answers below. They stay under “Given today” until they are removed."
            ),
        ):
            trial.put_away(run.id, shown)
            st.rerun()
    return shown


def _title(run: store.RunRow, trial_id: str) -> str:
    began = datetime.fromtimestamp(trial.begun_at(run.id, trial_id)).astimezone()
    pictures = trial.pictures_in(run.id, trial_id)
    if not pictures:
        return f"{began:%H:%M}"
    count = tn("{number} picture", "{number} pictures", pictures, number=numbers.count(pictures))
    return f"{began:%H:%M} · {count}"


def _answered(run: store.RunRow, trial_id: str) -> None:
    working = trial.is_working(run.id, trial_id)
    asked = promised_answers.ask(run, registry.of_run(run))
    st.fragment(_panel, run_every=REFRESH_S if working else None)(
        run, trial_id, was_working=working, asked=asked
    )


def _panel(
    run: store.RunRow, trial_id: str, *, was_working: bool, asked: promised_answers.Asked
) -> None:
    stands = trial.standing(run.id, trial_id)
    if was_working and not stands.is_working:
        if stands.pictures <= answers_in_pages.FEW:
            # So soon nobody has moved on, and the answers stand below the lower edge of most windows.
            scrolling.scroll_to(ANSWERS)
        st.rerun(scope="app")
    if stands.error is not None:
        errors.explain(stands.error.code, stands.error.message, stands.error.hint)
    _progress(run, trial_id, stands)
    for sentence in trial.adapting(run.id, trial_id):
        st.markdown(literal(t(sentence)))
    if stands.is_working and stands.pictures > answers_in_pages.FEW:
        _latest(run, trial_id)
    elif stands.answered:
        answers_in_pages.draw(run, trial_id, asked)


def _progress(run: store.RunRow, trial_id: str, stands: Standing) -> None:
    """Say how many pictures are answered, and offer to stop, or to go on where it was stopped."""
    if stands.is_working and not stands.pictures:
        view = trial.view(run.id, trial_id)
        st.progress(view.fraction, text=literal(t(view.text) if view.text else t("Getting ready")))
    if stands.answered >= stands.pictures:
        return
    words = tn(
        "{done} of {number} picture answered",
        "{done} of {number} pictures answered",
        stands.pictures,
        done=numbers.count(stands.answered),
        number=numbers.count(stands.pictures),
    )
    if stands.is_working:
        left = trial.view(run.id, trial_id).seconds_left
        if left is not None:
            words += " · " + t("{time} left", time=numbers.duration(left))
        st.progress(stands.answered / stands.pictures, text=words)
        if stands.pictures > answers_in_pages.FEW and st.button(
            t("Stop"), key="try-stop", icon=":material/stop:"
        ):
            trial.stop(run.id, trial_id)
            st.rerun(scope="app")
        return
    st.markdown(f"{words}.")
    if st.button(t("Answer the rest"), key="try-rest", icon=":material/resume:"):
        trial.go_on(run.id, trial_id)
        st.rerun(scope="app")


def _latest(run: store.RunRow, trial_id: str) -> None:
    """Show the pictures that were answered last, while others wait for their turn."""
    newest = answer_list.briefs(trial.folder_of(run.id, trial_id))[-LATEST:]
    shown = "".join(
        f'<figure class="graft-tried"><img alt="" src="{answer_card.small(run, trial_id, one)}">'
        f"<figcaption>{escape(shortened(_in_short(one.prediction), 24))}</figcaption></figure>"
        for one in answer_list.whole(trial.folder_of(run.id, trial_id), newest)
        if one.place[1]
    )
    st.html(f'<div class="graft-tried-row">{shown}</div>')


def _in_short(prediction: Prediction | None) -> str:
    """Return an answer in a word or number, nothing where there is none."""
    return "" if prediction is None else registry.of_answer(prediction).in_short(prediction)

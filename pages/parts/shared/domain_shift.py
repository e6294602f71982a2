"""How far pictures from elsewhere look otherwise: the answer where it is known, else a button that measures it."""

import streamlit as st

from pages.parts.shared import at_work, errors, numbers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.config import TrainConfig
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation import domain_shift
from tl_core.evaluation.domain_shift import Shift
from tl_core.jobs import shift_measurer
from tl_core.jobs.shift_measurer import Asked

REFRESH_S = 1.0
REMEMBERED_S = 20
BOUND = (
    r"\epsilon_T(h) \le \epsilon_S(h) + \tfrac{1}{2}\, d_{\mathcal{H}\Delta\mathcal{H}} + \lambda"
)
DISTANCE = r"\hat d_{\mathcal{A}} = 2\,(1 - 2\,\epsilon)"
KERNEL = r"\mathrm{MMD}^2 = \overline{k(x, x')} + \overline{k(y, y')} - 2\,\overline{k(x, y)}"
WIDTH = r"k(x, y) = e^{-\lVert x - y \rVert^2 / 2 s^2}"


def draw(dataset: Dataset, config: TrainConfig, other: str, name: str, key: str) -> None:
    """Draw what is known, what is under way, or an offer; nothing where the network is not here.

    Args:
        dataset: one's own.
        config: its network looks at the pictures.
        other: id of the data set from elsewhere.
        name: what that is called.
        key: of this place on the page.
    """
    if not shift_measurer.can_look(config):
        return
    working = shift_measurer.is_working(shift_measurer.key(dataset.id, config, other))
    st.fragment(_panel, run_every=REFRESH_S if working else None)(
        dataset, config, other, name, key, working
    )


def _panel(
    dataset: Dataset, config: TrainConfig, other: str, name: str, key: str, was_working: bool
) -> None:
    asked_key = shift_measurer.key(dataset.id, config, other)
    if shift_measurer.is_working(asked_key):
        at_work.draw(
            shift_measurer.view(asked_key),
            lambda: shift_measurer.stop(asked_key),
            f"stop-shift-{key}",
        )
        return
    if was_working:
        st.rerun(scope="app")
    with errors.shown():
        found = shift_measurer.found(asked_key)
        if found is not None:
            _answer(found, config, name)
            return
    with errors.shown():
        asked = _priced(asked_key, other, _dataset=dataset, _config=config)
        if isinstance(asked, UserError):
            raise asked
        if st.button(
            t("Measure how far apart they look: {time}", time=numbers.about(asked.seconds)),
            key=f"start-shift-{key}",
            icon=":material/compare:",
            help=t(
                "Says whether “{name}” looks otherwise than your pictures do, to the network that you chose. In the background; a training uses what is worked out for it again.",
                name=literal(name),
            ),
        ):
            shift_measurer.start(asked)
            st.rerun(scope="app")


@st.cache_data(ttl=REMEMBERED_S, max_entries=64, show_spinner=False)
def _priced(key: str, other: str, _dataset: Dataset, _config: TrainConfig) -> Asked | UserError:
    """Return the price of a measurement, or why it cannot be made; remembered by all that it depends on."""
    try:
        return shift_measurer.priced(_dataset, _config, other)
    except UserError as error:
        return error


def _answer(found: Shift, config: TrainConfig, name: str) -> None:
    """Draw what was found in words, and how under a fold."""
    verdict, *more = (literal(t(sentence)) for sentence in domain_shift.in_words(found))
    st.markdown(f"{literal(name)}: **{verdict}** {' '.join(more)}")
    with st.expander(t("Under the hood: how far apart they look"), icon=":material/science:"):
        _classifier(found, config)
        _kernel(found)
        st.caption(
            t(
                "It misleads where one side has more pictures of a class than the other: that counts as another look, too. Nor does another look alone say that a model does worse."
            )
        )


def _classifier(found: Shift, config: TrainConfig) -> None:
    st.latex(BOUND)
    st.latex(DISTANCE)
    own = tn("{count} picture", "{count} pictures", found.own)
    others = tn("{count} picture", "{count} pictures", found.others)
    st.markdown(
        t(
            "**Domain classifier.** What a model gets wrong there ($\\epsilon_T$) is at most what it gets wrong here ($\\epsilon_S$), half of how far apart the two lie, and what even the best model for both gets wrong ($\\lambda$). How far apart is told by a logistic regression on {directions} main directions of the features that {title} gives, of yours {own} and {others} from elsewhere. All are cut into {folds} parts, {repeats} times, and each part is judged by a classifier that learnt from the rest. It puts {error} on the wrong side, so the distance is {distance} of at most 2. The area under its ROC curve is {area}, from {low} to {high} (95\u202f%): in so many pairs it knows which is which. 0.5 is guessing; sets that share their classes evenly may lie below. The interval is widened, as the classifiers share what they learnt from.",
            directions=found.directions,
            title=catalogue.get(config.network.backbone).title,
            own=own,
            others=others,
            folds=domain_shift.FOLDS,
            repeats=domain_shift.REPEATS,
            error=numbers.percent(found.error),
            distance=numbers.hundredths(found.distance),
            area=numbers.hundredths(found.area),
            low=numbers.hundredths(found.low),
            high=numbers.hundredths(found.high),
        )
    )
    st.caption(
        t(
            "Ben-David and others 2010, A theory of learning from different domains, Machine Learning 79. Nadeau and Bengio 2003, Inference for the generalization error, Machine Learning 52."
        )
    )


def _kernel(found: Shift) -> None:
    st.latex(KERNEL)
    st.latex(WIDTH)
    st.markdown(
        t(
            "**Maximum mean discrepancy.** Means over pairs of different pictures; $s$ is the median distance of two, {width}. Here it is {squared}. Both sides were mixed at random {draws} times; that brings as much by chance with p\u202f=\u202f{chance}. It sees differences that no straight line tells.",
            width=numbers.value(found.bandwidth),
            squared=numbers.value(found.squared, 2),
            draws=found.draws,
            chance=numbers.value(found.chance, 2),
        )
    )
    st.caption(
        t(
            "Gretton and others 2012, A kernel two-sample test, Journal of Machine Learning Research 13."
        )
    )

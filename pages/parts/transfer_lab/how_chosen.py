"""How kinds of transfer are compared and how settings are searched for, with the numbers of one such work."""

import streamlit as st

from pages.parts.shared import numbers
from pages.parts.shared.text import literal
from pages.parts.shared.words import t, tn
from tl_core.evaluation import transfer_kinds
from tl_core.evaluation.search import halving, proposals
from tl_core.evaluation.transfer_found import Found
from tl_core.evaluation.transfer_kinds import Kind
from tl_core.jobs.searcher import Board


def side_by_side(found: Found) -> None:
    """Draw how kinds of transfer were held against none, folded."""
    draws = max(cell.repeats for cell in found.cells)
    with st.expander(t("Under the hood"), icon=":material/science:"):
        st.markdown(
            tn(
                "Pictures of a class are drawn {count} time, all of them only once. Every kind learns from the same draw, and answers the same pictures.",
                "Pictures of a class are drawn {count} times, all of them only once. Every kind learns from the same draw, and answers the same pictures.",
                draws,
            )
        )
        st.latex(
            r"\Delta_k = \frac{1}{R\,n} \sum_{r=1}^{R} \sum_{i=1}^{n} [k \text{ is right}] - [\text{none is right}]"
        )
        st.markdown(
            t(
                "Δ is what a kind k lies above no transfer, over R draws and n = {judged} pictures that judge. Pictures that belong together count as one of {groups}. There are {comparisons} comparisons, so each interval is wide enough that all hold together in 95 of 100 cases. The alarm is raised where one lies below 0 as a whole.",
                judged=numbers.count(found.judged),
                groups=numbers.count(found.groups),
                comparisons=numbers.count(found.comparisons),
            )
        )
        st.caption(
            "Wang and others 2019, Characterizing and Avoiding Negative Transfer. arXiv:1811.09751"
        )
        for kind in (transfer_kinds.of(name, found.judge) for name in found.kinds):
            if kind is not None:
                _kind(kind)


def _kind(kind: Kind) -> None:
    """Draw what one kind learns from, its formula and its paper."""
    st.markdown(f"**{literal(t(kind.title))}.** {literal(t(kind.measures))}")
    *formula, paper = kind.explained
    for line in formula:
        st.latex(line)
    st.caption(literal(paper))


def search(found: Board) -> None:
    """Draw how settings were searched for, and what trainings of other data sets say to it, folded."""
    with st.expander(t("Under the hood"), icon=":material/science:"):
        st.markdown(
            t(
                "First the exact solution of every backbone. Then trainings with {first} of their epochs; of every {eta} that had as much, the better goes on to twice that (successive halving). The first {known} follow what earlier trainings teach; after these, whatever did well is varied (the Parzen estimator of Optuna, with a fixed seed).",
                first=numbers.percent(halving.EFFORTS[0]),
                eta=halving.ETA,
                known=proposals.BY_EXPERIENCE,
            )
        )
        st.latex(
            r"\hat g(x) = k(x, X)\,(K + \Sigma)^{-1} g, \quad k(x, x') \propto e^{-\lVert \varphi(x) - \varphi(x') \rVert^2 / 2}"
        )
        st.markdown(
            t(
                "What a depth brings, g, is foretold by a Gaussian process from a small table of trainings, those that came with Graft and yours. Alike are trainings with like φ: how many pictures there are, in all and of a class, how many classes, how large the backbone is and whether it learnt from few pictures, how deep it learns, and how good its exact solution is. Method, rate and changed copies are not in the table: only trials tell these. Here {trials} were made.",
                trials=tn("{count} trial", "{count} trials", len(found.trials)),
            )
        )
        st.caption(
            "Jamieson & Talwalkar 2016, Non-stochastic Best Arm Identification. arXiv:1502.07943; "
            "Akiba et al. 2019, Optuna. arXiv:1907.10902; Rasmussen & Williams 2006, Gaussian Processes for Machine Learning"
        )

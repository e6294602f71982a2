"""How backbones were compared: what each score is, with this audition's numbers, its paper, and when it misleads."""

import streamlit as st

from pages.parts.shared import numbers, tables
from pages.parts.shared.words import t, tn
from pages.parts.transfer_lab import ranking
from tl_core.backbones import catalogue
from tl_core.evaluation import audition
from tl_core.evaluation.audition import Audition


def draw(found: Audition) -> None:
    """Draw the explanation, folded."""
    with st.expander(t("Under the hood"), icon=":material/science:"):
        for paragraph in _paragraphs(found):
            st.markdown(paragraph)
        if found_scores := ranking.scores(found):
            names = [catalogue.get(place.heard.name).title for place in found.places]
            st.dataframe(
                {t("Backbone"): names} | found_scores,
                hide_index=True,
                column_config=ranking.score_help(),
                placeholder=tables.NOTHING,
            )


def _paragraphs(found: Audition) -> list[str]:
    first = found.places[0].heard
    title = catalogue.get(first.name).title
    drawn = tn("{count} picture", "{count} pictures", found.pictures)
    told = [
        t(
            "**The order** is that of a linear probe: {drawn} of {all}, drawn from every class in its share and none of them a test picture, are cut into {folds} parts. A head solved for exactly on the other parts answers each; its strength is chosen within these. That is done for {repeats} ways to cut, as one alone favours some network by luck; of equal scores, who is less surprised by your classes comes first. Copies and groups stay in one part. {title} describes a picture by {width} numbers. (Kornblith and others 2019, arXiv 1805.08974.) It knows nothing of what further training brings: a network that comes second here may win once its stages learn.",
            drawn=drawn,
            all=found.of_pictures,
            folds=audition.FOLDS,
            repeats=audition.REPEATS,
            title=title,
            width=first.width,
        ),
        t(
            "**Who cannot be told apart**: two networks answer the same pictures, so only those count that one has right and the other wrong. Where the interval of their difference includes nothing at all, chance alone may have made the order. How much the ways to cut differ counts as well. It does not know how much another sample of pictures would change what is learnt."
        ),
    ]
    if found.outputs < found.of_outputs:
        told.append(
            tn(
                "So that each has a few pictures, {some} of {count} class was drawn.",
                "So that each has a few pictures, {some} of {count} classes were drawn.",
                found.of_outputs,
                some=found.outputs,
            )
        )
    if first.log_me is not None:
        told.append(
            t(
                "**LogME** (You and others 2021, arXiv 2102.11005) of {title}: {value}. The logarithm of $p(y \\mid F) = \\int p(y \\mid F, w)\\, p(w)\\, dw$ for each picture, with the precisions of weights and noise at which it is greatest. It misleads where networks describe pictures by very different numbers of features.",
                title=title,
                value=numbers.value(first.log_me),
            )
        )
    if first.h_score is not None:
        told.append(
            t(
                "**H-score with shrinkage** (Ibrahim and others 2021, arXiv 2110.06893) of {title}: {value} of at most {most}. $(1-\\alpha)\\,\\mathrm{{tr}}(\\Sigma_\\alpha^{{-1}} \\Sigma_B)$, the spread between classes beside all spread. It misleads with few pictures of a class, whose means are then noise.",
                title=title,
                value=numbers.value(first.h_score),
                most=found.outputs - 1,
            )
        )
    if first.trans_rate is not None:
        told.append(
            t(
                "**TransRate** (Huang and others 2022, arXiv 2106.09362) of {title}: {value} nats. $R(Z) - R(Z \\mid Y)$ with $R(Z) = \\frac{{1}}{{2}} \\log\\det(I + Z^\\top Z / n\\varepsilon)$, features brought to one scale. It misleads where the number of features differs much, or there are fewer pictures than features.",
                title=title,
                value=numbers.value(first.trans_rate),
            )
        )
    leeps = [place.heard for place in found.places if place.heard.leep is not None]
    if leeps:
        told.append(
            t(
                "**LEEP** (Nguyen and others 2020, arXiv 2002.12462) of {title}: {value}. The mean of $\\log \\sum_z \\hat p(y \\mid z)\\, \\theta(x)_z$ over the thousand classes $z$ of ImageNet that its own head tells. It misleads where your pictures show nothing that resembles these.",
                title=catalogue.get(leeps[0].name).title,
                value=numbers.value(leeps[0].leep),
            )
        )
    return told

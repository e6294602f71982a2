"""What is said of the automatic choice."""

from tl_core.backbones import catalogue
from tl_core.base.said import Said, counted
from tl_core.evaluation.search.candidates import USUAL_METHOD, Candidate
from tl_core.evaluation.search.trial_prices import Prices
from tl_core.evaluation.search.tried import Tried
from tl_core.methods import registry
from tl_core.pricing import advice


def of_candidate(candidate: Candidate) -> Said:
    """Return what tells a candidate from others: "Starter, the last 6 stages, with changed copies"."""
    title = catalogue.title(candidate.backbone)
    if candidate.is_head:
        told = Said("{backbone}, exact solution", backbone=title)
    else:
        told = counted(
            "{backbone}, the last stage",
            "{backbone}, the last {count} stages",
            candidate.stages,
            backbone=title,
        )
    if candidate.rate < 1:
        told = Said("{what}, a third of the usual rate", what=told)
    if candidate.rate > 1:
        told = Said("{what}, three times the usual rate", what=told)
    if candidate.epochs < 1:
        told = Said("{what}, half of the usual epochs", what=told)
    if candidate.copies:
        told = Said("{what}, with changed copies", what=told)
    if candidate.method != USUAL_METHOD:
        told = Said("{what}, {method}", what=told, method=registry.get(candidate.method).title)
    return told


def of_effort(tried: Tried) -> Said:
    """Return how far a candidate was tried."""
    if tried.candidate.is_head:
        if tried.effort == 1:
            return Said("solved for on all pictures")
        return Said("solved for on {share} % of the pictures", share=round(100 * tried.effort))
    if tried.effort == 1:
        return Said("all epochs")
    return Said("{share} % of the epochs", share=round(100 * tried.effort))


def why_first(candidate: Candidate, prices: Prices, exact: float | None = None) -> Said:
    """Return why a candidate is the first that is trained, given what its exact head reaches."""
    what, told = of_candidate(candidate), prices.advice(candidate.backbone, exact)
    if not told:
        return Said(
            "Training began with {candidate}: nothing is known yet of data sets like yours.",
            candidate=what,
        )
    expected = told[candidate.stages]
    return Said(
        "Training began with {candidate}, which is expected to bring {points}: so {source} tell.",
        candidate=what,
        points=advice.between(expected.low, expected.high),
        source=expected.from_what,
    )

"""When batch normalisation of a run is measured anew, and on which examples. Imports no Keras at the top."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tl_core.encoding.features import Part
from tl_core.methods import registry
from tl_core.training.libraries import NetworkOnDemand
from tl_core.training.outcome import Outcome
from tl_core.training.run_context import RunContext

if TYPE_CHECKING:
    from tl_core.training.network import Network


def refresh(run: RunContext, network: NetworkOnDemand, learnt: Part) -> None:
    """Measure it on what is learnt from where the settings say so; a run that goes on does it again alike."""
    settings = run.job.config.network
    if settings.batch_norm != "refreshed" or not settings.trainable_stages:
        return
    from tl_core.training import statistics

    run.phase("closed_form", "Measuring batch normalisation anew on your pictures")
    body, seed = network.loaded().body, run.job.config.course.seed
    with run.clock.timing("forward"):
        if not statistics.refresh(body, learnt.features, seed, run.should_give_up):
            run.emit(
                "note",
                text="The stages that learn have no batch normalisation, so nothing was measured anew.",
            )


def evened_out(
    run: RunContext, network: "Network", further: Mapping[str, Part], outcome: Outcome
) -> Outcome:
    """Measure it where the model will be used, if the method says so, once everything is learnt.

    Args:
        run: whose network it is.
        network: with the weights that are kept.
        further: what else the method learns from, by role.
        outcome: how training ended.

    Returns:
        The outcome, without answers of before: they are of another model now.
    """
    adapts = run.method.adapts_to
    if adapts is None or adapts.role not in further:
        return outcome
    from tl_core.training import statistics

    run.phase("evaluate", "Measuring batch normalisation on pictures from where it will be used")
    old = adapts.old(registry.settings_of(run.job.config))
    with run.clock.timing("forward"):
        features, seed = further[adapts.role].features, run.job.config.course.seed
        statistics.refresh(network.body, features, seed, run.should_give_up, old)
    return replace(outcome, kept=None, trained=None)

"""When batch normalisation of a run is measured anew, and on which examples. Imports no Keras at the top."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tl_core.datasets.splits import TRAIN, VALIDATION
from tl_core.encoding.encode import StoppedError
from tl_core.encoding.features import Part, batched
from tl_core.methods import registry
from tl_core.tasks import task
from tl_core.tasks.closed_form import Linear
from tl_core.tasks.task import Goal
from tl_core.training.first_answer import Solver
from tl_core.training.libraries import NetworkOnDemand
from tl_core.training.outcome import Outcome
from tl_core.training.run_context import RunContext
from tl_core.training.run_pictures import Parts

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


@dataclass(frozen=True, slots=True)
class Adapting:
    """Lets a network even out what it sees by examples from where it will be used.

    Attributes:
        run: whose network it is.
        goal: what is answered.
        network: with pretrained statistics.
        parts: the run's own examples.
        further: what else the method learns from, by role.
    """

    run: RunContext
    goal: Goal
    network: "Network"
    parts: Parts
    further: Mapping[str, Part]

    def done(self, outcome: Outcome) -> Outcome:
        """Adapt if the method says so; return the outcome, without answers of before.

        The exact head is solved for once more with statistics of the run's own examples, which those of
        the others then take the place of.

        Raises:
            StoppedError: a person asked for it.
        """
        adapts = self.run.method.adapts_to
        if adapts is None or adapts.role not in self.further:
            return outcome
        self.run.phase("evaluate", "Evening out by pictures from where it will be used")
        old = adapts.old(registry.settings_of(self.run.job.config))
        self._centre()
        self._measure(self.parts[TRAIN], old)
        self.network.start_from(self._head())
        self._measure(self.further[adapts.role], old)
        return replace(outcome, kept=None, trained=None)

    def _centre(self) -> None:
        """Let batch normalisation have the statistics of the run's own examples without another answer.

        Then the exact head, and the stages above each layer, go on seeing what they learnt to expect.
        """
        from tl_core.training import source_statistics

        features, run = self.parts[TRAIN].features, self.run
        parts = list(batched(np.arange(len(features)), source_statistics.BATCH))
        features.expect(parts, 0)

        def rows() -> Iterator[np.ndarray]:
            for part in parts:
                if run.should_give_up():
                    raise StoppedError
                yield features.batch(part, 0)

        with run.clock.timing("forward"):
            source_statistics.put_in_place(self.network.body, rows())

    def _measure(self, part: Part, old: int) -> None:
        from tl_core.training import statistics

        run, seed = self.run, self.run.job.config.course.seed
        with run.clock.timing("forward"):
            statistics.refresh(self.network.body, part.features, seed, run.should_give_up, old)

    def _head(self) -> Linear:
        """Return the exact head with the statistics as they are now."""
        run, seen = self.run, {name: self.parts[name] for name in (TRAIN, VALIDATION)}
        solver = Solver(run.folder, run.emit, run.job, self.goal, run.clock, task.exact_head)
        with run.clock.timing("forward"):
            features = solver.features(seen, self.network.last_map, run.should_give_up)
        learnt, val = (run.job.members(part) for part in seen)
        with run.clock.timing("closed_form"):
            return task.exact_head(self.goal, features, learnt, val)

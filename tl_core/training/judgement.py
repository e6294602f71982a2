"""How a run ends: the trained network is judged on pictures it never saw, and the model is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base import accelerator, said
from tl_core.config import TrainConfig
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.encoding.features import Part
from tl_core.measures import paired
from tl_core.methods.method import BLOCK, ELSEWHERE
from tl_core.tasks.task import Goal
from tl_core.training import prediction, results, surgery, unknown_pictures
from tl_core.training.choice_of_epoch import Judged
from tl_core.training.first_answer import FirstAnswer
from tl_core.training.outcome import Outcome
from tl_core.training.run_context import RunContext
from tl_core.training.run_pictures import Parts

if TYPE_CHECKING:
    from tl_core.training.network import Network


@dataclass(slots=True)
class Judgement:
    """What is found out about a trained network, and kept in the run's folder.

    Attributes:
        run: whose network it is.
        goal: what was learnt; what validation decides about it is added.
        network: with the best weights.
        parts: the pictures to judge by.
        outcome: how training ended.
        first: the first answer, where the method has one.
        from_exact_head: whether training started from that answer's head.
        further: what else the method learnt from, by role.
    """

    run: RunContext
    goal: Goal
    network: "Network"
    parts: Parts
    outcome: Outcome
    first: FirstAnswer | None
    from_exact_head: bool
    further: Mapping[str, Part] = field(default_factory=dict)

    @property
    def hands_over_exact_head(self) -> bool:
        """Whether training did not beat the exact head that it started from."""
        return self.from_exact_head and self.outcome.best_epoch == 0

    def finished(self) -> dict[str, Any]:
        """Judge and save a run that came to its end; return its result."""
        refitted = self._refit()
        self._tell_judging()
        with self.run.clock.timing("evaluate"):
            metrics = self._judge(self.goal.told, refitted)
        self._tell_saving()
        with self.run.clock.timing("save"):
            self._save_model()
            metrics |= self._tell_unknowns(self.goal.kept, refitted)
            self._keep(metrics)
            self._save_light_form()
        return {"status": "finished", "metrics": metrics, "seconds": self.run.clock.told()}

    def stopped(self) -> dict[str, Any]:
        """Save the model first: whoever presses Stop waits for nothing that can be made later."""
        refitted = self._refit()
        self._tell_saving()
        with self.run.clock.timing("save"):
            self._save_model()
        # What was saved answers in the targets' own units.
        told = self.goal.kept
        self._tell_judging()
        with self.run.clock.timing("evaluate"):
            metrics = self._judge(told, refitted, self.run.is_out_of_time)
        if metrics:
            self._keep(metrics)

        def later() -> dict[str, Any]:
            found = metrics or self._judge(told, refitted, self.run.is_wanted_back)
            if found:
                found |= self._tell_unknowns(told, refitted, self.run.is_wanted_back)
                self._keep(found)
            if not self.run.is_wanted_back():
                self._save_light_form()
            return found

        done = {"status": "cancelled", "metrics": metrics, "seconds": self.run.clock.told()}
        return done | {"later": later}

    def _tell_judging(self) -> None:
        self.run.phase("evaluate", "Judging on pictures that training never saw")

    def _tell_saving(self) -> None:
        self.run.phase("save", "Keeping the model")

    def _refit(self) -> bool:
        """Let an exact head that is handed over be the one that learnt from validation pictures, too.

        Those are judged by what it answered before, so nothing is refitted where that is not known.
        """
        refitted = self.first.refitted if self.first else None
        if refitted is None or self.outcome.kept is None or not self.hands_over_exact_head:
            return False
        return self.network.start_from(refitted)

    def _judge(
        self,
        told: Callable[[np.ndarray], np.ndarray],
        refitted: bool,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Return the metrics and write the answers; nothing when there was no time for all.

        Args:
            told: from what the network answers now to answers in their own units.
            refitted: whether the head has learnt from validation pictures since these were judged.
            should_stop: asked before every batch.
        """
        job, answers = self.run.job, {}
        for part in (VALIDATION, TEST):
            if part == VALIDATION and self.outcome.kept is not None:
                answers[part] = self.goal.told(self.outcome.kept.outputs)
                continue
            pictures = self.parts[part]
            raw = prediction.predict(
                self.network.learner, pictures.features, should_stop=should_stop
            )
            if len(raw) < len(pictures):
                return {}
            answers[part] = told(raw)
        self.goal = self.goal.decided(job.members(VALIDATION), answers[VALIDATION])
        answers = {part: self.goal.tempered(each) for part, each in answers.items()}
        results.write_predictions(self.run.folder, job.dataset, self.goal, answers)
        return self._metrics(answers) | {"refitted": refitted}

    def _metrics(self, answers: dict[int, np.ndarray]) -> dict[str, Any]:
        test, val = (
            self.goal.summary(self.run.job.members(part), answers[part])
            for part in (TEST, VALIDATION)
        )
        first = self.first
        return {
            "task": self.goal.task.kind,
            "test_accuracy": self.goal.headline(test),
            "val_accuracy": self.goal.headline(val),
            "closed_form_accuracy": self.goal.headline(first.baseline) if first else None,
            "test": test,
            "val": val,
            "closed_form": first.baseline if first else {},
            **(first.rechecked if first else {}),
            **self._handed_over(),
            **self._elsewhere(),
            **self._block(),
            **(self.run.method.tells(first.notes) if first else {}),
            "ended": self.outcome.ended,
            **said.packed({"ended_because": self.outcome.because}),
            "epochs": self.outcome.epochs,
            "best_epoch": self.outcome.best_epoch,
            "steps": self.outcome.steps,
        }

    def _handed_over(self) -> dict[str, Any]:
        """Return whose weights the model has, and how both candidates did on validation."""
        first, trained = self.first, self.outcome.trained
        return {
            "handed_over": "exact_head" if self.hands_over_exact_head else "trained",
            "closed_form_val_accuracy": self.goal.headline(first.on_validation) if first else None,
            "trained_val_accuracy": self._headline(trained.outputs) if trained else None,
        }

    def _block(self) -> dict[str, Any]:
        """Return which block of stages learnt, where one did."""
        chosen = surgery.found(self.run.folder)
        return {BLOCK: chosen} if chosen else {}

    def _elsewhere(self) -> dict[str, Any]:
        """Return how many of the examples that the method judges are right, before and in the end."""
        role, first = self.run.method.judges, self.first
        examples = self.run.job.further.get(role) if role else None
        if role is None or examples is None or examples.judged is None or first is None:
            return {}
        if first.elsewhere is None:
            return {}
        rows = np.flatnonzero(examples.judged >= 0)
        told = prediction.predict(self.network.learner, self.further[role].features, rows)
        after, before = (
            self.goal.told(outputs).argmax(axis=1) == examples.judged[rows]
            for outputs in (told, first.elsewhere[rows])
        )
        gain = paired.share_difference(after, before)
        shares = {"before": float(before.mean()), "after": float(after.mean())}
        return {ELSEWHERE: {"count": len(rows), **shares, "gain": [gain.low, gain.high]}}

    def _headline(self, outputs: np.ndarray) -> float | None:
        """Return the headline of raw outputs for the validation part."""
        members = self.run.job.members(VALIDATION)
        return self.goal.headline(self.goal.summary(members, self.goal.told(outputs)))

    def _tell_unknowns(
        self,
        told: Callable[[np.ndarray], np.ndarray],
        refitted: bool,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Keep a detector of unknowns beside the saved model; return what is reported of it."""
        before = (
            self.goal.told(self.outcome.kept.outputs) if refitted and self.outcome.kept else None
        )
        found = unknown_pictures.Fitting(
            self.run.job, self.goal, self.network, self.parts, told, should_stop, before
        ).fitted()
        if found is None:
            return {}
        unknown_pictures.keep(self.run.folder / results.MODEL_DIR, found[0])
        return {"unknowns": found[1]}

    def _save_model(self) -> None:
        results.save_model(self.run.folder, self.run.job, self.goal, self.network)

    def _keep(self, metrics: dict[str, Any]) -> None:
        results.note_rules(self.run.folder, self.goal.rules)
        results.write_metrics(self.run.folder, metrics)
        self.run.emit("evaluated", metrics=metrics)

    def _save_light_form(self) -> None:
        if accelerator.converts():
            results.save_light_form(self.run.folder, self.run.job, self.network)


def exact_head_is_better(
    run: RunContext, goal: Goal, first: FirstAnswer | None, judged: Part, outcome: Outcome
) -> bool:
    """Say whether a head that could not begin with the exact head did worse than it beyond doubt.

    A head that begins at random to be watched is what its curve tells, and a person's to replace.
    """
    if outcome.ended == "stopped" or first is None or outcome.kept is None or not len(judged):
        return False
    return of_validation(goal, run.job.config, judged, first.outputs).beats(outcome.kept)


def of_validation(goal: Goal, config: TrainConfig, judged: Part, outputs: np.ndarray) -> Judged:
    """Return what raw outputs for the validation part are worth, as those of epoch 0."""
    return Judged.of(0, outputs, goal.objective(config, judged.answers), judged.answers)

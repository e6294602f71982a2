"""How a run ends: the trained network is judged on pictures it never saw, and the model is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_core.base import accelerator
from tl_core.datasets.splits import TEST, VALIDATION
from tl_core.tasks.task import Goal
from tl_core.training import prediction, results
from tl_core.training.first_answer import FirstAnswer
from tl_core.training.run_context import RunContext
from tl_core.training.run_pictures import Parts

if TYPE_CHECKING:
    from tl_core.training.fit import Outcome
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
    """

    run: RunContext
    goal: Goal
    network: "Network"
    parts: Parts
    outcome: "Outcome"
    first: FirstAnswer | None

    def finished(self) -> dict[str, Any]:
        """Judge and save a run that came to its end; return its result."""
        self._tell_judging()
        with self.run.clock.timing("evaluate"):
            metrics = self._judge(self.goal.told)
        self._tell_saving()
        with self.run.clock.timing("save"):
            self._save_model()
            self._keep(metrics)
            self._save_light_tail()
        return {"status": "finished", "metrics": metrics, "seconds": self.run.clock.told()}

    def stopped(self) -> dict[str, Any]:
        """Save the model first: whoever presses Stop waits for nothing that can be made later."""
        self._tell_saving()
        with self.run.clock.timing("save"):
            self._save_model()
        # What was saved answers in the targets' own units.
        told = self.goal.kept
        self._tell_judging()
        with self.run.clock.timing("evaluate"):
            metrics = self._judge(told, self.run.is_out_of_time)
        if metrics:
            self._keep(metrics)

        def later() -> dict[str, Any]:
            found = metrics or self._judge(told, self.run.is_wanted_back)
            if found and not metrics:
                self._keep(found)
            if not self.run.is_wanted_back():
                self._save_light_tail()
            return found

        done = {"status": "cancelled", "metrics": metrics, "seconds": self.run.clock.told()}
        return done | {"later": later}

    def _tell_judging(self) -> None:
        self.run.phase("evaluate", "Judging on pictures that training never saw")

    def _tell_saving(self) -> None:
        self.run.phase("save", "Keeping the model")

    def _judge(
        self,
        told: Callable[[np.ndarray], np.ndarray],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Return the metrics and write the answers; nothing when there was no time for all."""
        job, answers = self.run.job, {}
        for part in (VALIDATION, TEST):
            pictures = self.parts[part]
            raw = prediction.predict(
                self.network.learner, pictures.features, should_stop=should_stop
            )
            if len(raw) < len(pictures):
                return {}
            answers[part] = told(raw)
        self.goal = self.goal.decided(job.members(VALIDATION), answers[VALIDATION])
        results.write_predictions(self.run.folder, job.dataset, self.goal, answers)
        return self._metrics(answers)

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
            "ended": self.outcome.ended,
            "epochs": self.outcome.epochs,
            "best_epoch": self.outcome.best_epoch,
            "steps": self.outcome.steps,
        }

    def _save_model(self) -> None:
        results.save_model(self.run.folder, self.run.job, self.goal, self.network)

    def _keep(self, metrics: dict[str, Any]) -> None:
        results.note_rules(self.run.folder, self.goal.rules)
        results.write_metrics(self.run.folder, metrics)
        self.run.emit("evaluated", metrics=metrics)

    def _save_light_tail(self) -> None:
        if accelerator.converts():
            results.save_light_tail(self.run.folder, self.run.job, self.network)

"""What pages and commands ask of answers for pictures without a class; see `kinds.answering`."""

import json
from collections.abc import Sequence
from pathlib import Path

from tl_core import store
from tl_core.intake import unlabelled
from tl_core.intake.unlabelled import Unlabelled
from tl_core.jobs import predictor, queue, watch
from tl_core.jobs.kinds import answering
from tl_core.jobs.kinds.answering import ANSWER, ANSWERS, AnswerArguments
from tl_core.jobs.predictor import Prediction
from tl_core.signals import progress
from tl_core.signals.progress import RunView
from tl_core.tasks import registry as tasks

answered = answering.answered


def waiting(run: store.RunRow) -> tuple[str, Unlabelled]:
    """Return the newest version of a run's data set that has pictures to be answered, and these.

    The id is empty where there are none.
    """
    root = store.dataset(run.dataset_id, owner=run.owner).root_id
    newest = [row.id for row in store.versions(root, owner=run.owner)]
    for dataset_id in dict.fromkeys((*newest, run.dataset_id)):
        kept = unlabelled.load(dataset_id)
        if len(kept):
            return dataset_id, kept
    return "", unlabelled.NOTHING


def start(run_id: str, dataset_id: str) -> None:
    """Begin to answer unless that is under way or was done.

    Raises:
        UserError: "unknown" run.
    """
    row = store.run(run_id)
    if not (folder_of(run_id, dataset_id) / ANSWERS).exists():
        queue.ask(ANSWER, _key(run_id, dataset_id), AnswerArguments(), owner=row.owner)
        watch.take_up(ANSWER)


def folder_of(run_id: str, dataset_id: str) -> Path:
    """Return the folder of such answers, which need not exist."""
    return answering.folder(_key(run_id, dataset_id))


def is_working(run_id: str, dataset_id: str) -> bool:
    """Say whether it goes on."""
    return watch.state(ANSWER, _key(run_id, dataset_id)).is_under_way


def stop(run_id: str, dataset_id: str) -> None:
    """Ask it to end."""
    watch.stop(ANSWER, _key(run_id, dataset_id))


def view(run_id: str, dataset_id: str) -> RunView:
    """Return where it stands."""
    return progress.state(folder_of(run_id, dataset_id))


def found(run_id: str, dataset_id: str) -> tuple[list[str], list[Prediction]] | None:
    """Return file names and answers, None while there are none or they are on their way.

    Raises:
        UserError: why there are none.
    """
    folder = folder_of(run_id, dataset_id)
    if (folder / ANSWERS).exists():
        told = json.loads((folder / ANSWERS).read_text("utf-8"))
        return told["names"], [Prediction(**answer) for answer in told["answers"]]
    if (failed := watch.state(ANSWER, _key(run_id, dataset_id)).error) is not None:
        raise failed
    return None


def least_sure_first(run_id: str, told: Sequence[Prediction]) -> list[int]:
    """Return the places of answers: first what is unlike anything taught, then the least sure ones.

    Raises:
        UserError: "no-model" or "model-format".
    """
    rules = predictor.rules_in(predictor.model_folder(run_id))
    doubts = [tasks.of_reply(one).doubt(one, rules) for one in told]
    return sorted(range(len(told)), key=lambda place: (not told[place].is_unknown, -doubts[place]))


def _key(run_id: str, dataset_id: str) -> str:
    return f"{run_id}-{dataset_id}"

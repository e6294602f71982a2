"""What pages ask of explanations: begun by a click, found again whenever the same is asked; see `kinds.explaining`."""

from collections.abc import Sequence
from dataclasses import dataclass

from tl_core import store
from tl_core.base import ids
from tl_core.evaluation import worst_answers
from tl_core.evaluation.worst_answers import Worst
from tl_core.jobs import answer_kept, explained, predictor
from tl_core.jobs.answer_kept import AnswerKept
from tl_core.jobs.explained import Explanation
from tl_core.jobs.kinds.explaining import EXPLAIN, FILE, ExplainArguments
from tl_core.models import persist

EXAMPLES = 6

_KEPT = AnswerKept(EXPLAIN)
is_working, stop, view = (
    _KEPT.is_working,
    _KEPT.stop,
    _KEPT.view,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An explanation as it is asked for: the key that names it, and all that it takes."""

    key: str
    arguments: ExplainArguments


def ask(run_id: str, picture: str, trial_id: str = "", also: Sequence[str] = ()) -> Asked:
    """Return what names the explanation of one answer.

    Args:
        run_id: whose model answers.
        picture: hash of a stored picture, or key of one of a trial.
        trial_id: the trial; "" for a stored picture.
        also: further outputs to explain, by name.

    Raises:
        UserError: "no-model".
    """
    arguments = ExplainArguments(run=run_id, picture=picture, trial=trial_id, also=tuple(also))
    # Another model may take a run's place: its answers are explained anew.
    written = (predictor.model_folder(run_id) / persist.TAIL).stat().st_mtime_ns
    return Asked(answer_kept.key_of(arguments.model_dump_json(), str(written)), arguments)


def start(asked: Asked) -> None:
    """Begin to explain unless that is under way or was done.

    Raises:
        UserError: "unknown" run, "dataset-not-ready".
    """
    _KEPT.start(asked.key, store.run(asked.arguments.run).dataset_id, asked.arguments)


def is_there(key: str) -> bool:
    """Say whether it was asked for before, whatever came of it."""
    return _KEPT.folder(key).exists()


def found(key: str) -> Explanation | None:
    """Return the explanation, None when it was not asked for, goes on or was stopped.

    Raises:
        UserError: why there is none.
    """
    told = _KEPT.answer(key)
    return None if told is None else explained.kept(_KEPT.folder(key) / FILE)


def examples(run_id: str, count: int = EXAMPLES) -> list[Worst]:
    """Return test pictures of a run to explain, those first that were answered worst.

    Raises:
        UserError: "no-model", or "nothing-judged" where it was judged on no test picture.
    """
    predictor.model_folder(run_id)
    return worst_answers.of_run(ids.run_folder(run_id), store.run(run_id).dataset_id, count)

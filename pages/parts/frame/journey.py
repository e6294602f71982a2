"""The steps of the journey and which of them are done."""

from dataclasses import dataclass

from pages.parts.shared import page_files, state
from pages.parts.shared.words import t
from tl_core.base import ids


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the journey."""

    page: str
    title: str
    is_done: bool


def steps() -> tuple[Step, ...]:
    """Return the steps in order, for the data set and run that are chosen."""
    dataset, run = state.dataset(), state.run()
    has_result = run is not None and run.metrics is not None
    was_exported = run is not None and _was_exported(run.id)
    was_seen = run is not None and (was_exported or state.was_seen(run.id))
    return (
        Step(page_files.DATA, t("Data"), dataset is not None and dataset.status == "ready"),
        Step(page_files.TRAIN, t("Train"), has_result),
        Step(page_files.RESULTS, t("Results"), has_result and was_seen),
        Step(page_files.TAKE_HOME, t("Take it home"), was_exported),
    )


def _was_exported(run_id: str) -> bool:
    folder = ids.run_folder(run_id) / "exports"
    return any(folder.glob("*.zip")) or any(folder.glob("*.graft"))

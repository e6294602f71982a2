"""Where one person's open tab is: the project, data set, run and language that are chosen.

The session keeps their ids. The address keeps the same ids, so that a refresh comes back to
the same place; everything worth keeping lies in the store.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.shared import next_training, notices
from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import LESSON, TrainConfig
from tl_core.jobs import beginning
from tl_core.methods.method import Role

PLACES: tuple[store.Kind, ...] = ("project", "dataset", "run")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Missing:
    """What the address asked for and is not here; `gone` tells it where it was deleted."""

    kind: store.Kind
    gone: notices.Deleted | None = None


def remember_place() -> None:
    """Take the place from the address in a fresh session or when a person went back to it.

    After that both are kept in step. What the address names and is not here is remembered, and
    nothing else is shown in its stead.
    """
    if not st.session_state.get("_entered"):
        st.session_state["_entered"] = True
        asked = st.query_params.get("language") or ""
        st.session_state["_language"] = asked if _LANGUAGE.fullmatch(asked) else None
        st.session_state.update({f"_{kind}": None for kind in PLACES})
        _enter()
    elif _went_back():
        _enter()
    _settle()
    if missing() is not None:
        return  # the address stays as it was written
    kept = (*PLACES, "language")
    wanted = {name: st.session_state[f"_{name}"] for name in kept if st.session_state[f"_{name}"]}
    if {name: st.query_params.get(name) for name in kept if name in st.query_params} != wanted:
        st.query_params.from_dict({**_other_params(), **wanted})


def _went_back() -> bool:
    """Say whether this page is drawn because a person went back or forth in the browser."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))


def _enter() -> None:
    """Go to what the address names; the run leads, then the data set, then the project."""
    st.session_state.pop("_missing", None)
    for kind in PLACES:
        identifier = st.query_params.get(kind)
        if not identifier:
            continue
        row = _found(kind, identifier)
        if row is None or row.deleted_at:
            gone = notices.Deleted(kind, row.id, row.name) if row else None
            st.session_state["_missing"] = Missing(kind, gone)
            # What is more special than that is not looked for: it would be another one.
            st.session_state.update({f"_{each}": None for each in _from(kind)})
            return
        _go_to(kind, row)


def _go_to(kind: store.Kind, row: Any) -> None:
    """Choose one thing and what it belongs to; going back undoes no edit of a data set."""
    if kind == "run":
        chosen = st.session_state["_dataset"]
        st.session_state["_run"] = row.id
        if not chosen or not _is_of(row, store.dataset(chosen)):
            st.session_state["_dataset"] = row.dataset_id
    elif kind == "dataset":
        before = _known(st.session_state["_dataset"], store.dataset)
        if before is None or before.root_id != row.root_id:
            st.session_state["_dataset"] = row.id
    st.session_state["_project"] = row.id if kind == "project" else row.project_id


def _from(kind: store.Kind) -> tuple[str, ...]:
    return PLACES[PLACES.index(kind) :]


def missing() -> Missing | None:
    """Return what the address asked for and is not here."""
    return st.session_state.get("_missing")


def forget_missing() -> None:
    """Go on with what there is."""
    st.session_state.pop("_missing", None)


def return_to(restored: store.Kind) -> None:
    """Go where the address leads, now that what it names of this kind is here again."""
    st.session_state.update({f"_{kind}": None for kind in _from(restored)})
    _enter()


def stay_missing_on(page: str) -> bool:
    """Say whether this is the page on which something was missing; elsewhere that is forgotten."""
    if missing() is None:
        return False
    if st.session_state.setdefault("_missing_on", page) == page:
        return True
    st.session_state.pop("_missing_on")
    forget_missing()
    return False


def project() -> store.Project | None:
    """Return the project that is open."""
    identifier = st.session_state.get("_project")
    return store.project(identifier) if identifier else None


def dataset() -> store.DatasetRow | None:
    """Return the data set that is chosen."""
    identifier = st.session_state.get("_dataset")
    return store.dataset(identifier) if identifier else None


def usable_datasets(project_id: str) -> list[store.DatasetRow]:
    """Return the data sets of a project that are ready or on their way, newest first."""
    return [row for row in store.datasets(project_id) if row.status != "failed"]


def run() -> store.RunRow | None:
    """Return the run that is chosen."""
    identifier = st.session_state.get("_run")
    return store.run(identifier) if identifier else None


def stand_in(runs: Collection[str]) -> str:
    """Return which of these runs, the newest first, is looked at while none of them is chosen.

    It stays the same when a newer one ends: nobody's page changes under their eyes.
    """
    kept = st.session_state.get("_stand_in")
    if kept not in runs:
        kept = st.session_state["_stand_in"] = next(iter(runs))
    return str(kept)


def open_project(identifier: str) -> None:
    """Go to a project, its newest data set and its newest run."""
    ask_for_new_data(False)
    st.session_state["_project"] = identifier
    st.session_state["_dataset"] = None
    st.session_state["_run"] = None


def ensure_project() -> str:
    """Return the open project's id, making a first project where there is none."""
    if not st.session_state.get("_project"):
        st.session_state["_project"] = store.default_project().id
    return st.session_state["_project"]


def choose_dataset(identifier: str | None) -> None:
    """Work with this data set from now on, and with its newest run or that of another version."""
    ask_for_new_data(False)
    before = dataset()
    st.session_state["_dataset"] = identifier
    row = store.dataset(identifier) if identifier else None
    if before is not None and (row is None or row.root_id != before.root_id):
        next_training.forget_inputs()
    run = _newest_run(row) if row else None
    st.session_state["_run"] = run.id if run else None
    if row:
        notices.note_known(row.root_id, row.version)
        next_training.begin_with(LESSON if beginning.is_lesson(row) else TrainConfig())


def choose_run(identifier: str) -> None:
    """Look at this run from now on, and at the data set that it trained on.

    A version of that data set that is chosen already stays: looking back undoes no edit.
    """
    ask_for_new_data(False)
    st.session_state["_run"] = identifier
    choose_data_of(store.run(identifier))


def choose_data_of(of_run: store.RunRow) -> None:
    """Work with the data set of a run, in the version that is chosen if one of it is."""
    chosen = st.session_state.get("_dataset")
    if not chosen or not _is_of(of_run, store.dataset(chosen)):
        st.session_state["_dataset"] = of_run.dataset_id


def note_seen(run_id: str) -> None:
    """Remember that the result of this run was looked at."""
    st.session_state["_seen"] = st.session_state.get("_seen", frozenset()) | {run_id}


def was_seen(run_id: str) -> bool:
    """Say whether the result of this run was looked at."""
    return run_id in st.session_state.get("_seen", frozenset())


def query() -> dict[str, str]:
    """Return the place as it stands in the address, for links."""
    return {
        kind: st.session_state[f"_{kind}"] for kind in PLACES if st.session_state.get(f"_{kind}")
    }


def note_opening(dataset_id: str) -> None:
    """Remember that a project file is being opened here, of which this is the first data set."""
    st.session_state["_opening"] = dataset_id


def note_opened() -> None:
    """Forget it again: the project is there."""
    st.session_state.pop("_opening", None)


def is_opening(dataset_id: str) -> bool:
    """Say whether a project file with this first data set is being opened here."""
    return st.session_state.get("_opening") == dataset_id


def ask_for_new_data(
    wanted: bool = True, *, to_add: bool = False, serves: tuple[str, Role] | None = None
) -> None:
    """Show the ways to bring pictures, or stop showing them.

    Args:
        wanted: whether they are to be shown.
        to_add: whether the pictures are to join the data set that is open, unless a person decides otherwise.
        serves: which data set the pictures are brought for, and the role that they are to have for it.
    """
    st.session_state["_new_data"] = wanted
    st.session_state["_new_data_serves"] = serves if wanted else None
    st.session_state["_new_data_joins"] = wanted and to_add


def takes_new_data_as_addition() -> bool:
    """Say whether new pictures were asked for to join the data set that is open; asked once."""
    return bool(st.session_state.pop("_new_data_joins", False))


def new_data_serves() -> tuple[str, Role] | None:
    """Return which data set new pictures are brought for, and their role; None where for none."""
    return st.session_state.get("_new_data_serves")


def wants_new_data() -> bool:
    """Say whether the ways to bring pictures are to be shown."""
    return bool(st.session_state.get("_new_data"))


def trial_of(run_id: str) -> str:
    """Return the trial in which new pictures are shown to a run's model here, "" before the first."""
    return st.session_state.get(f"_trial-{run_id}", "")


def note_trial(run_id: str, trial_id: str) -> None:
    """Remember the trial of a run's model."""
    st.session_state[f"_trial-{run_id}"] = trial_id


def still_of(run_id: str) -> tuple[str, bool]:
    """Return where the last picture of the camera is kept, "" for none, and whether its answer is to be explained."""
    return st.session_state.get(f"_still-{run_id}", ("", False))


def note_still(run_id: str, path: str, *, is_to_be_explained: bool) -> None:
    """Remember the last picture that the camera took to show it to a run's model."""
    st.session_state[f"_still-{run_id}"] = (path, is_to_be_explained)


# Language


def language() -> str:
    """Return the language to speak: what was chosen, else what the browser asks for."""
    chosen = st.session_state.get("_language")
    if chosen:
        return chosen
    return (st.context.locale or "en").split("-")[0].lower()


def choose_language(name: str) -> None:
    """Speak this language from now on; the address keeps it, so that a refresh does too."""
    st.session_state["_language"] = name


# Inside


def _settle() -> None:
    """Replace ids that lead nowhere by the newest of their kind, unless that was asked for."""
    if missing() is not None:
        return
    _note_gone()
    known = _known(st.session_state["_project"], store.project)
    run = _known(st.session_state["_run"], store.run)
    data = _known(st.session_state["_dataset"], store.dataset)
    if data is not None and data.status == "failed":
        data = None
    if known is None:
        projects = store.projects()
        known = projects[0] if projects else None
    project_id = known.id if known else None
    if data is None or data.project_id != project_id:
        found = usable_datasets(project_id) if project_id else []
        # What is ready comes before what may yet fail.
        data = next((row for row in found if row.status == "ready"), found[0] if found else None)
    if run is None or run.project_id != project_id or (data and not _is_of(run, data)):
        run = _newest_run(data) if data else None
    st.session_state["_project"] = project_id
    st.session_state["_dataset"] = data.id if data else None
    st.session_state["_run"] = run.id if run else None


def _note_gone() -> None:
    """Remember what was open here and was deleted meanwhile, in another tab or by somebody else."""
    for kind in PLACES:
        identifier = st.session_state.get(f"_{kind}")
        row = _found(kind, identifier) if identifier else None
        if row is not None and row.deleted_at:
            st.session_state["_gone"] = notices.Deleted(kind, row.id, row.name)
            return


def gone() -> notices.Deleted | None:
    """Return once what was deleted while it was open here, unless that was done here."""
    deleted = st.session_state.pop("_gone", None)
    latest = notices.latest()
    is_told = latest is not None and isinstance(latest.undo, notices.Deleted)
    return None if is_told else deleted


def _is_of(run: store.RunRow, data: store.DatasetRow) -> bool:
    """Say whether a run trained on a data set or on another version of it."""
    return run.dataset_id == data.id or store.dataset(run.dataset_id).root_id == data.root_id


def _newest_run(data: store.DatasetRow) -> store.RunRow | None:
    """Return the newest run on a data set, else on any other version of it."""
    found = store.runs(dataset_id=data.id) or store.runs(root_id=data.root_id)
    return found[0] if found else None


def _known(identifier: str | None, look_up: Any) -> Any:
    found = _looked_up(identifier, look_up) if identifier else None
    return None if found is None or found.deleted_at else found


def _found(kind: store.Kind, identifier: str) -> Any:
    """Return what has this id, deleted or not; None for what is not here or is not ours."""
    return _looked_up(
        identifier, {"project": store.project, "dataset": store.dataset}.get(kind, store.run)
    )


def _looked_up(identifier: str, look_up: Any) -> Any:
    try:
        return look_up(identifier)
    except UserError:
        return None


def _other_params() -> dict[str, str]:
    return {
        name: value
        for name, value in st.query_params.to_dict().items()
        if name not in (*PLACES, "language")
    }

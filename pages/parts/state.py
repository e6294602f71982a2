"""What one person's open tab remembers; the only file that touches the session.

It keeps ids and frozen settings. The address keeps the same ids, so that a refresh comes back to
the same place; everything worth keeping lies in the store.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tl_core.config import LESSON, TrainConfig
from tl_core.data import samples
from tl_core.errors import UserError
from tl_core.runs import store

PLACES = ("project", "dataset", "run")


@dataclass(frozen=True, slots=True)
class Deleted:
    """Something that was just deleted and can be brought back."""

    kind: store.Kind
    id: str
    name: str


def remember_place() -> None:
    """Take the place from the address in a fresh session, then keep both in step.

    Things that are gone, or that belong to somebody else, are forgotten.
    """
    if not st.session_state.get("_entered"):
        st.session_state["_entered"] = True
        for kind in PLACES:
            st.session_state[f"_{kind}"] = st.query_params.get(kind)
        st.session_state["_language"] = st.query_params.get("language")
    _settle()
    kept = (*PLACES, "language")
    wanted = {name: st.session_state[f"_{name}"] for name in kept if st.session_state[f"_{name}"]}
    if {name: st.query_params.get(name) for name in kept if name in st.query_params} != wanted:
        st.query_params.from_dict({**_other_params(), **wanted})


def has_projects() -> bool:
    """Say whether anything was ever begun here."""
    return project() is not None


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
    st.session_state["_dataset"] = identifier
    row = store.dataset(identifier) if identifier else None
    run = _newest_run(row) if row else None
    st.session_state["_run"] = run.id if run else None
    if row:
        _begin_with(LESSON if _is_lesson(row) else TrainConfig())


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


def ask_for_new_data(wanted: bool = True) -> None:
    """Show the ways to bring pictures, or stop showing them."""
    st.session_state["_new_data"] = wanted


def wants_new_data() -> bool:
    """Say whether the ways to bring pictures are to be shown."""
    return bool(st.session_state.get("_new_data"))


# Settings of the next training


def train_config() -> TrainConfig:
    """Return the settings as they stand."""
    return st.session_state.get("_config") or TrainConfig()


def _begin_with(usual: TrainConfig) -> None:
    """Offer these settings unless a person has chosen other ones."""
    if train_config() != usual and train_config() in (LESSON, TrainConfig()):
        replace_config(usual)


def _is_lesson(row: store.DatasetRow) -> bool:
    """Say whether these are sample pictures, on which a class is to watch a head learn."""
    try:
        first = store.dataset(row.root_id)
    except UserError:  # removed for good; later versions can stay
        return False
    return (first.request or {}).get("source") in samples.SETS


def keep_config(config: TrainConfig) -> None:
    """Keep settings as the widgets have them."""
    st.session_state["_config"] = config


def replace_config(config: TrainConfig) -> None:
    """Take other settings, which the widgets are to show from now on."""
    st.session_state["_config"] = config
    st.session_state["_config_round"] = config_round() + 1


def config_round() -> int:
    """Return a number that changes when widgets must forget what they showed."""
    return int(st.session_state.get("_config_round", 0))


def value_of(key: str, default: Any = None) -> Any:
    """Return the value of the widget or component called `key`, if it was shown."""
    return st.session_state.get(key, default)


def set_value(key: str, value: Any) -> None:
    """Give the widget called `key` a value before it is drawn."""
    st.session_state[key] = value


def trial_of(run_id: str) -> str:
    """Return the trial in which new pictures are shown to a run's model here, "" before the first."""
    return st.session_state.get(f"_trial-{run_id}", "")


def note_trial(run_id: str, trial_id: str) -> None:
    """Remember the trial of a run's model."""
    st.session_state[f"_trial-{run_id}"] = trial_id


# Pictures chosen by clicking


def chosen_rows(key: str, default: Iterable[int] = ()) -> frozenset[int]:
    """Return the rows chosen in the gallery called `key`; before the first click `default`."""
    return st.session_state.get(f"_chosen-{key}", frozenset(default))


def keep_chosen_rows(key: str, rows: frozenset[int]) -> None:
    """Keep the rows as the gallery has them."""
    st.session_state[f"_chosen-{key}"] = rows


def choose_rows(key: str, rows: Iterable[int]) -> None:
    """Choose other rows, which the gallery is to show from now on."""
    st.session_state[f"_chosen-{key}"] = frozenset(rows)
    st.session_state[f"_chosen-round-{key}"] = choice_round(key) + 1


def choice_round(key: str) -> int:
    """Return a number that changes when the gallery must forget what it showed."""
    return int(st.session_state.get(f"_chosen-round-{key}", 0))


# Clicks and uploads


def click_token(*, clicked: bool) -> str:
    """Return the token of the Start button as it stands on the page.

    It is renewed only when the page is drawn without a click, so that the second click of a
    double click carries the token of the first and makes no second run.
    """
    if not clicked and st.session_state.pop("_click_taken", False):
        st.session_state.pop("_click", None)
    if "_click" not in st.session_state:
        st.session_state["_click"] = secrets.token_hex(12)
    if clicked:
        st.session_state["_click_taken"] = True
    return st.session_state["_click"]


def edit_token(dataset_id: str, change: str) -> str:
    """Return the token of one change to a data set: the same change, clicked twice, is one."""
    return hashlib.sha256(f"{session_id()} {dataset_id} {change}".encode()).hexdigest()


def session_id() -> str:
    """Return a random name of this session, to bind uploads to."""
    if "_session" not in st.session_state:
        st.session_state["_session"] = secrets.token_hex(12)
    return st.session_state["_session"]


def upload_token(issue: Callable[[str], str], expires: Callable[[str], int]) -> str:
    """Return the token of the next upload.

    Made by `issue` for this session when there is none, or when half its time, as `expires`
    tells, has passed; an upload that has begun keeps the one it began with.
    """
    kept = st.session_state.get("_upload")
    if kept is None or time.time() > kept[1]:
        token, now = issue(session_id()), time.time()
        st.session_state["_upload"] = (token, (now + expires(token)) / 2)
    return st.session_state["_upload"][0]


def forget_upload_token() -> None:
    """Take another token for the next upload."""
    st.session_state.pop("_upload", None)


def renew_upload_token() -> None:
    """Take another token and give it to the page at once."""
    forget_upload_token()
    st.rerun()


# Undo and notices


def note_deleted(kind: store.Kind, identifier: str, name: str) -> None:
    """Remember what was deleted, so that the next page can offer to bring it back."""
    st.session_state["_deleted"] = Deleted(kind, identifier, name)


def just_deleted() -> Deleted | None:
    """Return what was deleted last, until it is brought back or waved away."""
    return st.session_state.get("_deleted")


def forget_deleted() -> None:
    """Stop offering to bring it back."""
    st.session_state.pop("_deleted", None)


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
    """Replace ids that lead nowhere by the newest of their kind."""
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


def _is_of(run: store.RunRow, data: store.DatasetRow) -> bool:
    """Say whether a run trained on a data set or on another version of it."""
    return run.dataset_id == data.id or store.dataset(run.dataset_id).root_id == data.root_id


def _newest_run(data: store.DatasetRow) -> store.RunRow | None:
    """Return the newest run on a data set, else on any other version of it."""
    found = store.runs(dataset_id=data.id) or store.runs(root_id=data.root_id)
    return found[0] if found else None


def _known(identifier: str | None, look_up: Any) -> Any:
    if not identifier:
        return None
    try:
        found = look_up(identifier)
    except UserError:
        return None
    return None if found.deleted_at else found


def _other_params() -> dict[str, str]:
    return {
        name: value
        for name, value in st.query_params.to_dict().items()
        if name not in (*PLACES, "language")
    }

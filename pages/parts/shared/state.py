"""What one person's open tab remembers; the only file that touches the session.

It keeps ids and frozen settings. The address keeps the same ids, so that a refresh comes back to
the same place; everything worth keeping lies in the store.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tl_core.base.errors import UserError
from tl_core.config import LESSON, TrainConfig
from tl_core.samples import bundled
from tl_core.store import store

PLACES: tuple[store.Kind, ...] = ("project", "dataset", "run")
XSRF_COOKIE = "_streamlit_xsrf"
NOTICE_S = 20.0
"""For so long a message may be drawn again; the browser hides it after less."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Deleted:
    """Something that was just deleted and can be brought back."""

    kind: store.Kind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a data set to go to: by undoing the one that it `leaves`, or just by opening it."""

    id: str
    number: int
    leaves: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A short message about what has just been done, and the way back where there is one."""

    number: int
    text: str
    at: float
    undo: Deleted | Version | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What the address asked for and is not here; `gone` tells it where it was deleted."""

    kind: store.Kind
    gone: Deleted | None = None


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
            gone = Deleted(kind, row.id, row.name) if row else None
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
        note_known(row.root_id, row.version)
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
    return (first.request or {}).get("source") in bundled.SETS


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


def visitor() -> str:
    """Return a random name of this browser: the same in all its tabs and after a refresh.

    It is worked out from the cookie that Streamlit guards uploads with, whose mask changes while
    what it holds stays. Without that cookie the session stands for the browser.
    """
    try:
        _, mask, masked, _ = str(st.context.cookies.get(XSRF_COOKIE, "")).split("|")
        told = bytes(a ^ b for a, b in zip(bytes.fromhex(masked), cycle(bytes.fromhex(mask))))
    except ValueError:
        return session_id()
    return hashlib.sha256(told).hexdigest()[:24]


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


def tell(text: str, undo: Deleted | Version | None = None) -> None:
    """Say something at the lower edge of the page, wherever that is scrolled to.

    Args:
        text: what was done; shown as it is.
        undo: the way back.
    """
    number = st.session_state["_notices"] = st.session_state.get("_notices", 0) + 1
    st.session_state["_notice"] = Notice(number, text, time.time(), undo)


def notice() -> Notice | None:
    """Return the latest message, unless its time is over."""
    latest = st.session_state.get("_notice")
    return latest if latest is not None and time.time() - latest.at < NOTICE_S else None


def forget_notice() -> None:
    """Show the latest message no longer."""
    st.session_state.pop("_notice", None)


def note_undone(dataset_id: str) -> None:
    """Remember that a version was left by Undo, so that Redo comes back to it."""
    st.session_state["_undone"] = (*undone(), dataset_id)


def undone() -> tuple[str, ...]:
    """Return the versions that were left by Undo, the latest last."""
    return st.session_state.get("_undone", ())


def note_redone(dataset_id: str) -> None:
    """Forget that this version was left."""
    st.session_state["_undone"] = tuple(each for each in undone() if each != dataset_id)


def newest_known(root_id: str, newest: int) -> int:
    """Return the newest version of a data set that this tab has heard of, at first `newest`."""
    return st.session_state.setdefault("_known", {}).setdefault(root_id, newest)


def note_known(root_id: str, number: int) -> None:
    """Remember that this tab has heard of a version."""
    known = st.session_state.setdefault("_known", {})
    known[root_id] = max(number, known.get(root_id, 0))


# What is to be brought into sight


def scroll_to(key: str) -> None:
    """Bring what is drawn under `key` into sight when the page is drawn next."""
    st.session_state["_scroll"] = (key, secrets.token_hex(4))


def scroll_target() -> tuple[str, str]:
    """Return the key of what is to be brought into sight, and a name for this one time."""
    return st.session_state.get("_scroll", ("", ""))


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
            st.session_state["_gone"] = Deleted(kind, row.id, row.name)
            return


def gone() -> Deleted | None:
    """Return once what was deleted while it was open here, unless that was done here."""
    deleted = st.session_state.pop("_gone", None)
    latest = notice()
    is_told = latest is not None and isinstance(latest.undo, Deleted)
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

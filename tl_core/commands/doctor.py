"""`doctor`: whether this machine has what Graft needs, and what to do where it has not.

`doctor --repair` takes in again what lies in the home folder without a row in the store.
"""

import platform
import sys
from argparse import Namespace
from dataclasses import asdict
from importlib import metadata
from typing import Any

from tl_core.base import accelerator, cores, machine, settings
from tl_core.base.errors import UserError
from tl_core.commands.output import Output
from tl_core.home import adoption, repairing
from tl_core.jobs import engines
from tl_core.store import database

LIBRARIES = ("keras", "ai-edge-litert", "numpy", "pillow")
OLDEST, TOO_NEW = (3, 11), (3, 14)
ROOM_WANTED_BYTES = 2 * 1024**3


def doctor(arguments: Namespace, output: Output) -> None:
    """Print every check; exit with 2 if one fails that Graft cannot do without."""
    repaired = _repair(output) if arguments.repair else None
    backend = accelerator.backend()
    libraries = [_library(name) for name in ("streamlit", backend, *LIBRARIES)]
    checks = [
        _python(),
        *libraries,
        _device(),
        _engine(),
        _room(),
        _store(),
        *_folders(),
        *_weights(),
    ]
    failed = [check["check"] for check in checks if check["needed"] and not check["ok"]]
    output.result(
        {"ok": not failed, "missing": failed, "checks": checks}
        | ({} if repaired is None else {"repaired": repaired}),
        words=[line for check in checks for line in _lines(check)],
    )
    if failed:
        raise UserError(
            "doctor", "Not in order: {failed}.", "See the lines above.", failed=", ".join(failed)
        )


def _lines(check: dict[str, Any]) -> list[str]:
    mark = "ok" if check["ok"] else "MISSING" if check["needed"] else "note"
    line = f"{mark:8}{check['check']}: {check['value']}"
    return [line] if check["ok"] or not check["hint"] else [line, f"        {check['hint']}"]


def _check(name: str, ok: bool, value: object, hint: str = "", *, needed: bool) -> dict[str, Any]:
    return {"check": name, "ok": ok, "value": str(value), "hint": hint, "needed": needed}


def _python() -> dict[str, Any]:
    return _check(
        "python",
        OLDEST <= sys.version_info[:2] < TOO_NEW,
        f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "Use Python 3.11, 3.12 or 3.13.",
        needed=True,
    )


def _library(name: str) -> dict[str, Any]:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        # What a person chose instead of TensorFlow is not among what Graft installs.
        is_chosen = name == accelerator.backend() != "tensorflow"
        way = (
            "Install it, or unset KERAS_BACKEND to use TensorFlow."
            if is_chosen
            else "Run: make run"
        )
        return _check(name, False, "not installed", way, needed=True)
    return _check(name, True, version, needed=True)


def _device() -> dict[str, Any]:
    device = machine.device()
    memory = f"{machine.memory_bytes() / 1024**3:.1f} GiB of memory"
    return _check(
        "device", True, f"{device.name}, {cores.available()} cores, {memory}", needed=False
    )


def _engine() -> dict[str, Any]:
    try:
        engines.in_use()
    except UserError as error:
        return _check("engine", False, error.message, error.hint, needed=True)
    return _check("engine", True, settings.current().engine, needed=True)


def _room() -> dict[str, Any]:
    free = machine.free_disk_bytes(settings.current().home)
    return _check(
        "disk",
        free >= ROOM_WANTED_BYTES,
        f"{free / 1024**3:.1f} GiB free",
        "Free some space, or set GRAFT_HOME to a larger disk.",
        needed=False,
    )


def _store() -> dict[str, Any]:
    place = str(settings.current().home)
    try:
        repairing.examine()
        database.probe()
    except UserError as error:
        return _check("store", False, f"{place}: {error.message}", error.hint, needed=True)
    return _check("store", True, f"{place}, whole and writable", needed=True)


def _folders() -> list[dict[str, Any]]:
    """Report runs and data sets whose folders lie in the home although the store does not know them."""
    try:
        found = adoption.found()
    except UserError:  # told by the check of the store
        return []
    if not found.total:
        return []
    value = f"not in the store: {found}"
    way = "Take them in again: python -m tl_core doctor --repair"
    return [_check("folders", False, value, way, needed=False)]


def _repair(output: Output) -> dict[str, Any]:
    done = repairing.repair()
    if done.aside is not None:
        output.say(f"the store was put aside, as {done.aside}, and made anew")
    taken = done.taken
    output.say(
        f"taken in again: {taken}"
        + (f"; brought up to date: {taken.renewed}" if taken.renewed else "")
    )
    return {**asdict(taken), "put_aside": str(done.aside) if done.aside is not None else None}


def _weights() -> list[dict[str, Any]]:
    from tl_core.backbones import catalogue, weights

    here, missing, damaged = [], [], []
    for record in catalogue.BACKBONES.values():
        if record.embedded:
            continue
        try:
            weights.locate(record.name)
        except UserError as error:
            if error.code == "weights-damaged":
                damaged.append(_check("weights", False, error.message, error.hint, needed=False))
            else:
                missing.append(record.name)
        else:
            here.append(record.name)
    others = f"here: {', '.join(here) or 'none'}; to be fetched: {', '.join(missing) or 'none'}"
    found = _check(
        "weights",
        not missing,
        others,
        "Fetch what you want to use: python -m tl_core weights BACKBONE",
        needed=False,
    )
    return [_starter(), found, *damaged]


def _starter() -> dict[str, Any]:
    from tl_core.backbones import starter

    try:
        starter.checked_file()
        starter.checked_pooled_file()
    except UserError as error:
        return _check("starter", False, error.message, error.hint, needed=True)
    return _check("starter", True, "here, works without the internet", needed=True)

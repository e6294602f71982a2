"""What a server does once before it serves: make sure that it is alone and that it can keep things."""

import gc
import os
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path

from tl_core import store
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.locks import Lock
from tl_core.home import adoption, housekeeping
from tl_core.intake import uploads
from tl_core.jobs import engines, exact_head_chooser, watch
from tl_core.modalities.picture import bare
from tl_core.store import database, store_file
from tl_core.store.claim import claim

EXIT_REFUSED = 3
HOUSEKEEPING_EVERY_S = 3600
SWEEPING_EVERY_S = 30
READY_EVERY_S = 2


def start() -> None:
    """Claim the store for this server and keep its queue moving; safe to call again.

    A second server on the same store, or a store that cannot be written, ends the process at
    once with exit code 3 and one line that says why.
    """
    try:
        _start_once(settings.current().home)
    except UserError as error:
        print(f"graft: {error} [{error.code}]", file=sys.stderr, flush=True)
        # Not sys.exit: inside a web server's start-up that would become a traceback.
        os._exit(EXIT_REFUSED)


@lru_cache(maxsize=1)
def _start_once(home: Path) -> Lock:
    store_file.make_home()
    lock = claim(home)
    database.probe()
    _tell_of_strange_folders()
    exact_head_chooser.settle_all()
    engines.in_use()
    watch.keep_ticking()
    threading.Thread(target=_keep_house, name="housekeeping", daemon=True).start()
    threading.Thread(target=_get_ready, name="spare", daemon=True).start()
    threading.Thread(target=_sweep, name="sweeping", daemon=True).start()
    threading.Thread(target=_make_bare, name="bare", daemon=True).start()
    return lock


def _tell_of_strange_folders() -> None:
    """Say that store and home do not belong together; both stay as they are."""
    if not adoption.is_needed():
        return
    print(
        f"graft: The store does not know what lies in {settings.current().home}: {adoption.found()}. Nothing of it is removed. Take it in again on the Settings page, "
        "or with: python -m tl_core doctor --repair",
        file=sys.stderr,
        flush=True,
    )


def _keep_house() -> None:
    """Note rows that are not noted yet, then give back the room of what was deleted a week ago, hourly."""
    try:
        store.note_all()
    except Exception as error:  # noqa: BLE001 - a locked store; those rows are noted when they change
        print(f"housekeeping: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    while True:
        time.sleep(HOUSEKEEPING_EVERY_S)
        try:
            for owner in store.owners():
                housekeeping.empty_trash(owner=owner)
        except Exception as error:  # noqa: BLE001 - the next turn may go better
            print(f"housekeeping: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def _get_ready() -> None:
    """Let the engine prepare for the next run whenever nothing is at work."""
    while True:
        try:
            is_idle = not store.undone_runs() and not store.importing_datasets()
            engines.in_use().get_ready(is_idle=is_idle)
        except Exception as error:  # noqa: BLE001 - the next turn may go better
            print(f"spare: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        time.sleep(READY_EVERY_S)


def _sweep() -> None:
    """Remove uploads whose browser was closed, soon enough that many of them fill no disk; free memory."""
    while True:
        try:
            uploads.sweep()
        except OSError as error:
            print(f"sweeping: {error}", file=sys.stderr, flush=True)
        gc.collect()  # instead of after every run of a page, where people would wait for it
        time.sleep(SWEEPING_EVERY_S)


def _make_bare() -> None:
    """Take what earlier versions kept beside the pixels out of stored pictures, once for each store."""
    try:
        bare.go_through(settings.current().pictures_dir)
    except OSError as error:  # the next start goes on with it
        print(f"bare: {error}", file=sys.stderr, flush=True)

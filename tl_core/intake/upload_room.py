"""Who may send how much: bytes are reserved before they come, so that parts side by side pass no limit.

What has arrived counts by the files that lie there; what is on its way, by what was reserved for
it. Both are looked at under one lock, which belongs to the one server of a home folder.
"""

import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tl_core.base.errors import UserError
from tl_core.base.settings import current

STEP_BYTES = 8 * 1024**2
"""A body of unknown length reserves so much at a time, or what it needs where that is all there is."""

FREE_SHARE = 0.05
"""Of a small disk, so much stays free rather than GRAFT_FREE_DISK_BYTES."""

TOKENS_PER_SESSION, TOKENS_IN_ALL = 16, 4096
"""Tokens that are open at once; the oldest that has begun nothing gives way to a new one."""

UPLOADS_PER_SESSION, UPLOADS_PER_OWNER = 8, 256
"""Uploads on their way at once."""

PARTS_PER_SESSION, PARTS_PER_OWNER = 16, 256
"""Requests that send at once; a browser sends two."""

FOLDER_SUFFIX = ".upload"
"""A folder called so holds the parts of one upload, each an archive."""


@dataclass(eq=False, slots=True)
class Reservation:
    """Room that one request holds while it sends one part.

    Attributes:
        folder: of the upload; its name ends in the owner.
        owner: whose room it is.
        session: who sends.
        reserved: bytes that may come.
        written: bytes of them that lie on the disk already.
    """

    folder: Path
    owner: str
    session: str
    reserved: int = 0
    written: int = 0


@dataclass(slots=True)
class Room:
    """The book of one process: open tokens, and room that is held.

    Attributes:
        tag: begins the id of every token issued here; those of other processes, such as the one
            before a restart, are in no book and good by their signature alone.
    """

    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: set[Reservation] = field(default_factory=set)
    _open: "OrderedDict[str, str]" = field(default_factory=OrderedDict)
    _begun: dict[Path, str] = field(default_factory=dict)
    _arrived: dict[Path, int] = field(default_factory=dict)

    def new_token(self, session: str) -> str:
        """Return the id of a new token; older ones that have begun nothing are forgotten beyond the caps."""
        identifier = self.tag + secrets.token_hex(12)
        with self._lock:
            self._open[identifier] = session
            own = [known for known, whose in self._open.items() if whose == session]
            for known in own[:-TOKENS_PER_SESSION]:
                del self._open[known]
            while len(self._open) > TOKENS_IN_ALL:
                self._open.popitem(last=False)
        return identifier

    def has_forgotten(self, identifier: str) -> bool:
        """Say whether a token was issued here and given up since, for newer ones."""
        return identifier.startswith(self.tag) and not self.knows(identifier)

    def knows(self, identifier: str) -> bool:
        """Say whether a token of this process is still open."""
        with self._lock:
            return identifier in self._open

    def forget(self, identifier: str) -> None:
        """Take note that a token is spent."""
        with self._lock:
            self._open.pop(identifier, None)

    def enter(self, folder: Path, owner: str, session: str) -> Reservation:
        """Let one request begin to send into `folder`, with no bytes reserved yet.

        Raises:
            UserError: "upload-many" when this session or owner has too many uploads on their way,
                "upload-busy" when it sends too many parts at once.
        """
        with self._lock:
            of_owner = [held for held in self._held if held.owner == owner]
            of_session = [held for held in of_owner if held.session == session]
            if len(of_session) >= PARTS_PER_SESSION or len(of_owner) >= PARTS_PER_OWNER:
                raise UserError(
                    "upload-busy", "Many parts are being sent at once.", "Try again in a minute."
                )
            if not folder.is_dir() and not any(held.folder == folder for held in of_session):
                self._begin(folder, owner, session)
            reservation = Reservation(folder, owner, session)
            self._held.add(reservation)
            return reservation

    def grow(self, reservation: Reservation, total: int, *, at_once: bool = False) -> None:
        """Reserve until `total` bytes may come; all that may follow is reserved a step ahead.

        Args:
            reservation: whose bytes.
            total: how many bytes there will be, with those that came.
            at_once: reserve that number and no more.

        Raises:
            UserError: "upload-limit" beyond the limit of one upload, "uploads-limit" beyond that of
                all uploads of an owner, "disk-full" where too little of the disk would be left.
        """
        if total <= reservation.reserved:
            return
        with self._lock:
            wanted = total if at_once else max(total, reservation.reserved + STEP_BYTES)
            refusal = self._refusal(reservation, wanted)
            if refusal is not None and wanted > total:
                wanted, refusal = total, self._refusal(reservation, total)
            if refusal is not None:
                raise refusal
            reservation.reserved = wanted

    def leave(self, reservation: Reservation) -> None:
        """Give back what was held for a part that did not arrive."""
        with self._lock:
            self._held.discard(reservation)

    def settle(self, reservation: Reservation, received: int, keep: Callable[[], object]) -> None:
        """Let `keep` make a file of the part, which counts as one in the moment that nothing is held for it.

        Args:
            reservation: of the part.
            received: its bytes.
            keep: renames what was written; where it fails nothing has arrived.
        """
        with self._lock:
            arrived = self._arrived_in(reservation.folder)
            keep()
            self._arrived[reservation.folder] = arrived + received
            self._held.discard(reservation)

    def _begin(self, folder: Path, owner: str, session: str) -> None:
        on_their_way = _unfinished(owner) | {held.folder for held in self._held}
        self._begun = {path: whose for path, whose in self._begun.items() if path in on_their_way}
        of_session = [path for path, whose in self._begun.items() if whose == session]
        if len(of_session) >= UPLOADS_PER_SESSION or len(on_their_way) >= UPLOADS_PER_OWNER:
            raise UserError(
                "upload-many",
                "Too many uploads are on their way.",
                "Wait until one of them is done, then send it again.",
            )
        self._begun[folder] = session

    def _refusal(self, reservation: Reservation, wanted: int) -> UserError | None:
        limits = current()
        others = self._held - {reservation}
        in_upload = self._arrived_in(reservation.folder)
        in_upload += sum(held.reserved for held in others if held.folder == reservation.folder)
        if in_upload + wanted > limits.upload_limit_bytes:
            return too_large()
        folders = set(current().uploads_dir.glob(f"*-{reservation.owner}{FOLDER_SUFFIX}"))
        of_owner = sum(map(self._arrived_in, folders))
        of_owner += sum(held.reserved for held in others if held.owner == reservation.owner)
        if of_owner + wanted > max(limits.uploads_limit_bytes, limits.upload_limit_bytes):
            return too_many_bytes()
        still_to_come = sum(held.reserved - held.written for held in others)
        needed = still_to_come + wanted - reservation.written
        return None if has_room(needed) else disk_full()

    def _arrived_in(self, folder: Path) -> int:
        """Return the bytes of the parts that lie in a folder; counted once, then remembered."""
        if not folder.is_dir():
            self._arrived.pop(folder, None)
            return 0
        if folder not in self._arrived:
            parts = [file for file in folder.glob("[0-9]*") if not file.suffix]
            self._arrived[folder] = sum(map(_size, parts))
            self._arrived = {known: size for known, size in self._arrived.items() if known.is_dir()}
        return self._arrived[folder]


ROOM = Room()


def has_room(needed: int) -> bool:
    """Say whether `needed` bytes fit on the disk and leave what must stay free."""
    folder = current().uploads_dir
    folder.mkdir(parents=True, exist_ok=True)
    disk = shutil.disk_usage(folder)
    floor = min(current().free_disk_bytes, int(disk.total * FREE_SHARE))
    return needed <= 0 or disk.free - needed >= floor


def require_room(size_bytes: int) -> None:
    """Check that a file that came another way fits among the uploads.

    Raises:
        UserError: "upload-limit" or "disk-full".
    """
    if size_bytes > current().upload_limit_bytes:
        raise too_large()
    if not has_room(size_bytes):
        raise disk_full()


def _unfinished(owner: str) -> set[Path]:
    folders = current().uploads_dir.glob(f"*-{owner}{FOLDER_SUFFIX}")
    return {folder for folder in folders if not folder.with_suffix(".used").exists()}


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # handed over or swept meanwhile
        return 0


def too_large() -> UserError:
    return UserError(
        "upload-limit",
        "The upload is larger than the limit of {limit:.3g} GiB.",
        "Send fewer or smaller pictures, or raise GRAFT_UPLOAD_LIMIT_BYTES.",
        limit=current().upload_limit_bytes / 1024**3,
    )


def too_many_bytes() -> UserError:
    return UserError(
        "uploads-limit",
        "All uploads that wait to be imported are together larger than the limit of {limit:.3g} GiB.",
        "Wait until imports are done, then send it again, or raise GRAFT_UPLOADS_LIMIT_BYTES.",
        limit=current().uploads_limit_bytes / 1024**3,
    )


def disk_full() -> UserError:
    return UserError(
        "disk-full",
        "The disk is full.",
        "Free some space, then send it again.",
    )

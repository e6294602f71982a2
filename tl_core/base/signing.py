"""Keys of this home, one for each purpose, and what is signed with them."""

import contextlib
import hashlib
import hmac
import os
import secrets

from tl_core.base.settings import current

KEY_BYTES = 32


def signature(purpose: str, text: str) -> str:
    """Return the signature (64 hexadecimal digits) of `text` with the key kept for `purpose`."""
    return hmac.new(key(purpose), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def is_signed(purpose: str, text: str, told: str) -> bool:
    """Say whether `told` is the signature of `text`; the comparison takes the same time for every wrong one."""
    return hmac.compare_digest(told.encode("utf-8", "replace"), signature(purpose, text).encode())


def key(purpose: str) -> bytes:
    """Return the key in `PURPOSE.key`, made at first use and readable by its owner alone.

    Raises:
        ValueError: if the file is there and holds something else.
    """
    path = current().home / f"{purpose}.key"
    with contextlib.suppress(FileNotFoundError):
        return _whole(path.read_bytes(), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        with contextlib.suppress(FileExistsError):  # two at once: the first wins, both read it
            os.link(fresh, path)
    finally:
        fresh.unlink()
    return _whole(path.read_bytes(), str(path))


def _whole(found: bytes, path: str) -> bytes:
    if len(found) != KEY_BYTES:
        raise ValueError(f"{path} must hold {KEY_BYTES} bytes; it has {len(found)}. Remove it.")
    return found

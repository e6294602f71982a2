"""What logs never show: passwords, tokens, keys and cookies, wherever they turn up.

`install` puts the mask on everything that a process logs or prints as a fault: records of every
logger, tracebacks of every thread, and lines on standard error. Servers, commands and workers call
it before they do anything else.
"""

import io
import logging
import os
import re
import sys
import traceback
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

HIDDEN = "•••"
SECRET_NAMES = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL", "ACCESS_CODE")
SHORTEST_SECRET = 6
LONGEST_LINE = 64 * 1024
"""Characters kept back of a line that does not end."""

_NAMES = (
    r"[\w-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?(?:code|key)|"
    r"private[_-]?key|credential|authorization|xsrf|signature)[\w-]*"
)
_NAMED = re.compile(
    rf"(?i)\b({_NAMES})([\"']?\s*[=:]\s*)(?:bearer\s+|basic\s+)?"
    r"(?:b?\"[^\"\n]*\"|b?'[^'\n]*'|[^\s\"',;&]+)"
)
_COOKIE = re.compile(
    r"""(?i)\b((?:set-)?cookie)(["']?\s*[=:,]\s*b?["']?)[^"'\n]+|\b(_streamlit_\w+|graft_access)=[^\s;,"'&]+"""
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
# Up to the last @ before a blank: passwords may hold @ and / where nobody encoded them.
_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^/\s:@\"'<>]*:)[^\s\"'<>]*@", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s:@\"'<>]{8,}@", re.IGNORECASE)
_IN_PATH = re.compile(r"(/graft/(?:upload|download|page)/)[^\s/?\"'<>]+")
_PARAMETER = re.compile(r"(?i)([?&](?:code|sig|auth|key|session|sid|ticket|state)=)[^\s&#\"'<>]+")
_KNOWN = re.compile(r"\b(?:sk|pk|ghp|gho|hf|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{12,}")


def masked(text: str) -> str:
    """Return `text` without anything that looks like a password, token or key."""
    for value in secrets_in_force():
        text = text.replace(value, HIDDEN)
    text = _IN_URL.sub(rf"\1{HIDDEN}@", text)
    text = _USER_IN_URL.sub(rf"\1{HIDDEN}@", text)
    text = _COOKIE.sub(_without_value, text)
    text = _NAMED.sub(rf"\1\2{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _IN_PATH.sub(rf"\1{HIDDEN}", text)
    text = _PARAMETER.sub(rf"\1{HIDDEN}", text)
    return _KNOWN.sub(HIDDEN, text)


def secrets_in_force() -> list[str]:
    """Return what the environment tells that nobody else may know, the longest first."""
    found = set()
    for name, value in os.environ.items():
        if any(part in name.upper() for part in SECRET_NAMES):
            found.add(value)
        if "://" in value and "@" in value:
            found |= _passwords(value)
    return sorted((one for one in found if len(one) >= SHORTEST_SECRET), key=len, reverse=True)


def install() -> None:
    """Mask what this process logs and what its threads die of; safe to call again."""
    if getattr(logging.getLogRecordFactory(), "is_masking", False):
        return
    plain = logging.getLogRecordFactory()

    def masking(*args: Any, **more: Any) -> logging.LogRecord:
        return mask(plain(*args, **more))

    masking.is_masking = True  # pyright: ignore[reportFunctionMemberAccess]
    logging.setLogRecordFactory(masking)
    sys.stderr = Masked(sys.stderr)


def install_everywhere() -> None:
    """Mask logs, threads and standard output: for processes whose output becomes a log."""
    install()
    if not isinstance(sys.stdout, Masked):
        sys.stdout = Masked(sys.stdout)


def mask(record: logging.LogRecord) -> logging.LogRecord:
    """Mask a record: its text, the parts that it is filled from, and its traceback."""
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = masked("".join(traceback.format_exception(record.exc_info[1])))
    try:
        told = record.getMessage()
    except (TypeError, ValueError, KeyError):  # whoever logs wrongly is told so by the handler
        return record
    if masked(told) == told:
        return record
    if isinstance(record.args, tuple) and all(isinstance(one, str | int) for one in record.args):
        parts = tuple(masked(one) if isinstance(one, str) else one for one in record.args)
        # Some formatters, that of an access log among them, read the parts.
        if (
            masked(str(record.msg)) == record.msg
            and masked(record.msg % parts) == record.msg % parts
        ):
            record.args = parts
            return record
    record.msg, record.args = masked(told), None
    return record


class Masked(io.TextIOBase):
    """A stream that masks each line before it passes it on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        """Take text; whole lines go on at once."""
        self._begun += text
        end = max(self._begun.rfind("\n"), self._begun.rfind("\r")) + 1
        if len(self._begun) - end > LONGEST_LINE:
            end = len(self._begun)
        if end:
            whole, self._begun = self._begun[:end], self._begun[end:]
            self._stream.write(masked(whole))
        return len(text)

    def flush(self) -> None:
        """Pass on an unfinished line, too."""
        if self._begun:
            begun, self._begun = self._begun, ""
            self._stream.write(masked(begun))
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._stream.errors

    @property
    def buffer(self) -> Any:
        return self._stream.buffer


def _without_value(match: re.Match[str]) -> str:
    name, sign, own = match.groups()
    return f"{own}={HIDDEN}" if own else f"{name}{sign}{HIDDEN}"


def _passwords(address: str) -> set[str]:
    """Return the password in an address, as it stands there and as it is meant."""
    try:
        password = urlsplit(address).password or ""
    except ValueError:
        return set()
    return {password, unquote(password)}

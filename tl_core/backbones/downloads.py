"""A file fetched by HTTP, going on with what an earlier download left.

Import it where something is downloaded, not at the head of a module: httpx takes a moment that
whoever only looks for a file need not wait.
"""

import queue
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import certifi
import httpx

Progress = Callable[[int, int], None]


class StoppedError(Exception):
    """Somebody asked to stop; what has arrived is kept."""


class FetchError(Exception):
    """The file could not be had; says why in one line. What has arrived is kept."""


def fetch(
    url: str,
    target: Path,
    *,
    expected_bytes: int,
    limit_bytes: int,
    timeout_s: float,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Append to `target` what it lacks of the file at `url`.

    Where the server sends all of the file again, what was there is dropped.

    Args:
        url: http or https; redirections are followed.
        target: in a folder that is there.
        expected_bytes: of the whole file, where the server does not say.
        limit_bytes: more than this is not taken.
        timeout_s: how long the server may keep silent, its name's lookup included.
        on_progress: called with bytes there and bytes expected.
        should_stop: asked whenever something arrived.

    Raises:
        FetchError: the network does not answer, breaks off, or sends too much.
        StoppedError: `should_stop` said so.
    """
    try:
        with httpx.Client(
            timeout=timeout_s, follow_redirects=True, verify=_trusted(), http2=False
        ) as client:
            answer = _answer(client, url, target, timeout_s)
            try:
                with target.open("ab") as file:
                    _receive(answer, file, expected_bytes, limit_bytes, on_progress, should_stop)
            finally:
                answer.close()
    except httpx.HTTPStatusError as error:
        told = error.response
        raise FetchError(f"{told.status_code} {told.reason_phrase}") from error
    # ImportError and ValueError: a proxy in the environment that is none, or of a kind unknown.
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ImportError, ValueError) as error:
        raise FetchError(str(error) or type(error).__name__) from error


def _trusted() -> ssl.SSLContext:
    """Trust what this system trusts, a company's own authority too, and what Mozilla does."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _answer(client: httpx.Client, url: str, target: Path, timeout_s: float) -> httpx.Response:
    """Ask for what `target` lacks; empty it where the server sends all of the file again."""
    there = target.stat().st_size if target.exists() else 0
    if there:
        answer = _opened(client, url, {"Range": f"bytes={there}-"}, timeout_s)
        is_rest = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        if is_rest and answer.headers.get("Content-Range", "").startswith(f"bytes {there}-"):
            return answer
        if not is_rest and answer.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            answer.raise_for_status()
            target.unlink()
            return answer
        answer.close()
        target.unlink()
    return _opened(client, url, {}, timeout_s).raise_for_status()


def _opened(
    client: httpx.Client, url: str, headers: dict[str, str], timeout_s: float
) -> httpx.Response:
    """Ask for `url`, giving up after `timeout_s` whatever the name lookup does."""
    told: queue.SimpleQueue[httpx.Response | Exception] = queue.SimpleQueue()
    # As it is: a length that was squeezed on the way says nothing of the file.
    request = client.build_request("GET", url, headers=headers | {"Accept-Encoding": "identity"})

    def ask() -> None:
        try:
            told.put(client.send(request, stream=True))
        except (httpx.HTTPError, OSError, RuntimeError) as error:  # closed when nobody waits
            told.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = told.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError("no answer") from None
    if isinstance(found, Exception):
        raise found
    return found


def _receive(
    answer: httpx.Response,
    file: BinaryIO,
    expected_bytes: int,
    limit_bytes: int,
    on_progress: Progress | None,
    should_stop: Callable[[], bool],
) -> None:
    there = file.tell()
    length = answer.headers.get("Content-Length")
    whole = there + int(length) if length else 0
    try:
        for chunk in answer.iter_raw():  # whatever has arrived: a slow line is stopped as soon
            there += len(chunk)
            if there > limit_bytes:
                raise OSError("far more arrived than the file should have")
            file.write(chunk)
            file.flush()  # what has arrived counts, whatever happens next
            if on_progress:
                on_progress(there, max(whole or expected_bytes, there))
            if there != whole and should_stop():
                raise StoppedError
    except httpx.RemoteProtocolError as error:
        if there >= whole:
            raise
        raise OSError(f"the connection ended after {there:,} of {whole:,} bytes") from error

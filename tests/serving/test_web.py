"""The routes, with a model that answers without a process."""

import asyncio
import re

import httpx
import pytest

from tl_core.serving import faults, openapi, web
from tl_core.serving.limits import USUAL, Limits

TOKEN = "sixteen-signs-or-more"
SMALL = Limits(picture_bytes=1000, pictures=3, request_bytes=2500, held_bytes=3000)
HERE = "http://127.0.0.1:8600"


class Client:
    """Asks an application without a network."""

    def __init__(self, app, address: str = HERE, *, raises: bool = True) -> None:
        self.app, self._address, self._raises = app, address, raises

    def request(self, method: str, path: str, **how) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=self._raises)
            async with httpx.AsyncClient(transport=transport, base_url=self._address) as client:
                return await client.request(method, path, **how)

        return asyncio.run(asked())

    def get(self, path: str, **how) -> httpx.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, **how) -> httpx.Response:
        return self.request("POST", path, **how)


@pytest.fixture
def client(fake) -> Client:
    return Client(web.app(fake, limits=SMALL))


def files(*contents: bytes):
    return [("picture", (f"{place}.png", content)) for place, content in enumerate(contents)]


def code_of(answer) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"code", "message", "hint"} and told["message"] and told["hint"]
    return answer.status_code, told["code"]


def test_one_picture_gets_one_answer_as_a_body_or_in_a_form(client):
    alone = client.post("/predict", content=b"good")
    assert alone.status_code == 200 and alone.json()["label"] == "=plate"
    assert set(alone.json()) == set(
        openapi.document(USUAL, has_token=False)["components"]["schemas"]["Answer"]["properties"]
    )
    assert client.post("/predict", files=files(b"good")).json() == alone.json()


def test_several_pictures_get_a_list_and_a_bad_one_costs_only_itself(client):
    told = client.post("/predict", files=files(b"good", b"bad", b"good"))
    first, second, third = told.json()["answers"]
    assert told.status_code == 200
    assert (first["name"], first["label"]) == ("0.png", "=plate") and third["label"]
    assert second == {
        "name": "1.png",
        "error": {
            "code": "picture-damaged",
            "message": "The picture is damaged.",
            "hint": "Save it again.",
        },
    }


def test_a_picture_that_cannot_be_opened_is_a_fault_of_the_request(client):
    assert code_of(client.post("/predict", content=b"bad")) == (422, "picture-damaged")


def test_what_is_empty_or_malformed_is_said_to_be(client):
    assert code_of(client.post("/predict")) == (400, "no-picture")
    no_files = {"content-type": "multipart/form-data; boundary=x"}
    body = b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
    assert code_of(client.post("/predict", content=body, headers=no_files)) == (400, "no-picture")
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        told = client.post("/predict", content=b"hello", headers={"content-type": kind})
        assert code_of(told) == (400, "malformed")


def test_what_is_too_large_or_too_many_is_refused(client):
    async def chunks():
        for _ in range(3):
            yield b"x" * 400

    assert code_of(client.post("/predict", content=b"x" * 1001)) == (413, "too-large")
    assert code_of(client.post("/predict", content=chunks())) == (413, "too-large")
    assert code_of(client.post("/predict", files=files(b"x" * 1001))) == (413, "too-large")
    assert code_of(client.post("/predict", files=files(*[b"x" * 700] * 3))) == (413, "too-large")
    many = client.post("/predict", files=files(*[b"x"] * 4))
    assert code_of(many) == (413, "too-many-pictures")
    assert code_of(client.post("/predict", files=files(*[b"x"] * 9))) == (413, "too-many-pictures")


def test_what_does_not_arrive_is_given_up(fake):
    async def halting():
        yield b"x"
        await asyncio.sleep(60)

    async def dripping():
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    for limits, body in (
        (Limits(silence_s=0.05), halting()),
        (Limits(silence_s=5, whole_s=0.1), dripping()),
    ):
        client = Client(web.app(fake, limits=limits))
        assert code_of(client.post("/predict", content=body)) == (408, "silent")


def test_a_full_server_says_when_to_come_again_and_goes_on_later(client, fake):
    fake.fake.is_full = True
    told = client.post("/predict", content=b"good")
    assert code_of(told) == (429, "serving-busy") and told.headers["retry-after"] == "7"
    fake.fake.is_full = False
    assert client.post("/predict", content=b"good").status_code == 200


def test_what_all_requests_hold_together_is_limited_and_given_back(fake):
    limits = Limits(picture_bytes=1000, held_bytes=1500)
    client = Client(web.app(fake, limits=limits))
    for _ in range(5):  # each gives back what it held
        assert client.post("/predict", content=b"x" * 900).status_code == 200
    client = Client(web.app(fake, limits=Limits(picture_bytes=1000, held_bytes=500)))
    assert code_of(client.post("/predict", content=b"x" * 900)) == (429, "serving-busy")
    assert client.post("/predict", content=b"x" * 400).status_code == 200


def test_nothing_is_answered_without_the_token_but_the_pages_and_the_health(fake):
    client = Client(web.app(fake, TOKEN), "http://graft.example")
    for refused in (client.post("/predict", content=b"good"), client.get("/model")):
        assert code_of(refused) == (401, "token")
        assert refused.headers["www-authenticate"] == "Bearer"
    known = {"authorization": f"Bearer {TOKEN}"}
    assert client.post("/predict", content=b"good", headers=known).status_code == 200
    assert client.get("/model", headers=known).json()["classes"][1] == "=plate"
    for path in ("/", "/docs", "/openapi.json", "/health"):
        answer = client.get(path)
        assert answer.status_code == 200 and "plate" not in answer.text
        assert TOKEN not in answer.text


def test_health_says_when_the_model_is_ready(client, fake):
    assert client.get("/health").json() == {"status": "ready", "waiting": 0}
    fake.fake.is_ready = False
    assert client.get("/health").status_code == 503


def test_what_is_not_there_is_said_in_the_same_form(client):
    assert code_of(client.get("/nothing")) == (404, "not-there")
    assert code_of(client.get("/predict")) == (405, "method")


def test_a_fault_of_the_server_tells_nothing_of_itself(fake, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(fake, "answer_of", broken)
    client = Client(web.app(fake, limits=SMALL), raises=False)
    told = client.post("/predict", content=b"good")
    assert code_of(told) == (500, "internal") and "secret" not in told.text


def test_the_pages_load_nothing_from_elsewhere(client):
    for path in ("/", "/docs"):
        page = client.get(path)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert loaded and not [one for one in loaded if "//" in one]
        for one in loaded:
            if not one.startswith(("data:", "#")):
                assert client.get(f"/{one.removeprefix('./')}").status_code == 200


def test_the_document_describes_every_status_and_every_limit(client):
    document = client.get("/openapi.json").json()
    predict = document["paths"]["/predict"]["post"]
    statuses = {int(status) for status in predict["responses"]}
    assert statuses == {200, 422, *faults._STATUS.values()}
    assert f"at most {SMALL.pictures}" in predict["description"]


def test_the_model_ends_with_the_application(client, fake):
    async def lived() -> None:
        async with client.app.router.lifespan_context(client.app):
            assert not fake.is_closed

    asyncio.run(lived())
    assert fake.is_closed

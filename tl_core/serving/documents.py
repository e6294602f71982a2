"""The two pages of a served model: one to drop a picture on, one that says how programs ask."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from tl_core.base import speech
from tl_core.base.said import Said
from tl_core.serving import openapi
from tl_core.serving.limits import Limits

FOLDER = Path(__file__).with_name("page_files")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
WORDS = {
    "title": Said("Ask the model"),
    "drop": Said("Drop pictures here, paste one, or choose files"),
    "choose": Said("Choose pictures"),
    "token": Said("Token"),
    "token_help": Said("The server printed it when it was started."),
    "working": Said("Being answered …"),
    "unknown": Said("None of these: it looks like nothing that the model was taught."),
    "nothing": Said("It shows none of the labels."),
    "may_be": Said("It may be"),
    "unreachable": Said("The server does not answer."),
    "for_programs": Said("For programs"),
    "docs_title": Said("Ask the model from a program"),
    "to_page": Said("To the page for pictures"),
    "ask": Said("How to ask"),
    "answer": Said("What comes back"),
    "faults": Said("When something is wrong"),
    "other": Said("What else there is"),
    "field": Said("Field"),
    "meaning": Said("Meaning"),
    "status": Said("Status"),
}


def routes(limits: Limits, *, has_token: bool) -> list[Route]:
    """Return the pages and the two files that they need; nothing comes from elsewhere."""

    def rendered(name: str, request: Request) -> HTMLResponse:
        language = _language(request.headers.get("accept-language", ""))
        html = (
            _environment()
            .get_template(name)
            .render(
                words={key: speech.say(text, language) for key, text in WORDS.items()},
                language=language,
                has_token=has_token,
                document=openapi.document(limits, has_token=has_token),
                address=str(request.base_url).rstrip("/"),
            )
        )
        return HTMLResponse(html, headers=HEADERS)

    async def page(request: Request) -> Response:
        return rendered("index.html", request)

    async def docs(request: Request) -> Response:
        return rendered("docs.html", request)

    async def file(request: Request) -> Response:
        return FileResponse(FOLDER / request.url.path.removeprefix("/"), headers=HEADERS)

    return [
        Route("/", page, methods=["GET"]),
        Route("/docs", docs, methods=["GET"]),
        Route("/ask.js", file, methods=["GET"]),
        Route("/style.css", file, methods=["GET"]),
    ]


def _language(accepted: str) -> str:
    """Return the first language that a browser asks for and that there is."""
    wanted = (part.partition(";")[0].strip().replace("-", "_") for part in accepted.split(","))
    for name in wanted:
        for one in (name, name.partition("_")[0]):
            if one in speech.languages():
                return one
    return speech.ENGLISH


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

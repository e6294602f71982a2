"""What can be asked of a served model, as an OpenAPI document that is made here, of what holds."""

from typing import Any

from tl_core.serving.limits import MIB, Limits

VERSION = "3.1.0"
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_NAMES = {"type": "array", "items": {"type": "string"}}
_FAULT = {
    "type": "object",
    "required": ["code", "message", "hint"],
    "properties": {
        "code": {"type": "string", "description": "short and stable, for programs"},
        "message": {"type": "string", "description": "what is wrong"},
        "hint": {"type": "string", "description": "what to do about it"},
    },
}
_ANSWER = {
    "type": "object",
    "properties": {
        "task": {"type": "string", "description": "classify, multilabel or regress"},
        "label": {
            "type": "string",
            "description": "the most probable class; empty for other tasks",
        },
        "labels": {**_NAMES, "description": "the labels that the picture is said to show"},
        "probabilities": {
            "type": "object",
            "additionalProperties": _SHARE,
            "description": "of every class; empty for numbers",
        },
        "numbers": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "description": "in their own units; empty for classes",
        },
        "unknown": {
            **_SHARE,
            "type": ["number", "null"],
            "description": "share of known pictures that look at least as strange",
        },
        "is_unknown": {
            "type": ["boolean", "null"],
            "description": "whether it is none of what was taught; null where the model cannot tell",
        },
        "may_be": {
            "type": ["object", "null"],
            "description": "all that it may be: the truth is among it in at least the share coverage of cases",
            "properties": {
                "coverage": _SHARE,
                "classes": _NAMES,
                "ranges": {
                    "type": "object",
                    "description": "lowest and highest of each number",
                    "additionalProperties": {"type": "array", "items": {"type": "number"}},
                },
            },
        },
    },
}
_SEVERAL = {
    "type": "object",
    "properties": {
        "answers": {
            "type": "array",
            "description": "in the order of the files; each an answer, or an error, with the file's name",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "error": {"$ref": "#/components/schemas/Fault"},
                },
                "anyOf": [{"$ref": "#/components/schemas/Answer"}, {"required": ["error"]}],
            },
        }
    },
}
_FAULTS = {
    400: "there is no picture, or the form is damaged",
    401: "the token is missing or wrong",
    403: "the request comes from another site's page, or calls the server by another name",
    408: "the picture did not arrive",
    413: "a picture, the request, or their number is too large",
    415: "it is no picture of a kind that is opened",
    422: "the picture is damaged or took too long to open",
    429: "too many pictures are being answered; Retry-After says when to come again",
    503: "the model is not ready, or the server ends",
}


def document(limits: Limits, *, has_token: bool) -> dict[str, Any]:
    """Return the document, without anything about the model that only those with the token may know.

    Args:
        limits: in force.
        has_token: whether a token is asked for.
    """
    told: dict[str, Any] = {
        "openapi": VERSION,
        "info": {
            "title": "A model trained with Graft",
            "version": "1",
            "description": "Send pictures, get what the model says about them.",
        },
        "paths": {
            "/predict": {"post": _predict(limits)},
            "/model": {"get": _plain("What is served: task, classes, backbone, promises.")},
            "/health": {
                "get": _plain("200 once pictures are answered, 503 before; no token is asked for.")
                | {"security": []}
            },
        },
        "components": {"schemas": {"Answer": _ANSWER, "Answers": _SEVERAL, "Fault": _FAULT}},
    }
    if has_token:
        told["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        told["security"] = [{"token": []}]
    return told


def _predict(limits: Limits) -> dict[str, Any]:
    picture = {"schema": {"type": "string", "format": "binary"}}
    files = {
        "schema": {
            "type": "object",
            "properties": {
                "picture": {
                    "type": "array",
                    "maxItems": limits.pictures,
                    "items": {"type": "string", "format": "binary"},
                }
            },
        }
    }
    several = (
        f"One picture as the whole body (at most {limits.picture_bytes // MIB} MiB) gets one answer. A form with "
        f"several files (at most {limits.pictures}, together {limits.request_bytes // MIB} MiB) gets a list."
    )
    answers = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Answer", "Answers")]
    }
    fault = {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
    faults = {
        str(status): {"description": words, "content": fault} for status, words in _FAULTS.items()
    }
    return {
        "summary": "What the model says about pictures",
        "description": several,
        "requestBody": {
            "required": True,
            "content": {"image/*": picture, "multipart/form-data": files},
        },
        "responses": {
            "200": {
                "description": "the answer, or the answers",
                "content": {"application/json": {"schema": answers}},
            },
            **faults,
        },
    }


def _plain(words: str) -> dict[str, Any]:
    return {
        "summary": words,
        "responses": {
            "200": {
                "description": "as said",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }

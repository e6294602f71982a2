"""Which HTTP status belongs to which fault, and how it is told: {"code", "message", "hint"}."""

from starlette.responses import JSONResponse

from tl_core.base.errors import UserError

_STATUS = {
    "no-picture": 400,
    "malformed": 400,
    "picture-empty": 400,
    "token": 401,
    "foreign-page": 403,
    "foreign-host": 403,
    "silent": 408,
    "too-large": 413,
    "too-many-pictures": 413,
    "picture-too-large": 413,
    "picture-format": 415,
    "picture-heic": 415,
    "picture-avif": 415,
    "serving-busy": 429,
    "serving-ended": 503,
    "prediction-failed": 503,
}
_OTHERWISE = 422
"""A picture that cannot be opened, say."""


def told(error: UserError) -> dict[str, str]:
    """Return a fault as plain texts."""
    return {"code": error.code, "message": str(error.message), "hint": str(error.hint)}


def response(error: UserError, retry_after_s: int = 1) -> JSONResponse:
    """Return the answer that tells a fault.

    Args:
        error: what is wrong.
        retry_after_s: when to come again, told where there is too much to do.
    """
    status = _STATUS.get(error.code, _OTHERWISE)
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    if status in (429, 503):
        headers["retry-after"] = str(retry_after_s)
    return JSONResponse(told(error), status, headers=headers)


def malformed() -> UserError:
    """Return the fault of a form that is cut off or is none."""
    return UserError(
        "malformed",
        "The form with the pictures is damaged or cut off.",
        "Send multipart/form-data as a browser or curl -F does, or one picture as the whole body.",
    )


def no_picture() -> UserError:
    """Return the fault of a request without a picture."""
    return UserError(
        "no-picture",
        "The request holds no picture.",
        "Send a picture as the body, or files in multipart/form-data.",
    )


def too_large(most_bytes: int) -> UserError:
    """Return the fault of a body beyond a limit."""
    return UserError(
        "too-large",
        "What was sent is larger than {most} MiB.",
        "Send a smaller picture, or fewer in one request.",
        most=most_bytes // 1024**2,
    )


def silent() -> UserError:
    """Return the fault of a sender that stopped."""
    return UserError(
        "silent", "The picture did not arrive.", "Check the connection, send it again."
    )

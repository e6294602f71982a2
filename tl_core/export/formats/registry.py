"""Every export format, in the order in which people are offered them."""

from tl_core.base.errors import UserError
from tl_core.export.formats import (
    board,
    bundle,
    code,
    coreml,
    keras_zip,
    litert,
    litert8,
    litert16,
    onnx_zip,
    openvino_zip,
    project,
    savedmodel,
    server_zip,
    web_zip,
)
from tl_core.export.formats.format import Format, MadeOf

FORMATS: tuple[Format, ...] = (
    keras_zip.FORMAT,
    savedmodel.FORMAT,
    litert.FORMAT,
    litert16.FORMAT,
    litert8.FORMAT,
    coreml.FORMAT,
    board.FORMAT,
    onnx_zip.FLOAT32,
    onnx_zip.INT8,
    openvino_zip.FORMAT,
    web_zip.FORMAT,
    server_zip.FORMAT,
    bundle.FORMAT,
    code.FORMAT,
    project.FORMAT,
)


def get(name: str) -> Format:
    """Return the format called `name`.

    Raises:
        UserError: "format" when there is none.
    """
    for known in FORMATS:
        if known.name == name:
            return known
    raise UserError(
        "format",
        "There is no format called {kind!r}.",
        "Choose one of: {kinds}.",
        kind=name,
        kinds=", ".join(known.name for known in FORMATS),
    )


def made_of(what: MadeOf) -> tuple[Format, ...]:
    """Return the formats that are made of a run, or of a project."""
    return tuple(known for known in FORMATS if known.made_of == what)

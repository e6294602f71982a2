"""`explain`: why a trained model answers pictures as it does."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core.base.errors import UserError
from tl_core.commands.output import Output

if TYPE_CHECKING:
    from tl_core.jobs.explained import Explanation, Shown


def explain(arguments: Namespace, output: Output) -> None:
    """Explain the answer to each picture: what is left of it when its best part is hidden, and what it looks like."""
    from tl_core.jobs import admission, explained

    _require(arguments)
    told: list[dict[str, Any]] = []
    words: list[str] = []
    for number, picture in enumerate(arguments.pictures, start=1):
        with admission.admitted("predict"):
            found = explained.explain(arguments.run, picture, arguments.also)
        files: list[Path] = []
        if arguments.out is not None:
            files = _saved(found, arguments.out, f"{number:03}-{picture.stem}")
        told.append(_told(picture, found, files))
        words += _in_words(picture, found, files)
    output.result({"run": arguments.run, "explanations": told}, words)


def _require(arguments: Namespace) -> None:
    """Refuse what can be seen to be wrong before anything is loaded.

    Raises:
        UserError: "not-found", "no-output", "no-model".
    """
    from tl_core.jobs import predictor
    from tl_core.models import persist

    for path in arguments.pictures:
        if not path.is_file():
            raise UserError(
                "not-found", "There is no picture at {path}.", "Check the path.", path=path
            )
    known = persist.describe(predictor.model_folder(arguments.run)).classes
    for name in arguments.also:
        if name not in known:
            raise UserError(
                "no-output",
                "The model does not know “{name}”.",
                "It knows: {names}.",
                name=name,
                names=", ".join(known),
            )


def _saved(found: "Explanation", folder: Path, stem: str) -> list[Path]:
    from tl_core.jobs import explained

    try:
        return explained.save(found, folder, stem)
    except OSError as error:
        raise UserError(
            "out-write",
            "Nothing can be written to {path}: {why}.",
            "Choose another place with --out.",
            path=folder,
            why=error.strerror or error,
        ) from error


def _told(picture: Path, found: "Explanation", files: list[Path]) -> dict[str, Any]:
    """Return an explanation for programs; its pictures lie in files."""
    outputs = [{**asdict(one)} for one in found.shown]
    for one in outputs:
        del one["picture"]
    return {
        "picture": str(picture),
        "prediction": asdict(found.prediction),
        "outputs": outputs,
        "nearest": [asdict(one) for one in found.nearest],
        "files": [str(file) for file in files],
    }


def _in_words(picture: Path, found: "Explanation", files: list[Path]) -> list[str]:
    lines = [_printable(picture)]
    for one in found.shown:
        lines.append(f"  {_printable(one.name)}: {_value(one, one.value)}")
        if one.picture:
            lines.append(
                f"    with its best part hidden {_value(one, one.hidden)}, "
                f"with as much hidden elsewhere {_value(one, one.elsewhere)}"
            )
    if found.nearest:
        alike = (
            f"{_printable(one.truth or one.hash[:12])} ({one.likeness:.2f})"
            for one in found.nearest
        )
        lines.append(f"  looks like: {', '.join(alike)}")
    return lines + [f"  written: {file}" for file in files]


def _value(one: "Shown", value: float) -> str:
    return f"{100 * value:.0f} %" if one.is_share else f"{value:.4g}"


def _printable(text: object) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(text))

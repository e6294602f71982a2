"""Makes what a person downloads. Imports Keras: call it in a worker process."""

import json
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_core.backbones import weights
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.export import bundle, judged, keras_file, licences, names, parity
from tl_core.models import persist

_RUN_ID = re.compile(r"[0-9a-f]{24}")


def package(run: Path | str, kind: str, out: Path) -> dict[str, Any]:
    """Write the model of a run into `out` as one file ready to hand over.

    Args:
        run: the run's folder or id.
        kind: "keras" (a zip with the model, names, script, certificate and licence notes) or
            "bundle" (Graft's own file, for other copies of Graft).
        out: folder to write into.

    Returns:
        file (path), sha256, certificate (None for a bundle); for "keras" also model: the plain
        `.keras` file beside the zip, for programs that need nothing else.

    Raises:
        UserError: "format" when there is no such kind, "no-model" when the run has none, or why
            the model cannot be rebuilt.
    """
    make = _KINDS.get(kind)
    if make is None:
        raise UserError(
            "format",
            "There is no format called {kind!r}.",
            "Choose one of: {kinds}.",
            kind=kind,
            kinds=", ".join(_KINDS),
        )
    run_dir = _folder(run)
    if not (run_dir / "model" / persist.DESCRIPTION).is_file():
        raise UserError(
            "no-model", "This run has no model.", hint="Wait until it has finished, or train again."
        )
    out.mkdir(parents=True, exist_ok=True)
    title, run_id = _title(run_dir), names.run_id_of(run_dir)
    with tempfile.TemporaryDirectory(dir=out, prefix=".export-") as work:
        made = make(run_dir, Path(work))
        told: dict[str, Any] = {"certificate": made.certificate}
        for key, file in made.files.items():
            digest = weights.file_hash(file)
            path = out / names.download(title, run_id, digest, file.suffix)
            file.replace(path)
            told[key] = str(path)
            if key == "file":
                told["sha256"] = digest
    return told


@dataclass(frozen=True, slots=True)
class Made:
    """What a kind consists of: "file" is what is handed over, others lie beside it."""

    files: dict[str, Path]
    certificate: dict[str, Any] | None = None


def _keras(run_dir: Path, work: Path) -> Made:
    model_dir = run_dir / "model"
    described = persist.describe(model_dir)
    model = work / keras_file.MODEL
    keras_file.write(model_dir, model)
    script = keras_file.script(described)
    (made_files := work / "awkward").mkdir()
    expected = judged.with_awkward(judged.expected(run_dir, described), run_dir, made_files)
    certificate = parity.certify(model, expected, task=described.task, script=script)
    texts = {
        keras_file.CLASSES: json.dumps(described.classes, ensure_ascii=False, indent=1),
        keras_file.SCRIPT: script,
        "certificate.json": certificate.as_json(),
        "certificate.txt": certificate.as_text(),
        "LICENCES.txt": licences.text(described),
    }
    made = work / "package.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(model, keras_file.MODEL, zipfile.ZIP_STORED)
        for name, text in texts.items():
            archive.writestr(name, text)
    return Made({"file": made, "model": model}, json.loads(certificate.as_json()))


def _bundle(run_dir: Path, work: Path) -> Made:
    made = work / "model.graft"
    bundle.write(run_dir / "model", made)
    return Made({"file": made})


_KINDS: dict[str, Callable[[Path, Path], Made]] = {"keras": _keras, "bundle": _bundle}


def _folder(run: Path | str) -> Path:
    if isinstance(run, str) and _RUN_ID.fullmatch(run):
        return settings.current().runs_dir / run
    return Path(run)


def _title(run_dir: Path) -> str:
    """Return the classes in short; the run's own name may change, the file's need not follow."""
    described = persist.describe(run_dir / "model")
    return "graft-" + "-".join(names.safe(name) or "class" for name in described.classes[:3])

"""Makes what a person takes home, in any format. May import Keras: call it in a worker process."""

import json
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.backbones import weights
from tl_core.base import ids, settings, speech
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.evaluation.report.subject import Subject as Report
from tl_core.export import judged, names, parity, run_report, today
from tl_core.export.formats import beside, registry
from tl_core.export.formats.format import WRITTEN, Format, Handover, MadeOf, Subject, Written
from tl_core.models import persist
from tl_core.training.results import MODEL_DIR

_RUN_ID = re.compile(r"[0-9a-f]{24}")


def package(
    what: Path | str,
    kind: str,
    out: Path,
    *,
    owner: str | None = None,
    language: str = speech.ENGLISH,
    with_checkpoints: bool = False,
) -> dict[str, Any]:
    """Write a run's model, or a project, into `out` as one file ready to hand over.

    Args:
        what: the id of the run or project; the folder of a run will do.
        kind: the name of a format, see `formats.registry`.
        out: folder to write into.
        owner: whose project it is; None asks for the one in the settings.
        language: in which the texts beside a model are written.
        with_checkpoints: of a project, whether what its trainings go on from travels along.

    Returns:
        file (path), sha256, certificate (None for a format that is not held against the app), the same in words,
        renamed: today's names of classes that had another one when the model was trained; also
        model: the bare model beside its zip, for programs that need nothing else, and left_out:
        how many runs of a project could not be written.

    Raises:
        UserError: "format" when there is no such format, "format-package" when it needs a package
            that is missing, "no-model" when the run has none, or why it cannot be written.
    """
    format_ = registry.get(kind)
    format_.require_packages()
    subject = _SUBJECT_OF[format_.made_of](what, owner)
    subject = replace(subject, language=language, with_checkpoints=with_checkpoints)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=format_.work_prefix) as work:
        if format_.made_of == "run":
            subject = today.named(subject, Path(work))
        written = format_.write(subject, _new(Path(work) / WRITTEN))
        certificate = _certified(format_, subject, written, Path(work))
        told: dict[str, Any] = {
            "certificate": certificate and json.loads(certificate.as_json()),
            "renamed": dict(subject.renamed),
            "words": certificate.as_text(language) if certificate else "",
        }
        if written.left_out is not None:
            told["left_out"] = written.left_out
        files = {"file": written.file}
        if format_.beside:
            zipped = _zipped(format_, subject, written, certificate, Path(work))
            files = {"file": zipped} | ({"model": written.file} if format_.alone else {})
        for key, file in files.items():
            digest = weights.file_hash(file)
            suffix = format_.ending if key == "file" else file.suffix
            path = out / names.download(subject.title, subject.id, digest, suffix)
            file.replace(path)
            told[key] = str(path)
            if key == "file":
                told["sha256"] = digest
    return told


def _certified(
    format_: Format, subject: Subject, written: Written, work: Path
) -> parity.Certificate | None:
    """Return how closely the file answers as the app does, by the format's own runner."""
    ask = format_.ask
    if ask is None or (format_.goes_unchecked and not judged.is_possible(subject.folder)):
        return None
    described = persist.describe(subject.folder / MODEL_DIR)
    note = _note(written, described)
    size = sum(path.stat().st_size for path, _ in _parts(written.file))
    reason = format_.cannot_run()
    if reason is not None:
        untold = parity.not_run(reason, format_.allowed)
        return replace(untold, file_bytes=size, note=note)
    own = judged.expected(subject.folder, described)
    expected = judged.with_awkward(own, subject.folder, _new(work / "awkward"))
    certificate = parity.certify(
        lambda pictures: ask(written.file, pictures, described),
        expected,
        task=described.task,
        rules=described.rules,
        allowed=format_.allowed,
    )
    return replace(certificate, file_bytes=size, note=note)


def _parts(file: Path) -> list[tuple[Path, str]]:
    """Return the files that a model consists of, and what each is called in the zip."""
    paths = sorted(file.rglob("*")) if file.is_dir() else [file]
    return [(path, path.relative_to(file.parent).as_posix()) for path in paths if path.is_file()]


def _note(written: Written, described: persist.Description) -> str:
    """Return what to know of how a file was made, and of what its model stands on where that was one itself."""
    card = described.stands_on
    if card is None:
        return written.note
    stands_on = Said(
        "It was trained on another model, “{title}”, whose weights have the SHA-256 {hash}.",
        title=card.title,
        hash=card.weights_sha256,
    )
    if not written.note:
        return stands_on
    return Said("{first} {second}", first=written.note, second=stands_on)


def _zipped(
    format_: Format,
    subject: Subject,
    written: Written,
    certificate: parity.Certificate | None,
    work: Path,
) -> Path:
    """Put what lies beside the model into one zip with it; the model is not packed smaller."""
    made = Handover(
        format=format_,
        subject=subject,
        described=persist.describe(subject.folder / MODEL_DIR),
        file=written.file,
        certificate=certificate,
        report=_report(subject),
        holds=written.holds,
    )
    lying = beside.every(format_.beside)
    texts = {each.name: each.text(made) for each in lying if each is not beside.README}
    files = tuple(each for each in lying if texts.get(each.name))
    texts[beside.README.name] = beside.README.text(replace(made, files=files))
    zipped = work / "package.zip"
    if written.holds:
        written.file.replace(zipped)
    with zipfile.ZipFile(zipped, "a", zipfile.ZIP_DEFLATED) as archive:
        for path, name in () if written.holds else _parts(written.file):
            archive.write(path, name, zipfile.ZIP_STORED)
        for name, text in texts.items():
            if text:
                archive.writestr(name, text)
    return zipped


def _report(subject: Subject) -> Report | None:
    """Return what is known of the run beside its model; None where the store does not know it."""
    try:
        return run_report.subject(subject.id)
    except (UserError, OSError):
        return None


def _run(what: Path | str, owner: str | None) -> Subject:
    is_id = isinstance(what, str) and _RUN_ID.fullmatch(what)
    folder = settings.current().runs_dir / what if is_id else Path(what)
    if not (folder / MODEL_DIR / persist.DESCRIPTION).is_file():
        raise UserError(
            "no-model", "This run has no model.", hint="Wait until it has finished, or train again."
        )
    # The classes in short: the run's own name may change, the file's need not follow.
    described = persist.describe(folder / MODEL_DIR)
    title = "graft-" + "-".join(names.safe(name) or "class" for name in described.classes[:3])
    return Subject(names.run_id_of(folder), title, folder, owner)


def _project(what: Path | str, owner: str | None) -> Subject:
    found = store.project(str(what), owner=owner)
    return Subject(found.id, found.name, ids.project_folder(found.id), owner)


_SUBJECT_OF: dict[MadeOf, Callable[[Path | str, str | None], Subject]] = {
    "run": _run,
    "project": _project,
}


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder

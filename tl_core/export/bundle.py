"""Graft's own model file: a zip of text and safetensors, checked in full before it is used.

Nothing in it is executed. Foreign model files are refused unread: no way is known to tell a
harmful one from a harmless one.
"""

import hashlib
import re
import shutil
import zipfile
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tl_core.errors import UserError
from tl_core.models import catalogue, persist
from tl_core.said import Said

MANIFEST = "manifest.json"
MEMBERS = (persist.DESCRIPTION, persist.TAIL, persist.BACKBONE)
TEXT_LIMIT_BYTES = 16 * 1024**2
WEIGHTS_LIMIT_BYTES = 2 * 1024**3
CHUNK_BYTES = 1 << 20


class Manifest(BaseModel):
    """What a bundle says it holds: each file's SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["graft-bundle"] = "graft-bundle"
    version: Literal[1] = 1
    files: dict[str, str] = Field(max_length=len(MEMBERS))


def write(model_dir: Path, file: Path, *, with_backbone: bool = True) -> None:
    """Pack the model in `model_dir`.

    Args:
        with_backbone: also pack the pretrained weights, so that another computer needs no
            download. Those of the starter are never packed. Imports Keras when packing them.
    """
    described = persist.describe(model_dir)
    backbone = file.with_name(f".{persist.BACKBONE}")
    try:
        parts = [model_dir / persist.DESCRIPTION, model_dir / persist.TAIL]
        if with_backbone and not catalogue.get(described.backbone).embedded:
            persist.save_backbone(model_dir, backbone)
            parts.append(backbone)
        hashes = {part.name.lstrip("."): _hash(part) for part in parts}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(MANIFEST, Manifest(files=hashes).model_dump_json(indent=1))
            for part in parts:
                archive.write(part, part.name.lstrip("."))
    finally:
        backbone.unlink(missing_ok=True)


def read(file: Path, folder: Path) -> persist.Description:
    """Check a bundle that came from anywhere and unpack it into `folder` as a model folder.

    Raises:
        UserError: "E-MODEL-FORMAT" when it is not one of ours, damaged, or does not fit together.
            Nothing is left in `folder` then.
    """
    folder.mkdir(parents=True)
    try:
        _unpack(file, folder)
        return _checked(folder)
    except UserError as error:
        shutil.rmtree(folder, ignore_errors=True)
        if error.code != "model-format":
            raise
        why = error.message
        raise _refused(why.values["reason"] if isinstance(why, Said) else why) from error
    except (zipfile.BadZipFile, ValidationError, OSError, ValueError, NotImplementedError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _refused(_foreign(file) or Said("it is damaged or not a Graft model")) from error


def _unpack(file: Path, folder: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if MANIFEST not in names or len(names) != len(set(names)):
            raise _refused(_foreign(file) or Said("it has no manifest"))
        manifest = Manifest.model_validate_json(_text(archive, MANIFEST))
        if {*names} != {MANIFEST, *manifest.files} or not {*manifest.files} <= {*MEMBERS}:
            raise _refused(Said("it holds other files than its manifest says"))
        for name, expected in manifest.files.items():
            limit = TEXT_LIMIT_BYTES if name.endswith(".json") else WEIGHTS_LIMIT_BYTES
            if _copy(archive, name, folder / name, limit) != expected:
                raise _refused(
                    Said("{name} is not what the manifest says; it is damaged", name=name)
                )


def _copy(archive: zipfile.ZipFile, name: str, target: Path, limit: int) -> str:
    member = archive.getinfo(name)
    if not _plain(member) or member.file_size > limit:
        raise _refused(Said("{name} is packed or larger than any model needs", name=name))
    digest, copied = hashlib.sha256(), 0
    with archive.open(member) as source, target.open("wb") as stream:
        while chunk := source.read(CHUNK_BYTES):
            copied += len(chunk)
            if copied > limit:
                raise _refused(Said("{name} is larger than it says", name=name))
            digest.update(chunk)
            stream.write(chunk)
    return digest.hexdigest()


def _text(archive: zipfile.ZipFile, name: str) -> bytes:
    member = archive.getinfo(name)
    if not _plain(member) or member.file_size > TEXT_LIMIT_BYTES:
        raise _refused(Said("its manifest is too large"))
    return archive.read(member)


def _plain(member: zipfile.ZipInfo) -> bool:
    """Return whether the member is neither packed nor encrypted, so that it cannot swell."""
    return member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1


def _checked(folder: Path) -> persist.Description:
    described = persist.describe(folder)
    if _hash(folder / persist.TAIL) != described.tail_sha256:
        raise _refused(
            Said("{name} does not belong to {other}", name=persist.TAIL, other=persist.DESCRIPTION)
        )
    shapes = persist.stored_shapes(folder / persist.TAIL)
    outputs = shapes.get("head/logits/bias")
    if outputs != (len(described.classes),):
        raise _refused(
            Said(
                "it names {count} classes, but the model has {found} outputs",
                count=len(described.classes),
                found=outputs[0] if outputs else Said("no"),
            )
        )
    if (folder / persist.BACKBONE).is_file():
        persist.stored_shapes(folder / persist.BACKBONE)
    return described


def _foreign(file: Path) -> str:
    """Return what the file seems to be, when it is another program's model."""
    with file.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"\x89HDF"):
        return Said("it is an HDF5 file (.h5)")
    if head[:1] == b"\x80" or head.startswith((b"c__", b"ccopy_reg")):
        return Said("it is a Python pickle")
    if head[4:8] == b"TFL3":
        return Said("it is a LiteRT file (.tflite)")
    if not head.startswith(b"PK"):
        return ""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return ""
    if "config.json" in names and any(name.endswith(".h5") for name in names):
        return Said("it is a Keras file (.keras)")
    if any(re.search(r"(^|/)saved_model\.pb$", name) for name in names):
        return Said("it is a TensorFlow SavedModel")
    return Said("it is a PyTorch file") if any(name.endswith("data.pkl") for name in names) else ""


def _refused(reason: str) -> UserError:
    return UserError(
        "E-MODEL-FORMAT",
        "This file cannot be opened as a model: {reason}.",
        hint="Choose a file that Graft itself exported (.graft). Models of other programs are"
        " never opened, because they can carry harmful code.",
        reason=reason,
    )


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""Graft's own model file: a zip of text and safetensors, checked in full before it is used.

Nothing in it is executed. Foreign model files are refused unread: no way is known to tell a
harmful one from a harmless one.
"""

import math
import re
import shutil
import zipfile
from pathlib import Path

from pydantic import ValidationError

from tl_core.backbones import catalogue, stages, weight_files, weights
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.graft_files import sealed
from tl_core.intake import zip_directory
from tl_core.models import detector_file, persist

KIND = "graft-bundle"
MEMBERS = (persist.DESCRIPTION, persist.TAIL, persist.BACKBONE, detector_file.FILE)
TEXT_LIMIT_BYTES = 16 * 1024**2
WEIGHTS_LIMIT_BYTES = 2 * 1024**3
FOREIGN_ENTRIES, FOREIGN_DIRECTORY_BYTES = 10_000, 4 * 1024**2
"""Of another program's file, what is looked at to call it by its name."""


def write(model_dir: Path, file: Path, *, with_backbone: bool = True) -> None:
    """Pack the model in `model_dir`.

    Args:
        with_backbone: also pack the pretrained weights, so that another computer needs no
            download. Those of the starter are never packed. Imports Keras when packing them.
    """
    described = persist.describe(model_dir)
    backbone = file.with_name(f".{persist.BACKBONE}")
    try:
        parts = [(name, model_dir / name) for name in files_of(model_dir, described)]
        if with_backbone and needs_backbone(described):
            persist.save_backbone(model_dir, backbone)
            parts.append((persist.BACKBONE, backbone))
        sealed.write(file, KIND, parts)
    finally:
        backbone.unlink(missing_ok=True)


def files_of(model_dir: Path, described: persist.Description) -> tuple[str, ...]:
    """Return the names of what a model consists of beside pretrained weights."""
    has_detector = detector_file.load(model_dir, described.tail_sha256) is not None
    return (persist.DESCRIPTION, persist.TAIL, *((detector_file.FILE,) if has_detector else ()))


def discard(folder: Path) -> None:
    """Remove what was unpacked of a file that is refused."""
    shutil.rmtree(folder, ignore_errors=True)


def refused_as_too_much() -> UserError:
    """Return the refusal of a file that takes more time or memory to check than any of ours."""
    return _refused(Said("checking it takes more time or memory than a model ever should"))


def needs_backbone(described: persist.Description) -> bool:
    """Say whether a model stands on pretrained weights that another computer may lack."""
    is_all_learnt = described.trainable_stages == len(stages.of(described.backbone))
    is_here_always = catalogue.get(described.backbone).embedded and described.stands_on is None
    return not is_all_learnt and not is_here_always


def read(file: Path, folder: Path) -> persist.Description:
    """Check a bundle that came from anywhere and unpack it into `folder` as a model folder.

    Raises:
        UserError: "E-MODEL-FORMAT" when it is not one of ours, damaged, or does not fit together.
            Nothing is left in `folder` then.
    """
    folder.mkdir(parents=True)
    try:
        sealed.unpack(file, folder, KIND, limit_bytes, most_entries=len(MEMBERS) + 1)
        return checked(folder)
    except UserError as error:
        discard(folder)
        if error.code != "model-format":
            raise
        why = error.message
        reason = why.values["reason"] if isinstance(why, Said) else why
        raise _refused(reason) from error
    except sealed.BrokenError as error:
        discard(folder)
        raise _refused(_foreign(file) or error.reason) from error
    except (zipfile.BadZipFile, ValidationError, OSError, ValueError, NotImplementedError) as error:
        discard(folder)
        raise _refused(_foreign(file) or Said("it is damaged or not a Graft model")) from error


def limit_bytes(name: str) -> int:
    """Return how large a file of a model may be, 0 for one that no model has."""
    if name not in MEMBERS:
        return 0
    if name == detector_file.FILE:
        return detector_file.LIMIT_BYTES
    return TEXT_LIMIT_BYTES if name.endswith(".json") else WEIGHTS_LIMIT_BYTES


def checked(folder: Path) -> persist.Description:
    """Return what a model folder of unknown origin describes, once all of it fits together.

    Nothing is built for that: a network that its own file does not hold in full, weight by weight,
    is refused, so that none takes more memory than the bytes that arrived and the backbone itself.

    Raises:
        UserError: "E-MODEL-FORMAT", or "model-format" where a file cannot be read.
    """
    described = persist.describe(folder)
    if weights.file_hash(folder / persist.TAIL) != described.tail_sha256:
        raise _refused(
            Said("{name} does not belong to {other}", name=persist.TAIL, other=persist.DESCRIPTION)
        )
    _check_head(described, weight_files.stored_shapes(folder / persist.TAIL))
    _check_size(folder / persist.TAIL, "tail/", described.tail_parameters())
    if (folder / persist.BACKBONE).is_file():
        check_backbone(folder / persist.BACKBONE, described.backbone)
        _check_base(folder / persist.BACKBONE, described)
    if (folder / detector_file.FILE).is_file():
        _check_detector(folder, described)
    return described


def check_backbone(file: Path, architecture: str) -> None:
    """Refuse weights of unknown origin that are not as many as a backbone has, or that are no numbers.

    Raises:
        UserError: "E-MODEL-FORMAT" or "model-format".
    """
    total = sum(stage.parameters for stage in stages.of(architecture))
    _check_size(file, "backbone/", total)


def _check_base(file: Path, described: persist.Description) -> None:
    """Refuse other weights than those of the model that this one says to stand on."""
    card = described.stands_on
    if card is not None and weights.file_hash(file) != card.weights_sha256:
        raise _refused(
            Said("{name} does not belong to {other}", name=file.name, other=persist.DESCRIPTION)
        )


def _check_detector(folder: Path, described: persist.Description) -> None:
    """Refuse a detector that belongs to other weights or takes features of another length."""
    detector = detector_file.checked(folder / detector_file.FILE, described.tail_sha256)
    channels = stages.of(described.backbone)[-1].shape_at(described.entry.size)[-1]
    if len(detector.space.middle) != channels:
        raise _refused(
            Said("{name} does not belong to {other}", name=detector_file.FILE, other=persist.TAIL)
        )


def _check_head(described: persist.Description, stored: dict[str, tuple[int, ...]]) -> None:
    expected = described.head_shapes()
    outputs = stored.get("head/logits/bias")
    if outputs != expected["head/logits/bias"]:
        raise _refused(
            counted(
                "it names {count} class, but the model has {found}",
                "it names {count} classes, but the model has {found}",
                len(described.classes),
                found=counted("{count} output", "{count} outputs", outputs[0] if outputs else 0),
            )
        )
    for name in sorted(expected):
        if stored.get(name) != expected[name]:
            raise _refused(
                Said(
                    "its weights “{name}” have the shape {shape}, but its settings ask for {needed}",
                    name=name,
                    shape=stored.get(name, Said("none")),
                    needed=expected[name],
                )
            )
    for name in sorted(set(stored) - set(expected)):
        if not name.startswith("tail/"):
            raise _refused(Said("it holds weights that no network has, “{name}”", name=name[:80]))


def _check_size(file: Path, prefix: str, parameters: int) -> None:
    """Refuse weights that are not as many as the backbone has there, or that are no numbers."""
    shapes = weight_files.stored_shapes(file)
    found = sum(math.prod(shape) for name, shape in shapes.items() if name.startswith(prefix))
    if found != parameters:
        raise _refused(
            Said(
                "{name} holds {found} numbers of the backbone, which has {needed} there",
                name=file.name,
                found=found,
                needed=parameters,
            )
        )
    odd = weight_files.first_not_finite(file)
    if odd:
        raise _refused(Said("its weights “{name}” hold values that are no numbers", name=odd[:80]))


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
    with file.open("rb") as stream:
        found = zip_directory.measure(
            stream, most_entries=FOREIGN_ENTRIES, most_bytes=FOREIGN_DIRECTORY_BYTES
        )
    if (
        found is None
        or found.entries > FOREIGN_ENTRIES
        or found.size_bytes > FOREIGN_DIRECTORY_BYTES
    ):
        return ""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
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

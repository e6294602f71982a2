"""Gathers what a container needs to serve a model: this very Graft, the model in its light form, exact versions.

The program is the one that answers here, so the answers are the same; the model is the form that needs no
TensorFlow, so the container is small.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

from tl_core.backbones import catalogue, starter
from tl_core.base import accelerator
from tl_core.base.errors import UserError
from tl_core.encoding import trunk
from tl_core.export import estimate
from tl_core.models import detector_file, persist
from tl_core.training import answering, light, looking

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
PACKAGES = (
    "ai-edge-litert",
    "charset-normalizer",
    "filelock",
    "jinja2",
    "numpy",
    "pillow",
    "pillow-heif",
    "psutil",
    "pyarrow",
    "pydantic",
    "pydantic-settings",
    "python-multipart",
    "safetensors",
    "scipy",
    "starlette",
    "uvicorn",
)
"""What serving imports, in the process that serves and in its children."""
PROGRAM_BYTES, WEIGHT_BYTES = 1.5e6, 3.7
"""About what the program takes in the zip, what tells "none of these" with it, and one weight, packed."""
OTHERWISE_NAMED = {"pillow": "PIL", "scikit-learn": "sklearn"}
"""Modules of packages that are not called as these are."""
LEFT_OUT = ("__pycache__", ".pyc", ".so")
PROGRAM, MODEL, HOME = Path("app"), Path("model"), Path("home")
Lying = dict[Path, bytes | Path]
"""Where something lies in the zip, and what it is: its bytes, or a file."""


def gathered(model: Path) -> Lying:
    """Return all that lies in the zip; imports TensorFlow where the model lacks its light form.

    Raises:
        UserError: "server-light" where it cannot be made here, or as `persist.load_model`.
    """
    return {**_recipe(), **_program(model), **_model(model)}


def requirements() -> str:
    """Return what is installed, in the versions that are in use here."""
    return "".join(f"{name}=={metadata.version(name)}\n" for name in PACKAGES)


def expected_bytes(described: persist.Description) -> float:
    """Return about how large the zip of a model will be."""
    is_starter = catalogue.get(described.backbone).embedded and described.stands_on is None
    if is_starter and not described.trainable_stages:
        return PROGRAM_BYTES + starter.POOLED_FILE.stat().st_size
    return PROGRAM_BYTES + WEIGHT_BYTES * estimate.weights(described)


def hidden() -> set[str]:
    """Return the modules of all that Graft comes with and a container lacks."""
    named = re.findall(r"^[a-z0-9-]+", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    missing = {*named} - {*PACKAGES}
    return {OTHERWISE_NAMED.get(name) or name.replace("-", "_") for name in missing}


def _recipe() -> Lying:
    """Return how the container is made and started."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    recipe = (FOLDER / "Dockerfile").read_text("utf-8").replace("{python}", version)
    return {
        Path("Dockerfile"): recipe.encode(),
        Path("compose.yaml"): FOLDER / "compose.yaml",
        Path("requirements.txt"): requirements().encode(),
        Path(".dockerignore"): b"**/__pycache__\n",
    }


def _program(model: Path) -> Lying:
    """Return Graft's core, and of its assets what a served model reads."""
    code = (path for path in sorted((ROOT / "tl_core").rglob("*")) if path.is_file())
    lying: Lying = {
        PROGRAM / path.relative_to(ROOT): path
        for path in code
        if not set(LEFT_OUT) & {*path.parts, path.suffix}
    }
    assets = [ROOT / "LICENSE", *sorted((ROOT / "assets" / "translations").rglob("*.mo"))]
    if persist.describe(model).backbone == "starter":
        assets.append(starter.POOLED_FILE)
    return lying | {PROGRAM / path.relative_to(ROOT): path for path in assets}


def _model(model: Path) -> Lying:
    """Return the model in its light form, with the converted frozen part where it looks for it."""
    if not answering.is_light(model):
        if accelerator.backend() != "tensorflow":
            raise UserError(
                "server-light",
                "The form of the model that a server takes is made by TensorFlow, and this Graft runs on {backend}.",
                "Pack it for Graft, and make the server's file there, with KERAS_BACKEND=tensorflow.",
                backend=accelerator.backend(),
            )
        looking.prepare(model)
    described, frozen = persist.describe(model), light.trunk_of(model)
    names = [persist.DESCRIPTION, persist.TAIL, light.BODY, light.TAIL]
    if detector_file.load(model, described.tail_sha256) is not None:
        names.append(detector_file.FILE)
    lying: Lying = {MODEL / name: model / name for name in names if (model / name).is_file()}
    lying[MODEL / light.ABOUT] = light.about(frozen)
    converted = trunk.converted(frozen) if frozen else None
    if frozen and converted and converted != starter.POOLED_FILE:
        lying[HOME / "cache" / "trunks" / f"{frozen.key}.tflite"] = converted
    else:
        lying[HOME / ".keep"] = b""
    return lying

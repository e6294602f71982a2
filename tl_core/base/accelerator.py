"""What Keras computes with: its backend and the graphics card, told without importing either."""

import json
import os
import platform
import subprocess
from ctypes.util import find_library
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

ASK_TIMEOUT_S = 5
JAX_PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")


@lru_cache(maxsize=1)
def gpu() -> str:
    """Return the name of the first NVIDIA GPU, empty without one or where Keras cannot use it.

    The driver alone is not enough: TensorFlow may be built, or installed, without CUDA.
    """
    # Wheels that use a GPU exist for Linux alone.
    if platform.system() != "Linux" or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return ""
    return _told_by_driver() if _backend_has_cuda() else ""


def backend() -> str:
    """Return the name of Keras's backend, looked up as Keras does: in the environment, else in its own file."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen
    folder = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        return str(json.loads((Path(folder) / "keras.json").read_text("utf-8"))["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def converts() -> bool:
    """Say whether frozen parts are converted for LiteRT: it needs TensorFlow, and a GPU is faster still."""
    return backend() == "tensorflow" and not gpu()


def _backend_has_cuda() -> bool:
    if backend() == "jax":
        return any(find_spec(plugin) for plugin in JAX_PLUGINS)
    return _is_cuda_build() and _is_cuda_here()


def _is_cuda_build() -> bool:
    """Read TensorFlow's own note of how it was built; importing it would take seconds."""
    found = find_spec("tensorflow")
    if found is None or found.origin is None:
        return False
    note = Path(found.origin).parent / "python" / "platform" / "build_info.py"
    try:
        return "'is_cuda_build', True" in note.read_text("utf-8")
    except OSError:
        return False


def _is_cuda_here() -> bool:
    """Say whether CUDA's libraries lie beside TensorFlow, as `tensorflow[and-cuda]` puts them, or in the system."""
    try:
        if find_spec("nvidia.cuda_runtime") is not None:
            return True
    except ModuleNotFoundError:
        pass
    return find_library("cudart") is not None


def _told_by_driver() -> str:
    try:
        told = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=ASK_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.partition("\n")[0].strip()

"""What this machine offers: the device that will train, cores, memory, disk. No TensorFlow."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import psutil

ASK_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Device:
    """What will train: its kind and the name that a person knows it by."""

    kind: Literal["gpu", "cpu"]
    name: str


@lru_cache(maxsize=1)
def device() -> Device:
    """Return the first NVIDIA GPU that its driver names, else the processor."""
    name = _nvidia()
    return Device("gpu", name) if name else Device("cpu", _cpu())


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Return how much memory the machine has."""
    return psutil.virtual_memory().total


def free_disk_bytes(folder: Path) -> int:
    """Return the free space on the disk that holds `folder`, or would hold it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _nvidia() -> str:
    """Return the name of the first GPU, empty without one or where TensorFlow cannot use it."""
    # TensorFlow's wheels use a GPU on Linux alone.
    if platform.system() != "Linux" or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return ""
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


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

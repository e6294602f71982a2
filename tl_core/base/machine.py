"""What this machine offers: the device that will train, cores, memory, disk. No TensorFlow."""

import platform
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import psutil

from tl_core.base import accelerator, cores
from tl_core.base.said import counted


@dataclass(frozen=True, slots=True)
class Device:
    """What will train: its kind and the name that a person knows it by."""

    kind: Literal["gpu", "cpu"]
    name: str


@lru_cache(maxsize=1)
def device() -> Device:
    """Return the first NVIDIA GPU that Keras can use, else the processor."""
    name = accelerator.gpu()
    return Device("gpu", name) if name else Device("cpu", _cpu())


def in_words() -> str:
    """Return the processor, its cores and the system: "Xeon, 2 cores, Linux"."""
    return counted(
        "{cpu}, {count} core, {system}",
        "{cpu}, {count} cores, {system}",
        cores.available(),
        cpu=_cpu(),
        system=platform.system(),
    )


def memory_bytes() -> int:
    """Return how much memory the machine has."""
    return psutil.virtual_memory().total


def free_disk_bytes(folder: Path) -> int:
    """Return the free space on the disk that holds `folder`, or would hold it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

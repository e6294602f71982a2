"""What this machine can do: measured once in under a second, then corrected by every run.

Kept in GRAFT_HOME/cache/machine.json. A damaged or missing file is simply measured again.
Imports no TensorFlow.
"""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from tl_core.backbones import catalogue
from tl_core.base import files, settings

SIDE = 768
NEWEST_SHARE = 0.5
"""How much the latest run counts against what was learnt before."""
LARGEST_FACTOR = 20.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Speed of this machine.

    Attributes:
        gigaflops: of a float32 matrix product, 1e9 a second.
        factors: by quantity and backbone ("encode mobilenet_v2"), what runs took over what was
            expected of them.
    """

    gigaflops: float
    factors: dict[str, float] = field(default_factory=dict)

    def factor(self, quantity: str, backbone: str) -> float:
        """Return by what to multiply an expectation; other backbones teach where this one cannot."""
        own = self.factors.get(f"{quantity} {catalogue.architecture(backbone)}")
        if own is not None:
            return own
        others = [f for name, f in self.factors.items() if name.startswith(f"{quantity} ")]
        return float(np.median(others)) if others else 1.0

    def learnt(
        self, quantity: str, backbone: str, expected_s: float, took_s: float
    ) -> "Calibration":
        """Return the calibration corrected by one run: `expected_s` is what the model says alone."""
        if expected_s <= 0 or took_s <= 0:
            return self
        name = f"{quantity} {catalogue.architecture(backbone)}"
        ratio = float(np.clip(took_s / expected_s, 1 / LARGEST_FACTOR, LARGEST_FACTOR))
        before = self.factors.get(name, ratio)
        mixed = before ** (1 - NEWEST_SHARE) * ratio**NEWEST_SHARE
        return replace(self, factors=self.factors | {name: mixed})

    def measured_again(self) -> "Calibration":
        """Return the faster of what was known and what is measured now: the first time may have been busy."""
        faster = _measure_gigaflops()
        if faster <= self.gigaflops:
            return self
        gain = faster / self.gigaflops
        return Calibration(faster, {name: factor * gain for name, factor in self.factors.items()})


def current() -> Calibration:
    """Return what is known of this machine, measuring it the first time."""
    try:
        kept = json.loads(_path().read_text("utf-8"))
        return Calibration(
            float(kept["gigaflops"]), {k: float(v) for k, v in kept["factors"].items()}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        measured = Calibration(_measure_gigaflops())
        keep(measured)
        return measured


def keep(calibration: Calibration) -> None:
    """Remember `calibration`."""
    files.write_whole(_path(), json.dumps(asdict(calibration)).encode())


def _measure_gigaflops() -> float:
    matrix = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    fastest = min(_seconds_of_a_product(matrix) for _ in range(6))
    return 2 * SIDE**3 / fastest / 1e9


def _seconds_of_a_product(matrix: np.ndarray) -> float:
    began = time.perf_counter()
    np.dot(matrix, matrix)
    return time.perf_counter() - began


def _path() -> Path:
    return settings.current().cache_dir / "machine.json"

"""A made table of what trainings brought, in the form of the study's: numbers from a known law with noise."""

import numpy as np

from tl_core.backbones import catalogue, stages
from tl_core.pricing import gains
from tl_core.pricing.gains import POINTS, Case, Gain

BACKBONES = ("starter", "mobilenet_v2", "efficientnet_lite0")
DIVISIONS = 3


def table(sets: int = 8, seed: int = 0) -> tuple[Gain, ...]:
    """Return trainings of made data sets: deeper ones bring more where the exact head is often wrong.

    Every set has a leaning of its own, which nothing that is known before a training tells.
    """
    random = np.random.default_rng(seed)
    return tuple(gain for number in range(sets) for gain in _of_set(f"set {number}", random))


def _of_set(name: str, random: np.random.Generator) -> list[Gain]:
    classes = int(random.integers(2, 20))
    leaning, errors = random.normal(0, 1.0), random.uniform(0.05, 0.3)
    judged = int(random.integers(150, 600))
    return [
        _gain(name, classes, per_class, backbone, depth, division, leaning, errors, judged, random)
        for per_class in (20, 150)
        for backbone in BACKBONES
        for depth in (0.0, 0.1, 0.5, 1.0)
        for division in range(DIVISIONS)
    ]


def _gain(
    name: str,
    classes: int,
    per_class: int,
    backbone: str,
    depth: float,
    division: int,
    leaning: float,
    errors: float,
    judged: int,
    random: np.random.Generator,
) -> Gain:
    total = len(stages.of(backbone))
    error = errors * (1.5 if catalogue.get(backbone).embedded else 1.0)
    error *= 1.4 if per_class == 20 else 1.0
    true = depth * (15 * error + leaning)
    exact = np.clip(random.binomial(judged, 1 - error) / judged, 0.2, 0.98)
    measured = true + (depth > 0) * random.normal(0, POINTS * np.sqrt(0.5 * error / judged))
    trained = float(np.clip(exact + measured / POINTS, 0, 1))
    case = Case(
        set=name,
        pictures=classes * per_class,
        classes=classes,
        per_class=per_class,
        backbone=backbone,
        stages=round(depth * total),
        total_stages=total,
        judged=judged,
    )
    return Gain(case, float(exact), trained, division=str(division))


def learnt_before(gains_of_others: tuple[Gain, ...]) -> None:
    """Let this machine know what trainings brought, as if it had done them."""
    gains.own_file().write_text(gains.as_text(gains_of_others), "utf-8")

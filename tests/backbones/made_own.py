"""A backbone that was a model before, kept in the test's home; its weights are no network's unless given."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tl_core.backbones import own, weights
from tl_core.backbones.card import Card, Lesson


def card_for(file: Path, title: str = "Leaves (Starter)", **changes: object) -> Card:
    lesson = Lesson(
        data="Leaves <b>",
        answers=("oak", "ash"),
        answers_count=2,
        task="classify",
        examples=40,
        stages=3,
        result="accuracy: 90.0% (95 % interval 77.0% to 96.0%), 36 of 40 pictures",
    )
    about: dict[str, object] = {
        "title": title,
        "architecture": "starter",
        "began_with": weights.fingerprint("starter"),
        "lessons": (lesson,),
        "scaling": "tf",
        "size": 64,
        "weights_sha256": weights.file_hash(file),
        "weights_bytes": file.stat().st_size,
        "made_at": 1.0,
    }
    return Card.model_validate(about | changes)


def kept(folder: Path, title: str = "Leaves (Starter)", seed: int = 0) -> Card:
    """Keep a backbone whose weights are a few random numbers; return its card."""
    file = folder / f"made-{seed}.safetensors"
    numbers = np.random.default_rng(seed).normal(size=7).astype(np.float32)
    save_file({"backbone/000/made/0_kernel": numbers}, file)
    return own.keep(card_for(file, title), file)

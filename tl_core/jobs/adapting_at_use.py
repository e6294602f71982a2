"""Answers of a model that adapts to the very pictures that it is asked about; the kept model stays as it is.

Children with limits open the pictures; a copy of the model learns from them (see `training.tent`) in a folder
that is gone afterwards, and answers as any model does (see `predictor`).
"""

import base64
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tl_core.base import about_run, cores, files
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.datasets.splits import TRAIN
from tl_core.jobs import admission, predictor
from tl_core.jobs.predictor import Reply
from tl_core.measures import paired
from tl_core.methods import inputs, leak_guard
from tl_core.methods import registry as methods
from tl_core.modalities import opening_children, registry
from tl_core.modalities.opening_children import Opened, Opener
from tl_core.models import persist
from tl_core.training import tent
from tl_core.training.tent import Adapted

FOLDER, ABOUT = "adapted", "adapted.json"
"""What a trial keeps of a copy that adapted, and of what adapting did."""
UNPROVEN = Said(
    "Nothing proves that it helped: a model that is wrong here becomes surer of being wrong."
)
PROGRAM = ("-m", "tl_core.training.opening_child")


@dataclass(frozen=True, slots=True)
class AdaptedAnswers:
    """What the model answers once it adapted, beside what it answers as it was kept.

    Attributes:
        replies: of each picture, once adapted.
        kept: of each picture, as the model was kept.
        adapted: what adapting did.
        truths: the class of each picture where the folder that it lies in has the name of one, else "".
    """

    replies: list[Reply]
    kept: list[Reply]
    adapted: Adapted
    truths: list[str]

    def in_words(self) -> list[str]:
        """Return what changed, and whether anything shows that it helped."""
        both = [
            (after.prediction.label, before.prediction.label, truth)
            for after, before, truth in zip(self.replies, self.kept, self.truths, strict=True)
            if after.prediction and before.prediction
        ]
        changed = sum(after != before for after, before, _ in both)
        told = [
            fell(self.adapted),
            counted("{count} answer is another one.", "{count} answers are others.", changed),
        ]
        known = [one for one in both if one[2]]
        if not known:
            hint = Said("Put some of the pictures into folders called as their classes to see.")
            return [*told, UNPROVEN, hint]
        after, before = (np.array([one[at] == one[2] for one in known]) for at in (0, 1))
        gain = paired.share_difference(after, before)
        verdict = Said("Whether adapting helped cannot be told from these.")
        if gain.low > 0:
            verdict = Said("Adapting helped.")
        elif gain.high < 0:
            verdict = Said("Adapting did harm: ask the model without it.")
        return [
            *told,
            counted(
                "Of {count} picture that lies in a folder called as a class: right on {before} % as kept, {after} % adapted, a change of {low} to {high} points. {verdict}",
                "Of {count} pictures that lie in folders called as a class: right on {before} % as kept, {after} % adapted, a change of {low} to {high} points. {verdict}",
                len(known),
                before=f"{100 * before.mean():.0f}",
                after=f"{100 * after.mean():.0f}",
                low=f"{100 * gain.low:+.0f}",
                high=f"{100 * gain.high:+.0f}",
                verdict=verdict,
            ),
        ]


def fell(adapted: Adapted) -> Said:
    """Return how much surer a model became, and what makes it likelier that this did harm."""
    surer = _surer(adapted)
    if adapted.own:
        return surer
    return Said(
        "{surer} Its batch normalisation could not be centred on the pictures that it learnt from first, which are gone or do not fit: then adapting usually does harm.",
        surer=surer,
    )


def _surer(adapted: Adapted) -> Said:
    return counted(
        "A copy of the model adapted to {count} picture (Tent): the mean entropy of its answers went from {before} to {after} nats. The kept model is as it was.",
        "A copy of the model adapted to {count} pictures (Tent): the mean entropy of its answers went from {before} to {after} nats. The kept model is as it was.",
        adapted.learnt_from,
        before=f"{adapted.entropy_before:.2f}",
        after=f"{adapted.entropy_after:.2f}",
    )


def can_adapt(run_id: str) -> bool:
    """Say whether the model of a run has something that could adapt at use."""
    try:
        tent.require_fit(persist.describe(predictor.model_folder(run_id)), tent.FEWEST)
    except UserError:
        return False
    return True


def copy_for(trial: Path, folder: Path, pictures: Sequence[Path]) -> Path:
    """Return the folder of a copy of a model that adapted to the pictures of a trial, made once.

    Args:
        trial: the trial's folder, where the copy stays as long as the pictures do.
        folder: of the kept model.
        pictures: files of unknown content.

    Raises:
        UserError: as `tent.adapt`.
    """
    copy = trial / FOLDER
    if not (trial / ABOUT).exists():
        shutil.rmtree(copy, ignore_errors=True)
        tent.require_fit(persist.describe(folder), len(pictures))
        adapted = tent.adapt(
            folder, _opened(folder, pictures[: tent.MOST]), copy, own=_learnt_from(folder)
        )
        files.write_whole(trial / ABOUT, json.dumps(asdict(adapted)).encode())
    return copy


def told_of(trial: Path) -> list[str]:
    """Return what is said of a trial whose model adapted, nothing of any other."""
    if not (trial / ABOUT).exists():
        return []
    return [fell(Adapted(**json.loads((trial / ABOUT).read_text("utf-8")))), UNPROVEN]


def answers(folder: Path, pictures: Sequence[Path]) -> AdaptedAnswers:
    """Return what the model in `folder` answers to pictures, once it adapted to them.

    Args:
        folder: of the kept model.
        pictures: files of unknown content; those that cannot be opened are not learnt from.

    Raises:
        UserError: as `tent.adapt`.
    """
    described = persist.describe(folder)
    tent.require_fit(described, len(pictures))
    opened = _opened(folder, pictures)
    kept = predictor.replies_with(folder, pictures)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "model"
        with admission.admitted("predict"):
            adapted = tent.adapt(folder, opened, copy, own=_learnt_from(folder))
        replies = predictor.replies_with(copy, pictures)
    known = set(described.classes)
    truths = [path.parent.name if path.parent.name in known else "" for path in pictures]
    return AdaptedAnswers(replies, kept, adapted, truths)


def _learnt_from(folder: Path) -> Sequence[np.ndarray]:
    """Return some pictures that a run's model expects, as the network takes them; nothing where they are gone.

    Those that it learnt from; where it adapted since, those that it adapted to.
    """
    run = folder.parent
    try:
        about = about_run.read(run)
        config = methods.settled(parse(json.loads((run / "config.json").read_text("utf-8"))))
        dataset, adapts = manifest.load(about.dataset), methods.of(config).adapts_to
        expected = dataset.hashes[dataset.splits == TRAIN]
        if adapts is not None:
            copies = leak_guard.kept(run)
            expected = inputs.examples(dataset, config, about.inputs, copies)[adapts.role].hashes
    except (UserError, OSError, KeyError):  # the data set is deleted, or the model came alone
        return ()
    described, some = persist.describe(folder), np.random.default_rng(0).permutation(expected)
    return list(registry.of(described).decode(some[: tent.MOST], described.entry))


def files_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are named, and all in the folders that are.

    Raises:
        UserError: "not-found" where there is none.
    """
    found = [
        one
        for path in paths
        for one in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if one.is_file() and not one.name.startswith(".")
    ]
    if not found:
        raise UserError(
            "not-found", "There is no picture to adapt to.", "Name pictures, or a folder of them."
        )
    return found


def _opened(folder: Path, pictures: Sequence[Path]) -> list[np.ndarray]:
    """Return those pictures that can be opened, in their order, as the network takes them."""
    described = persist.describe(folder)
    own, found = registry.of(described).opener, {}

    def take(index: int, opened: Opened) -> None:
        if not opened.code:
            told = opened.reply
            raw = np.frombuffer(base64.b64decode(told["content"]), told["kind"])
            found[index] = raw.reshape(told["shape"])

    with admission.admitted("predict"):
        opening_children.open_all(
            pictures,
            Opener(PROGRAM, own.too_slow, own.over_budget, own.crashed),
            {"folder": str(folder.resolve()), "memory_bytes": predictor.MEMORY_BYTES},
            children=min(cores.threads(), len(pictures)),
            on_opened=take,
            timeout_s=predictor.TIMEOUT_S,
            ahead=predictor.AHEAD,
        )
    return [found[index] for index in sorted(found)]

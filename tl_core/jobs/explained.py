"""What explains an answer to a person: an account of it, and the pictures that it looks like.

A child with limits opens the picture and gives the account (`evaluation.account_child`); what the
run learnt from is stored here already, and compared with in this process.
"""

import base64
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.evaluation import learnt_from, neighbours
from tl_core.jobs import predictor
from tl_core.jobs.predictor import Prediction
from tl_core.modalities import opening_children, registry
from tl_core.modalities.opening_children import Opened, Opener
from tl_core.models import persist
from tl_core.training import looking

PROGRAM = ("-m", "tl_core.evaluation.account_child")
NEAREST = 6
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What spoke for one output; see `evaluation.account.Spoken`.

    Attributes:
        name, value, hidden, elsewhere: as there.
        picture: WebP in base64, empty where places cannot be seen.
        is_share: whether the values are probabilities; else they are numbers in a unit of their own.
    """

    name: str
    value: float
    hidden: float
    elsewhere: float
    picture: str
    is_share: bool

    @property
    def is_borne_out(self) -> bool:
        """Whether hiding what speaks for it most takes away from it, and more than hiding anything else does."""
        return self.hidden < min(self.value, self.elsewhere)


@dataclass(frozen=True, slots=True)
class Alike:
    """A picture that the model learnt from, like the one that is explained.

    Attributes:
        hash: in the store.
        truth: what it shows, in words; empty where only numbers are known.
        likeness: cosine between features, 1 for the same.
    """

    hash: str
    truth: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model says what it says of one picture.

    Attributes:
        prediction: the answer.
        shown: for each output that is explained, the answer's own first.
        plain: the picture as the model saw it, WebP in base64.
        nearest: the most alike first; none where the pictures of the training are not here.
    """

    prediction: Prediction
    shown: tuple[Shown, ...]
    plain: str
    nearest: tuple[Alike, ...]

    @property
    def is_of_classes(self) -> bool:
        """Say whether the answer names something that other pictures may show, too."""
        return bool(self.prediction.label)

    def agreeing(self) -> int:
        """Return how many of the nearest show what is answered."""
        return sum(one.truth == self.prediction.label for one in self.nearest)


def explain(
    run_id: str,
    picture: bytes | Path,
    also: Sequence[str] = (),
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Explanation:
    """Return why the model of a run says what it says of a picture, here and now.

    Args:
        run_id: a run with a model.
        picture: a file or its bytes, of unknown content.
        also: further outputs to explain, by name; those that the model does not know are left out.
        on_progress: told how many pictures of the training are known, the first time.
        should_stop: asked between them.

    Raises:
        UserError: "no-model", or why the picture cannot be opened.
        StoppedError: `should_stop` said so.
    """
    folder = predictor.model_folder(run_id)
    if not looking.is_ready(folder):
        looking.prepare(folder)
    told = _account(folder, picture, also)
    features = np.array([told["features"]], np.float32)
    nearest = _nearest(run_id, features, on_progress, should_stop)
    shares = told["prediction"]["probabilities"]
    shown = [{**one, "is_share": one["name"] in shares} for one in told["spoken"]]
    return _explanation({**told, "shown": shown, "nearest": nearest})


def keep(explanation: Explanation, file: Path) -> None:
    """Write an explanation as JSON."""
    file.write_text(json.dumps(asdict(explanation), ensure_ascii=False), "utf-8")


def kept(file: Path) -> Explanation:
    """Return what `keep` wrote."""
    return _explanation(json.loads(file.read_text("utf-8")))


def save(explanation: Explanation, folder: Path, stem: str) -> list[Path]:
    """Write one picture (WebP) for each output that is explained; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, one in enumerate((each for each in explanation.shown if each.picture), start=1):
        files.append(folder / f"{stem}-{number}.webp")
        files[-1].write_bytes(base64.b64decode(one.picture))
    return files


def _account(folder: Path, picture: bytes | Path, also: Sequence[str]) -> dict[str, Any]:
    own = registry.of(persist.describe(folder)).opener
    opener = Opener(PROGRAM, own.too_slow, own.over_budget, own.crashed)
    found: list[Opened] = []
    options = {
        "folder": str(folder.resolve()),
        "also": list(also),
        "memory_bytes": predictor.MEMORY_BYTES,
    }
    try:
        opening_children.open_all(
            [picture],
            opener,
            options,
            children=1,
            on_opened=lambda _, opened: found.append(opened),
            timeout_s=TIMEOUT_S,
        )
    except RuntimeError as error:
        raise UserError(
            "explanation-failed",
            "The process that explains answers ended at once.",
            "Close what else takes memory and try again; if that fails too, look at the server's log.",
        ) from error
    if found[0].code:
        raise UserError(found[0].code, found[0].reason, found[0].hint)
    return found[0].reply


def _nearest(
    run_id: str,
    features: np.ndarray,
    on_progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Return what a picture looks like; nothing where the run's pictures are gone."""
    with suppress(UserError, FileNotFoundError):
        row = store.run(run_id)
        dataset, folder = manifest.load(row.dataset_id), predictor.model_folder(run_id).parent
        known = learnt_from.of_run(folder, dataset, parse(row.config), on_progress, should_stop)
        if not len(known):
            return []
        found = neighbours.nearest(known.features, features, NEAREST)
        return [
            {"hash": str(known.hashes[place]), "truth": str(known.truths[place])}
            | {"likeness": float(likeness)}
            for place, likeness in zip(found.places[0], found.likeness[0], strict=True)
        ]
    return []


def _explanation(told: dict[str, Any]) -> Explanation:
    said = {**told["prediction"], "labels": tuple(told["prediction"].get("labels", ()))}
    return Explanation(
        Prediction(**said),
        tuple(Shown(**one) for one in told["shown"]),
        told["plain"],
        tuple(Alike(**one) for one in told["nearest"]),
    )

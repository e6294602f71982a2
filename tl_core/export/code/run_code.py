"""The program of a run that the store knows."""

from tl_core import store
from tl_core.backbones import catalogue
from tl_core.backbones.record import Backbone
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.config import parse
from tl_core.datasets import manifest
from tl_core.export import licences
from tl_core.export.code import script
from tl_core.export.code.script import Code
from tl_core.models import persist
from tl_core.tasks import registry
from tl_core.training.results import MODEL_DIR


def of(run: store.RunRow) -> Code:
    """Return the training of a run as a program.

    Raises:
        UserError: "code-unknown" for a model that came without its training, or see `script.of`.
    """
    told = run.metrics or {}
    if told.get("arrived"):
        raise UserError(
            "code-unknown",
            "This model came from a file without the pictures that it learnt from, so its training cannot be shown.",
            "Open the whole project where it was trained.",
        )
    test = told.get("test") or {}
    words = registry.of_metrics(told).in_words(test) if test.get("count") else []
    return script.of(manifest.load(run.dataset_id), parse(run.config), "; ".join(words[:1]))


def backbone_of(run: store.RunRow) -> Backbone:
    """Return the record of a run's backbone."""
    return catalogue.get(parse(run.config).network.backbone)


def licences_of(run: store.RunRow) -> str:
    """Return where the knowledge of a run's model comes from, and under which licence."""
    return licences.text(persist.describe(ids.run_folder(run.id) / MODEL_DIR))

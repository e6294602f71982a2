"""What a run is told apart by: its data, its network, how much of it learnt, when, and what came of it."""

from pages.parts.shared import datasets, numbers, scores
from pages.parts.shared.tasks import registry as panels
from pages.parts.shared.text import shortened
from pages.parts.shared.words import t, tn
from tl_core import store
from tl_core.backbones import catalogue, stages
from tl_core.base.figures import HYPHEN
from tl_core.export import names
from tl_core.methods import registry as methods

LONGEST_NAME = 24


def title(run: store.RunRow) -> str:
    """Return everything that tells a run apart, its name first, as plain text on one line."""
    facts = (shortened(run.name, LONGEST_NAME), scores.short(run), *_facts(run))
    return " · ".join(fact for fact in facts if fact)


def about(run: store.RunRow) -> str:
    """Return what stands beside a run's name: data set, backbone, depth and date, as plain text."""
    return " · ".join(_facts(run))


def data(run: store.RunRow) -> str:
    """Return the data set that a run learns from, with its version."""
    return shortened(datasets.title(store.dataset(run.dataset_id)), LONGEST_NAME)


def stem(run: store.RunRow) -> str:
    """Return a name for a run's files that a person can read: "fruit-mobilenetv2-83percent".

    A run whose name an earlier one has already adds a piece of its id.
    """
    plain = _stem(run)
    earlier = (
        other
        for other in store.runs(with_deleted=True)
        if other.id != run.id and (other.created_at, other.id) < (run.created_at, run.id)
    )
    is_taken = any(_stem(other) == plain for other in earlier)
    return f"{plain}-{run.id[:6]}" if is_taken else plain


def _facts(run: store.RunRow) -> list[str]:
    network = backbone(run).replace("-", HYPHEN)
    return [data(run), network, *method(run), *depth(run), when(run)]


def when(run: store.RunRow) -> str:
    """Return date and time at which a run was asked for."""
    return numbers.moment(run.created_at)


def method(run: store.RunRow) -> list[str]:
    """Return what the method of a run is called, nothing for the usual one."""
    is_usual = methods.name_of(run.config) == methods.METHODS[0].name
    return [] if is_usual else [t(methods.title_of(run.config))]


def backbone(run: store.RunRow) -> str:
    """Return what the run's backbone is called."""
    name = str(run.setting("backbone") or "")
    known = catalogue.known(name)
    return known.title if known else name


def depth(run: store.RunRow) -> list[str]:
    """Return in two words how much of the network learnt; nothing where that is not known."""
    trained = run.setting("trainable_stages")
    if trained is None:
        return []
    if not trained:
        return [t("head alone")]
    name = str(run.setting("backbone") or "")
    if catalogue.known(name) and trained >= len(stages.of(name)):
        return [t("all stages")]
    return [tn("{count} stage", "{count} stages", trained)]


def _stem(run: store.RunRow) -> str:
    metrics = run.metrics or {}
    score = metrics.get("test_accuracy")
    told = run.name if score is None else panels.of_run(run).in_file_name(score)
    data_name = store.dataset(run.dataset_id).name
    return names.readable(data_name, backbone(run), told) or "model"

"""`curve`: what more pictures would bring, and what to collect next."""

from argparse import Namespace
from dataclasses import asdict

from tl_core import store
from tl_core.base.errors import UserError
from tl_core.commands.chosen_settings import settings_for
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.config import parse
from tl_core.datasets.manifest import Dataset
from tl_core.evaluation.coach import Advice
from tl_core.evaluation.collecting import Collected, Curve


def curve(arguments: Namespace, output: Output) -> None:
    from tl_core.datasets import manifest
    from tl_core.jobs import curve_drawer, next_examples
    from tl_core.tasks import registry

    run = _run(arguments.subject)
    dataset_id = arguments.subject if run is None else run.dataset_id
    config = settings_for(dataset_id, arguments).config if run is None else parse(run.config)
    dataset = manifest.load(dataset_id)
    asked = curve_drawer.priced(dataset, config)
    output.say(f"about {asked.seconds:.0f} s")
    curve_drawer.start(asked)
    try:
        follow(
            curve_drawer.folder(asked.key),
            output,
            is_over=lambda: not curve_drawer.is_working(asked.key),
        )
    except KeyboardInterrupt:
        curve_drawer.stop(asked.key)
        raise
    found = curve_drawer.found(asked.key)
    if found is None:
        raise UserError("stopped", "The curve was stopped.", "Start it again.")
    advice = next_examples.advice(dataset, run, found)
    result = {"dataset": dataset_id, "run": run and run.id, "seconds": asked.seconds}
    result |= found.model_dump(mode="json") | {"advice": [asdict(each) for each in advice]}
    task = registry.of(dataset)
    output.result(result, words=_in_words(dataset, found, advice, are_shares=task.names_classes))


def _run(subject: str) -> store.RunRow | None:
    """Return the run called `subject`; None where that is a data set's name.

    Raises:
        UserError: "unknown" where it is neither.
    """
    try:
        return store.run(subject)
    except UserError:
        store.dataset(subject)
        return None


def _in_words(
    dataset: Dataset, found: Collected, advice: list[Advice], *, are_shares: bool
) -> list[str]:
    lines = []
    for number, one in enumerate(found.curves):
        if len(found.curves) > 1:
            lines.append(f"{dataset.targets[number]}:")
        lines += _curve(one, are_shares=are_shares)
    of = " of its average precision" if found.gain_of == "average_precision" else ""
    for gain in found.classes:
        told = f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f} points{of}"
        lines.append(f"20 more of {dataset.classes[gain.label]!r} ({gain.learnt}): {told}")
    return lines + [f"{each.text} {each.evidence}" for each in advice]


def _curve(one: Curve, *, are_shares: bool) -> list[str]:
    def written(error: float) -> str:
        return f"{1 - error:.1%}" if are_shares else f"{error:.4g}"

    pairs = zip(one.amounts, one.errors, strict=True)
    lines = [f"{amount:8} pictures: {written(error)}" for amount, error in pairs]
    if one.doubled:
        low, high = sorted((written(one.doubled[0]), written(one.doubled[2])))
        lines.append(f"twice as many: {low} to {high}, in 8 of 10 cases")
    return lines

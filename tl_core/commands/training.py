"""`plan`, `train`, `evaluate`: prices, a run, its numbers."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tl_core import store
from tl_core.backbones import weights
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.commands.chosen_settings import read_inputs, read_settings, settings_for
from tl_core.commands.data import bring_in
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.config import TrainConfig, settings_in
from tl_core.datasets import manifest
from tl_core.jobs import continuing, run_actions
from tl_core.methods import registry as methods
from tl_core.methods.inputs import warnings
from tl_core.signals import progress
from tl_core.tasks import registry as tasks


def plan(arguments: Namespace, output: Output) -> None:
    from tl_core.commands import depth_advice
    from tl_core.pricing import plan as planning
    from tl_core.pricing import storage

    chosen = settings_for(arguments.dataset, arguments)
    inputs = read_inputs(arguments)
    methods.require_inputs(chosen.config, inputs)
    dataset = manifest.load(arguments.dataset)
    planned = planning.plan(dataset, chosen.config, inputs=inputs, touched=chosen.touched)
    advised = depth_advice.of_depths(dataset, chosen.config)
    prices = [price.told() for price in planned.prices]
    told = {**chosen.told(), "prices": prices, "chosen": planned.chosen.told()}
    told |= depth_advice.told(advised, planned)
    told["warnings"] = list(warnings(dataset, chosen.config, inputs))
    words = [f"method: {methods.of(chosen.config).title}", _PRICE_HEAD, *map(_price_line, prices)]
    words.append(storage.reason(planned.chosen))
    words += depth_advice.in_words(advised, planned)
    output.result(told, words=[*chosen.in_words(), *words, *told["warnings"]])


def train(arguments: Namespace, output: Output) -> None:
    if arguments.list_settings:
        output.result(described_settings())
        return
    if arguments.source is None:
        raise UserError("no-data", "What to train on is missing.", "Give a data set or a folder.")
    asked, inputs = read_settings(arguments), read_inputs(arguments)
    # Before pictures are imported, which may take long.
    methods.require_inputs(asked, inputs)
    if methods.of(asked).is_pretrained:
        weights.locate(asked.network.backbone)
    dataset_id = _dataset_of(arguments.source, output)
    chosen = settings_for(dataset_id, arguments)
    for warning in warnings(manifest.load(dataset_id), chosen.config, inputs):
        output.say(warning)
    run_id = run_actions.start_run(
        dataset_id, chosen.config, ids.new(), name=arguments.name, inputs=inputs
    )
    result = followed_run(run_id, output) | chosen.told()
    output.result(result, words=[*chosen.in_words(), *result_in_words(result)])


def train_more(arguments: Namespace, output: Output) -> None:
    if arguments.epochs < 1:
        raise UserError(
            "setting",
            "The number of epochs, {epochs}, is none.",
            "Give 1 or more.",
            epochs=arguments.epochs,
        )
    run_id = continuing.train_more(arguments.run, arguments.epochs, ids.new(), name=arguments.name)
    result = followed_run(run_id, output) | {"parent": arguments.run}
    output.result(result, words=result_in_words(result))


def resume(arguments: Namespace, output: Output) -> None:
    run_id = store.run(arguments.run).id
    run_actions.resume(run_id)
    result = followed_run(run_id, output)
    output.result(result, words=result_in_words(result))


def find_rate(arguments: Namespace, output: Output) -> None:
    from tl_core.jobs import rate_finder

    chosen = settings_for(arguments.dataset, arguments)
    key = rate_finder.start(arguments.dataset, chosen.config)
    try:
        follow(rate_finder.folder_of(key), output, is_over=lambda: not rate_finder.is_working(key))
    except KeyboardInterrupt:
        rate_finder.stop(key)
        raise
    swept = rate_finder.found(key)
    if swept is None:
        raise UserError("stopped", "The search was stopped.", "Start it again.")
    result = {"dataset": arguments.dataset, **chosen.told(), "suggested": swept.suggested}
    words = [f"suggested learning rate: {swept.suggested:g}"] if swept.suggested else None
    output.result(result | asdict(swept), words=words)


def result(arguments: Namespace, output: Output) -> None:
    told = told_of(store.run(arguments.run).id)
    output.result(told, words=result_in_words(told))


def evaluate(arguments: Namespace, output: Output) -> None:
    from tl_core.evaluation import rejudging

    run = store.run(arguments.run)
    numbers = rejudging.evaluate(ids.run_folder(run.id), arguments.split)
    result = {"run": arguments.run, "split": arguments.split, **numbers}
    output.result(
        result, words=[f"run: {arguments.run}", *tasks.of_metrics(run.metrics).in_words(numbers)]
    )


def described_settings(kind: type[TrainConfig] = TrainConfig) -> dict[str, Any]:
    """Return every setting with its default and what it does, as the pages tell it."""
    return {
        name: {
            "default": setting.field.default,
            "title": setting.field.title,
            "help": setting.field.description,
            "limits": [str(limit) for limit in setting.field.metadata],
        }
        for name, setting in settings_in(kind).items()
    }


_KEPT = {"rows": "features", "pixels": "pictures", "nothing": "nothing"}
_PRICE_HEAD = "stages  parameters  to encode      kept   cache MB  memory MB  convert s  encode s  epoch s  total s"


def _price_line(price: dict[str, Any]) -> str:
    return (
        f"{price['trainable_stages']:6}{price['trainable_parameters']:12}{price['pictures']:11}"
        f"{_KEPT[price['keeps']]:>10}{price['cache_bytes'] / 1e6:11.1f}"
        f"{price['memory_bytes'] / 1e6:11.0f}"
        f"{price['convert_s']:11.1f}{price['encode_s']:10.1f}{price['epoch_s']:9.2f}{price['total_s']:9.1f}"
    )


def result_in_words(result: dict[str, Any]) -> list[str]:
    """Return what a person wants to know of a run first."""
    metrics = result["metrics"]
    lines = [f"run: {result['run']}", f"status: {result['status']}"]
    lines.append(f"method: {methods.title(result['method'])}")
    task = tasks.of_metrics(metrics)
    lines += task.in_words(metrics.get("test") or {})
    closed_form = metrics.get("closed_form_accuracy")
    if closed_form is not None:
        lines.append(f"closed form alone: {task.score_in_words(closed_form)}")
    if metrics.get("handed_over") == "exact_head":
        lines.append(_exact_head_in_words(metrics))
    if result["beside_teacher"]:
        lines += ["beside its teacher:", *_beside_teacher(result["beside_teacher"])]
    if result["negative_transfer"]:
        lines.append(result["negative_transfer"])
    if "total" in result["seconds"]:
        waited_s = result["seconds"]["total"] + result["seconds"].get("import", 0.0)
        lines.append(f"seconds: {waited_s:.1f}")
    return lines


def _beside_teacher(told: dict[str, Any]) -> list[str]:
    """Return a line for each model, then what came of it."""
    lines = []
    for row in told["models"]:
        facts = [row["backbone"]]
        if row["accuracy"] is not None:
            facts.append(
                f"{row['accuracy']:.1%} (95 % interval {row['low']:.1%} to {row['high']:.1%})"
            )
        if row["file_bytes"] is not None:
            facts.append(f"about {row['file_bytes'] / 1e6:.1f} MB")
        if row["seconds_each"] is not None:
            facts.append(f"about {1000 * row['seconds_each']:.2g} ms an answer (LiteRT)")
        lines.append(f"  {row['title']}: {', '.join(facts)}")
    return lines + [f"  {sentence}" for sentence in told["sentences"]]


def _exact_head_in_words(metrics: dict[str, Any]) -> str:
    """Say that the exact head is the model, how training did beside it, and what it learnt from."""
    task = tasks.of_metrics(metrics)
    names = {"trained": "trained_val_accuracy", "exact solution": "closed_form_val_accuracy"}
    reached = [
        f"{name} {task.score_in_words(metrics[key])}"
        for name, key in names.items()
        if metrics.get(key) is not None
    ]
    told = ", ".join(reached) or "not compared"
    again = "; solved for again with the validation part" if metrics.get("refitted") else ""
    return f"model: the exact solution, not surely beaten on validation ({told}){again}"


def _dataset_of(source: str, output: Output) -> str:
    """Return the data set that `source` names, importing it first if it is a path."""
    if ids.ID.fullmatch(source) and not Path(source).exists():
        return store.dataset(source).id
    brought = bring_in(source, output)
    return str(brought["dataset"])


def _is_over(run_id: str) -> bool:
    """Say whether nothing more comes of a run; what a stopped one had learnt is judged first."""
    row = store.run(run_id)
    return row.is_done and row.status != "judging"


def followed_run(run_id: str, output: Output) -> dict[str, Any]:
    """Follow a run to its end; an interrupt stops it and keeps its best weights."""
    folder = ids.run_folder(run_id)
    try:
        follow(folder, output, is_over=lambda: _is_over(run_id))
    except KeyboardInterrupt:
        output.say("stopping, keeping the best weights")
        run_actions.stop(run_id)
        follow(folder, output, is_over=lambda: _is_over(run_id))
    return told_of(run_id)


def told_of(run_id: str) -> dict[str, Any]:
    """Return all that is told of a run that has ended.

    Raises:
        UserError: why it failed.
    """
    from tl_core.evaluation import negative_transfer
    from tl_core.jobs import beside_teacher

    row, folder = store.run(run_id), ids.run_folder(run_id)
    if row.error is not None:
        raise UserError(**row.error)
    ending = progress.state(folder).ending or {}
    partners = beside_teacher.partners(row)
    alarm = negative_transfer.alarm_of(folder, row.dataset_id) if row.metrics else None
    return {
        "run": run_id,
        "dataset": row.dataset_id,
        "method": methods.name_of(row.config),
        "inputs": row.inputs or {},
        "status": row.status,
        "metrics": row.metrics or {},
        "seconds": ending.get("seconds") or {},
        "negative_transfer": alarm,
        "beside_teacher": beside_teacher.held(partners).told() if partners else None,
    }

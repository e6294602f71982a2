"""`plan`, `train`, `evaluate`: prices, a run, its numbers."""

import json
import textwrap
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core.backbones import weights
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.commands.data import bring_in
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.config import TrainConfig, parse, parse_assignments, settings_in
from tl_core.config.parsing import is_list
from tl_core.jobs import continuing, run_actions
from tl_core.methods import registry as methods
from tl_core.signals import progress
from tl_core.store import store
from tl_core.tasks import registry as tasks

if TYPE_CHECKING:
    from tl_core.pricing.first_backbone import FirstBackbone


def plan(arguments: Namespace, output: Output) -> None:
    from tl_core.datasets import manifest
    from tl_core.pricing import plan as planning
    from tl_core.pricing import storage

    config, first = settings_for(arguments.dataset, arguments)
    inputs = read_inputs(arguments)
    methods.require_inputs(config, inputs)
    planned = planning.plan(manifest.load(arguments.dataset), config, inputs=inputs)
    prices = [price.told() for price in planned.prices]
    told = {**_told(config, first), "prices": prices, "chosen": planned.chosen.told()}
    words = [f"method: {methods.of(config).title}", _PRICE_HEAD, *map(_price_line, prices)]
    words.append(storage.reason(planned.chosen))
    output.result(told, words=[*_backbone_in_words(config, first), *words])


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
    config, first = settings_for(dataset_id, arguments)
    run_id = run_actions.start_run(
        dataset_id, config, ids.new(), name=arguments.name, inputs=inputs
    )
    result = _watch(run_id, output) | _told(config, first)
    output.result(result, words=[*_backbone_in_words(config, first), *_in_words(result)])


def train_more(arguments: Namespace, output: Output) -> None:
    if arguments.epochs < 1:
        raise UserError(
            "setting",
            "The number of epochs, {epochs}, is none.",
            "Give 1 or more.",
            epochs=arguments.epochs,
        )
    run_id = continuing.train_more(arguments.run, arguments.epochs, ids.new(), name=arguments.name)
    result = _watch(run_id, output) | {"parent": arguments.run}
    output.result(result, words=_in_words(result))


def resume(arguments: Namespace, output: Output) -> None:
    run_id = store.run(arguments.run).id
    run_actions.resume(run_id)
    result = _watch(run_id, output)
    output.result(result, words=_in_words(result))


def find_rate(arguments: Namespace, output: Output) -> None:
    from tl_core.jobs import rate_finder

    config, first = settings_for(arguments.dataset, arguments)
    key = rate_finder.start(arguments.dataset, config)
    try:
        follow(rate_finder.folder_of(key), output, is_over=lambda: not rate_finder.is_working(key))
    except KeyboardInterrupt:
        rate_finder.stop(key)
        raise
    swept = rate_finder.found(key)
    if swept is None:
        raise UserError("stopped", "The search was stopped.", "Start it again.")
    result = {"dataset": arguments.dataset, **_told(config, first), "suggested": swept.suggested}
    words = [f"suggested learning rate: {swept.suggested:g}"] if swept.suggested else None
    output.result(result | asdict(swept), words=words)


def evaluate(arguments: Namespace, output: Output) -> None:
    from tl_core.evaluation import report

    run = store.run(arguments.run)
    numbers = report.evaluate(ids.run_folder(run.id), arguments.split)
    result = {"run": arguments.run, "split": arguments.split, **numbers}
    output.result(
        result, words=[f"run: {arguments.run}", *tasks.of_metrics(run.metrics).in_words(numbers)]
    )


def read_settings(arguments: Namespace) -> TrainConfig:
    """Return the settings in the file, changed by the assignments, as the method lets them be.

    Raises:
        UserError: "setting", "method" or "config-file".
    """
    base = TrainConfig()
    if arguments.config is not None:
        base = parse(_read_object(arguments.config))
    if chosen := getattr(arguments, "method", None):
        base = methods.changed(base, chosen)
    asked = parse_assignments(arguments.assignments, base)
    named = {assignment.partition("=")[0] for assignment in arguments.assignments}
    methods.require_free(asked, named)
    return methods.settled(asked)


def read_inputs(arguments: Namespace) -> dict[str, str]:
    """Return what else is to be learnt from, ids by role.

    Raises:
        UserError: "input-unknown".
    """
    found: dict[str, str] = {}
    for given in arguments.inputs:
        role, equals, identifier = given.partition("=")
        if not equals or not identifier:
            raise UserError(
                "input-unknown",
                "{given!r} is not ROLE=ID.",
                "Write, say, source=DATASET with the id that `ingest` told.",
                given=given,
            )
        found[role] = identifier
    return found


def settings_for(
    dataset_id: str, arguments: Namespace
) -> "tuple[TrainConfig, FirstBackbone | None]":
    """Return the settings for a data set, with the backbone that suits it where none was named.

    Returns:
        The settings, and why they have this backbone: None where a person chose it.

    Raises:
        UserError: "setting" or "config-file"; "unknown" when there is no such data set.
    """
    config = read_settings(arguments)
    if _names_backbone(arguments):
        return config, None
    from tl_core.datasets import manifest
    from tl_core.jobs import beginning

    first = beginning.backbone(store.dataset(dataset_id), manifest.load(dataset_id), config)
    return methods.settled(config.but(backbone=first.name)), first


def _names_backbone(arguments: Namespace) -> bool:
    """Say whether the assignments or the file of settings name a backbone."""
    named = {assignment.partition("=")[0] for assignment in arguments.assignments}
    if arguments.config is not None:
        given = _read_object(arguments.config)  # in groups, or flat as earlier editions wrote them
        groups = [group for group in given.values() if isinstance(group, dict)]
        named = named.union(given, *groups)
    return "backbone" in named


def _told(config: TrainConfig, first: "FirstBackbone | None") -> dict[str, Any]:
    """Return the method, and which backbone was taken and why, for programs."""
    told = {"name": config.network.backbone, "why": "chosen"}
    if first is not None:
        told = {"name": first.name, "why": first.why, "reason": first.sentence}
        told |= {} if first.seconds is None else {"seconds": first.seconds}
    return {"method": config.method.method_name, "backbone": told}


def _backbone_in_words(config: TrainConfig, first: "FirstBackbone | None") -> list[str]:
    reason = "" if first is None else f" ({first.sentence})"
    return [f"backbone: {config.network.backbone}{reason}"]


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


def settings_in_words(kind: type[TrainConfig] = TrainConfig) -> str:
    """Return the settings as lines for `--help`."""
    lines = ["settings, each as --set FIELD=VALUE:"]
    for name, setting in settings_in(kind).items():
        field = setting.field
        default = ",".join(map(str, field.default)) if is_list(setting) else field.default
        about = textwrap.wrap(f"{field.title}. {field.description}", width=76)
        lines += [f"  {name}={default}", *(f"      {line}" for line in about)]
    return "\n".join([*lines, *_methods_in_words()])


def _methods_in_words() -> list[str]:
    lines = ["methods, each as --method NAME:"]
    for method in methods.METHODS:
        about = textwrap.wrap(f"{method.title}. {method.sentence} {method.paper}", width=76)
        lines += [f"  {method.name}", *(f"      {line}" for line in about)]
        lines += [f"      --input {need.role}=ID: {need.title}" for need in method.needs]
        for name, field in method.settings.model_fields.items():
            told = f"--set method.{name}={field.default}: {field.title}. {field.description}"
            lines += [f"      {line}" for line in textwrap.wrap(told, width=76)]
    return lines


_KEPT = {"rows": "features", "pixels": "pictures", "nothing": "nothing"}
_PRICE_HEAD = "stages  parameters  to encode      kept   cache MB  memory MB  convert s  encode s  epoch s  total s"


def _price_line(price: dict[str, Any]) -> str:
    return (
        f"{price['trainable_stages']:6}{price['trainable_parameters']:12}{price['pictures']:11}"
        f"{_KEPT[price['keeps']]:>10}{price['cache_bytes'] / 1e6:11.1f}"
        f"{price['memory_bytes'] / 1e6:11.0f}"
        f"{price['convert_s']:11.1f}{price['encode_s']:10.1f}{price['epoch_s']:9.2f}{price['total_s']:9.1f}"
    )


def _in_words(result: dict[str, Any]) -> list[str]:
    """Return what a person wants to know of a run first."""
    metrics = result["metrics"]
    lines = [f"run: {result['run']}", f"status: {result['status']}"]
    lines.append(f"method: {methods.title(result['method'])}")
    task = tasks.of_metrics(metrics)
    lines += task.in_words(metrics.get("test") or {})
    closed_form = metrics.get("closed_form_accuracy")
    if closed_form is not None:
        lines.append(f"closed form alone: {task.score_in_words(closed_form)}")
    if "total" in result["seconds"]:
        waited_s = result["seconds"]["total"] + result["seconds"].get("import", 0.0)
        lines.append(f"seconds: {waited_s:.1f}")
    return lines


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            "config-file", "{path} cannot be read: {fault}.", "Give JSON.", path=path, fault=error
        ) from error
    if not isinstance(values, dict):
        raise UserError(
            "config-file", "{path} holds no JSON object.", 'Write {{"epochs": 5}}.', path=path
        )
    return values


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


def _watch(run_id: str, output: Output) -> dict[str, Any]:
    """Follow a run to its end; an interrupt stops it and keeps its best weights."""
    folder = ids.run_folder(run_id)
    try:
        follow(folder, output, is_over=lambda: _is_over(run_id))
    except KeyboardInterrupt:
        output.say("stopping, keeping the best weights")
        run_actions.stop(run_id)
        follow(folder, output, is_over=lambda: _is_over(run_id))
    row = store.run(run_id)
    if row.error is not None:
        raise UserError(**row.error)
    ending = progress.state(folder).ending or {}
    return {
        "run": run_id,
        "dataset": row.dataset_id,
        "method": methods.name_of(row.config),
        "inputs": row.inputs or {},
        "status": row.status,
        "metrics": row.metrics or {},
        "seconds": ending.get("seconds") or {},
    }

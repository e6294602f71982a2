"""Puts the program of a training together: settings that it uses, then one template for each concern.

What a person wrote enters as a Python literal alone, never as code and never inside a comment. A setting
that no template makes use of is told at the head of the program, so nothing is left out without a word.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tl_core.backbones import catalogue, stages
from tl_core.backbones.record import Backbone
from tl_core.base import settings
from tl_core.base.errors import UserError
from tl_core.config import SETTINGS, TrainConfig
from tl_core.datasets import goals
from tl_core.datasets.manifest import Dataset
from tl_core.datasets.splits import TRAIN
from tl_core.encoding.job import Job, resolve
from tl_core.export.code import network_code
from tl_core.export.code.tasks import registry
from tl_core.methods import registry as methods
from tl_core.methods.method import Method
from tl_core.modalities import registry as modalities
from tl_core.modalities.exported_opening import ExampleCode, Program
from tl_core.tasks.task import Goal
from tl_core.training import choice_of_epoch, rates

NETWORK = ("backbone", "trainable_stages", "image_size_px", "resize", "batch_norm", "pooling")
"""Settings of the network that the program follows by how it is built, not by a value with a name."""
COURSE = (
    *("method_name", "method_settings", "optimizer", "schedule", "start", "refit"),
    *("class_weights", "loss", "target_scale"),
)
"""Settings of the course that choose what the program does."""
LOSS_LIMIT = 1e6
"""As `training.fit`, which imports Keras."""
NORM_OLD, NORM_BATCH, NORM_STREAM = 16, 64, 5
"""As `training.statistics`, which imports Keras."""
_BY_FORM = frozenset(NETWORK + COURSE)
_GAPS = re.compile(r"\n{4,}")
_OPTIMISERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
_NOT_NEEDED = (
    "the temperature, the promises and the detector of unknowns, which say how sure an answer is",
    "half precision on a graphics card, and what Graft does to spare memory",
)


@dataclass(frozen=True, slots=True)
class Code:
    """A training as a program.

    Attributes:
        script: the program, whose comments mark the cells of a notebook.
        opener: the module that it opens examples by, as text.
        left_out: what it does not do again, as sentences.
        carries_weights: whether a file of weights has to lie beside it.
    """

    script: str
    opener: str
    left_out: tuple[str, ...]
    carries_weights: bool


def of(dataset: Dataset, config: TrainConfig, was: str = "") -> Code:
    """Return the program that does a training again. Imports no Keras.

    Args:
        dataset: what is learnt from.
        config: all settings.
        was: what Graft measured, in words that may hold a person's; empty for a training that is only planned.

    Raises:
        UserError: "code-examples" or "code-network" where no such program can be written yet, or as
            `encoding.job.resolve`.
    """
    config = methods.settled(config)
    job = resolve(dataset, config)
    entry = replace(job.entry, stored_size=settings.current().stored_side_px)
    example = modalities.of(dataset).code(entry)
    if example is None:
        raise UserError(
            "code-examples",
            "There is no program yet that prepares such examples.",
            "Take the model home in another format.",
        )
    goal = goals.of(dataset, job.members(TRAIN), config)
    opening = modalities.of(dataset).program(dataset.read_by)
    # It stands in a comment, which only the end of a line ends.
    told = "".join(sign if sign.isprintable() else " " for sign in was)
    facts = _facts(job, goal, example, opening) | {"was": told}
    body = _rendered(facts | {"settings": (), "left_out": ()})
    left_out = _left_out(config, goal, methods.of(config), body)
    script = _rendered(facts | {"settings": _used(config, body), "left_out": left_out})
    return Code(script, _opener(opening), left_out, bool(facts["carries_weights"]))


def _facts(job: Job, goal: Goal, example: ExampleCode, opening: Program) -> dict[str, Any]:
    """Return all that the templates ask for, by name."""
    config, record = job.config, catalogue.get(job.config.network.backbone)
    method, changes = methods.of(config), config.changes
    solves = method.exact_head is not None
    from_exact = solves and config.course.start == "closed_form" and not config.head.hidden_units
    falls_back = solves and config.course.start == "closed_form" and bool(config.head.hidden_units)
    tail = config.network.trainable_stages
    few, many = choice_of_epoch.LEAST_MORE_RIGHT, choice_of_epoch.PLAINLY_MORE_RIGHT
    return {
        "network": record.title,
        "classes_in_words": _count(len(goal.outputs), goal.task.names_classes),
        "names": list(goal.outputs),
        "size": job.size,
        "install": opening.install,
        "opener": opening.opener,
        "example": example,
        "is_pretrained": method.is_pretrained,
        "carries_weights": method.is_pretrained and network_code.carries_weights(record),
        "weights_file": record.weights_file,
        "weights_url": record.weights_url,
        "weights_hash": record.weights_hash.partition(":")[2],
        "weights_origin": _origin(record),
        "is_own": record.card is not None,
        "about_network": record.paper,
        **network_code.block_of(record),
        "is_frozen": job.trunk is not None,
        "tail": tail,
        "pooled": job.pooled,
        "cut": job.cut.node_index,
        "cut_shape": job.cut.trunk_shape(job.size),
        "stages": [stage.node_index for stage in stages.of(record.name)],
        "stages_in_words": "last stage" if tail == 1 else f"last {tail} stages",
        "copies": changes.augments,
        "keeps_copies": changes.augments and changes.views > 0,
        "fresh": changes.augments and changes.views == 0,
        "batch_norm": config.network.batch_norm,
        "refreshes": config.network.batch_norm == "refreshed" and tail > 0,
        "norm_old": NORM_OLD,
        "norm_batch": NORM_BATCH,
        "norm_stream": NORM_STREAM,
        "solves": solves,
        "from_exact": from_exact,
        "falls_back": falls_back,
        "refits": config.course.refit and solves,
        "beats": (from_exact and method.keeps == "best") or falls_back,
        "keeps_best": method.keeps == "best",
        "trains": method.keeps != "start",
        "method_code": method.code,
        "pooling": config.head.pooling,
        "hidden_units": config.head.hidden_units,
        "dropout": config.head.dropout,
        "l2": config.head.l2,
        "toward": config.steps.toward_pretrained if tail else 0.0,
        "optimizer": config.steps.optimizer,
        "optimizer_class": _OPTIMISERS[config.steps.optimizer],
        "momentum": config.steps.momentum,
        "averaging": config.steps.averaging,
        "schedule": config.rate.schedule,
        "thaw_every": config.rate.thaw_every if tail else 0,
        "mixup": config.objective.mixup,
        "patience": config.course.patience,
        "comes_to_rest": rates.comes_to_rest(config.rate.schedule, config.course.patience),
        "loss_limit": LOSS_LIMIT,
        "loss_share": choice_of_epoch.LOSS_SHARE,
        "loss_margin": choice_of_epoch.LOSS_MARGIN,
        "doubt": choice_of_epoch.DOUBT,
        "keep": choice_of_epoch.KEEP,
        "few": few,
        "many": many,
        **registry.block(goal, config),
    }


def _origin(record: Backbone) -> str:
    """Return where weights come from that lie beside the program; on one line, whoever named them."""
    if record.card is not None:
        return f"they were a model of its own before, {record.title}. LICENCES.txt says what taught it."
    return record.source or "they come with Graft"


def _rendered(facts: Mapping[str, Any]) -> str:
    text = _templates().get_template("train.py.jinja").render(facts)
    return _GAPS.sub("\n\n\n", text).strip("\n") + "\n"


def _used(config: TrainConfig, body: str) -> tuple[str, ...]:
    """Return a line for every setting whose value the program names."""
    named = _names(body)
    return tuple(
        f"{name.upper()} = {_literal(one.value(config))}  # {one.field.title}"
        for name, one in SETTINGS.items()
        if (name.upper() in named and name not in _BY_FORM | {"trainable_stages"})
        or (name == "trainable_stages" and "TRAINABLE_STAGES" in named)
    )


def _names(body: str) -> set[str]:
    """Return the names that a program reads or sets; what comments say is no use of it."""
    return {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}


def _left_out(config: TrainConfig, goal: Goal, method: Method, body: str) -> tuple[str, ...]:
    """Return what the program does not do again, as sentences."""
    named = _names(body)
    lines: list[str] = [*_NOT_NEEDED]
    if _is_more(method):
        lines.append(
            f"what the method “{method.title}” adds: further examples, a teacher or a term of the loss. "
            "What follows trains on the data set alone"
        )
    for name, one in SETTINGS.items():
        is_told = name.upper() in named or name in _BY_FORM or one.is_usual(config)
        if not is_told and one.applies(config, goal.task.kind):
            lines.append(f"the setting “{one.field.title}” ({name}={one.value(config)!r})")
    return tuple(lines)


def _is_more(method: Method) -> bool:
    """Say whether a method does something in training that no template does."""
    asked = (method.term, method.head_beside, method.notes, method.needs, method.teacher_tells)
    return any(asked) or (method.begins is not None and not method.code)


def _count(outputs: int, are_classes: bool) -> str:
    noun = "class" if are_classes else "number"
    plural = "classes" if are_classes else "numbers"
    return f"1 {noun}" if outputs == 1 else f"{outputs} {plural}"


def _opener(opening: Program) -> str:
    """Return the module `opening.py`: how Graft itself opens examples."""
    imports = "\n".join(f"import {name}" for name in sorted(opening.imports))
    head = '"""Opens examples exactly as Graft does; taken from there word for word."""'
    parts = (head, f"{imports}\n\nimport numpy as np\n{opening.needs}", opening.text, opening.rest)
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _literal(value: Any) -> str:
    """Return a value as Python writes it, in ASCII where a name could look like another one."""
    if isinstance(value, np.generic):
        value = value.item()
    text = repr(value)
    ast.literal_eval(text)
    return text if text.isprintable() else ascii(value)


@cache
def _templates() -> Environment:
    # The result is a program, not a page: nothing is escaped, and what people wrote passes `code`.
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("blocks")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["code"] = _literal
    return made

"""Makes `stages.json` from Keras: `python -m tl_core.backbones.generate_stages [BACKBONE …]`.

Each network is built with random weights; shapes and work are kept as rules that hold for any
picture size, so that nothing needs Keras later. Imports Keras.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tl_core.backbones import build, catalogue, liveness, sides, stage_names
from tl_core.backbones.record import Backbone
from tl_core.backbones.stages import TABLE, Side

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class Use:
    """One layer at work, with the shapes of what enters and leaves it."""

    layer: Any
    entering: tuple[int | None, ...]
    leaving: tuple[int, ...]


def main(names: list[str]) -> None:
    """Rewrite the rows of `names`, or of the whole catalogue when it is empty."""
    table = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    for name in names or list(catalogue.BACKBONES):
        table[name] = describe(catalogue.get(name))
        rows = {key: table[key] for key in catalogue.BACKBONES if key in table}
        TABLE.write_text(as_text(rows), encoding="utf-8")
        print(f"{name}: {len(table[name]['stages'])} stages")


def as_text(table: dict[str, Any]) -> str:
    """Return the table as JSON, one stage a line, so that changes can be read."""
    parts = []
    for name, row in table.items():
        stages = ",\n".join("   " + json.dumps(stage) for stage in row["stages"])
        parts.append(
            f'  {json.dumps(name)}: {{"output_index": {row["output_index"]}, "stages": [\n{stages}\n  ]}}'
        )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def describe(record: Backbone) -> dict[str, Any]:
    """Return the row of `record`: its stages with parameters, shapes and work."""
    model = build.backbone(record.name, 0, None)
    rules = sides.of(model)
    bounds, titles = boundaries(record, model)
    stages = []
    ends = [*bounds[1:], len(model.operations) - 1]
    for start, end, title in zip(bounds, ends, titles, strict=True):
        inside = range(start + 1, end + 1)
        stages.append(
            {
                "name": stage_names.slug(title),
                "title": title,
                "node_index": start,
                **parameters([model.operations[i] for i in inside]),
                "channels": liveness.crossing(model, end).shape[-1],
                "side": [rules[end].stride, rules[end].offset],
                "work": work(model, rules, inside),
            }
        )
    return {"output_index": len(model.operations) - 1, "stages": stages}


def boundaries(record: Backbone, model: keras.Model) -> tuple[list[int], list[str]]:
    """Return where each stage is entered, and each stage's title."""
    cuts = liveness.cut_points(model)
    blocks: list[stage_names.Block] = [stage_names.STEM]
    first, last = [0], [0]
    for i, operation in enumerate(model.operations):
        block = stage_names.block_of(record.family, operation.name)
        if block is None:
            continue
        if block in blocks:
            last[blocks.index(block)] = i
        else:
            blocks.append(block)
            first.append(i)
            last.append(i)
    entries, kept = [0], [stage_names.STEM]
    for position in range(1, len(blocks)):
        between = [cut for cut in cuts if last[position - 1] <= cut < first[position] and cut > 0]
        if between:
            entries.append(between[-1])
            kept.append(blocks[position])
    groups = stage_names.grouped(kept)
    titles = [stage_names.joined([kept[i].title for i in group]) for group in groups]
    return [entries[group[0]] for group in groups], titles


def parameters(operations: list[Any]) -> dict[str, int]:
    """Count all parameters, those that can learn, and those of batch normalisation among them."""
    counts = Counter[str]()
    for layer in (leaf for operation in operations for leaf in sides.leaves(operation)):
        total = sum(math.prod(v.shape) for v in getattr(layer, "weights", ()))
        learns = sum(math.prod(v.shape) for v in getattr(layer, "trainable_variables", ()))
        counts["parameters"] += total
        norm = type(layer).__name__ == "BatchNormalization"
        counts["norm_parameters" if norm else "trainable_parameters"] += learns
    return {k: counts[k] for k in ("parameters", "trainable_parameters", "norm_parameters")}


def work(model: keras.Model, rules: list[Side], inside: range) -> list[list[int]]:
    """Return [stride, offset, operations for each place] for each kind of map in the stage."""
    nodes = liveness.nodes_of(model)
    per_place = Counter[Side]()
    for i in inside:
        for use in uses(nodes[i]):
            per_place[rules[i]] += flops_per_place(use)
    kinds = sorted(per_place.items(), key=lambda item: (item[0].stride, item[0].offset))
    return [[side.stride, side.offset, flops] for side, flops in kinds if flops]


def flops_per_place(use: Use) -> int:
    """Return the operations that a layer needs for each place of its output map."""
    layer, kind = use.layer, type(use.layer).__name__
    coming, going = use.entering[-1] or 0, use.leaving[-1]
    window = math.prod(getattr(layer, "kernel_size", ()) or (1,))
    if kind == "DepthwiseConv2D":
        return 2 * window * going
    if kind == "SeparableConv2D":
        return 2 * coming * (window + going)
    if kind == "Conv2D":
        return 2 * window * coming // layer.groups * going
    if kind == "Dense":
        return 2 * coming * going
    if kind in ("MaxPooling2D", "AveragePooling2D"):
        return math.prod(layer.pool_size) * going
    return 0 if kind in ("InputLayer", "ZeroPadding2D", "Identity", "Reshape") else going


def uses(node: Any) -> list[Use]:
    """Return the layer of `node`, or the layers inside it, with what enters and leaves each."""
    operation = node.operation
    if inner := getattr(operation, "layers", None):
        return [use for layer in inner for use in uses(layer._inbound_nodes[0])]
    coming = node.input_tensors[0].shape if node.input_tensors else (0,)
    return [Use(operation, coming, node.output_tensors[0].shape)]


if __name__ == "__main__":
    main(sys.argv[1:])

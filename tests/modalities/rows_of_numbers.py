"""A modality for tests alone: rows of numbers out of a CSV, and a backbone of two dense layers.

Whole in this one file, the program that opens a row among it; `register` stands for a line in the
registry, a record in the table of backbones and its row in the table of stages.
"""

import csv
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from tl_core.backbones import catalogue, stages
from tl_core.backbones.record import Backbone
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.modalities import child, kept, registry
from tl_core.modalities.exported_opening import Program
from tl_core.modalities.modality import Modality
from tl_core.modalities.opening_children import Opened, Opener

LABEL, SUFFIX, NUMBERS, UNITS = "label", ".row", 4, 16
SCRIPT = """
def open_row(path):
    return np.array(pathlib.Path(path).read_text("utf-8").split(","), np.float32)
"""


def read(content: bytes) -> np.ndarray:
    try:
        return np.array(content.decode("utf-8").split(","), np.float32)
    except ValueError as error:
        raise UserError("row-damaged", "This is no row of numbers.", "Mend it.") from error


def keep(path: Path, options: dict) -> dict:
    row = read(path.read_bytes())
    content = ",".join(map(str, row.tolist())).encode()
    place = kept.path(digest := hashlib.sha256(content).hexdigest(), SUFFIX, options["folder"])
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    return {"hash": digest, "facts": {"length": len(row)}}


class Row(Modality):
    """So many numbers of one thing; a table with a column of labels holds many of them."""

    name, examples = "row", Said("rows")
    endings, facts = frozenset((".csv", SUFFIX)), ("length",)
    opener = Opener(("-m", "tests.modalities.rows_of_numbers"), *[Opened(code="row-odd")] * 3)
    suffix, map_sides, kept_type, decode_s = SUFFIX, 0, "float32", 1e-5
    scalings = frozenset(("tenth",))

    def unfold(self, files, into):
        lines = [line for _, table in files for line in csv.DictReader(table.open("r", newline=""))]
        names = [f"{line.pop(LABEL)}/{number:06}{SUFFIX}" for number, line in enumerate(lines)]
        rows = [(name, into / f"{number:06}") for number, name in enumerate(names)]
        for (_, place), line in zip(rows, lines, strict=True):
            place.write_text(",".join(line.values()), "utf-8")
        return rows

    def input_shape(self, size):
        return (size,)

    def decode(self, hashes, entry, *, threads=0):
        return np.stack([self.see(self.stored(digest), entry)[1] for digest in hashes])

    def scale(self, scaling, decoded):
        return decoded * np.float32(0.1)

    def see(self, source, entry):
        row = read(source if isinstance(source, bytes) else source.read_bytes())
        return row, row[: entry.size]

    def layers(self, entry):
        import keras

        given = keras.Input((entry.size,), name="rows")
        return given, keras.layers.Rescaling(0.1)(given)

    def program(self, read_by):
        return Program(install="", call="one.row", opener="open_row", text=SCRIPT)


class Dense:
    """The backbone: random layers, always the same ones."""

    SHA256 = "0" * 64

    def build(self, input_shape, weights):
        from keras import Input, Model, initializers, layers

        starts = [initializers.GlorotUniform(seed) for seed in (1, 2)]
        dense = [layers.Dense(UNITS, "relu", kernel_initializer=start) for start in starts]
        x = Input(input_shape)
        return Model(x, dense[1](dense[0](x)))


# fmt: off
MODALITY = Row()
BACKBONE = Backbone(
    name="dense", title="Dense", family="Dense", sentence="Two layers.", embedded_in=Dense(), paper="",
    modality=MODALITY.name, parameters=(NUMBERS + 1 + UNITS + 1) * UNITS, default_size_px=NUMBERS,
    min_size_px=NUMBERS, preprocessing="tenth", weights_license="CC0-1.0")
STAGES = [
    {"name": f"layers_{k + 1}", "title": f"Layers {k + 1}", "node_index": k, "channels": UNITS,
     "parameters": (n + 1) * UNITS, "trainable_parameters": (n + 1) * UNITS, "norm_parameters": 0,
     "side": [1, 0], "work": [[1, 0, 2 * n * UNITS]]} for k, n in enumerate((NUMBERS, UNITS))]


def register() -> None:
    registry.MODALITIES += (MODALITY,)
    catalogue.BACKBONES[BACKBONE.name] = BACKBONE
    stages._table()[BACKBONE.name] = {"output_index": 2, "stages": STAGES}


if __name__ == "__main__":
    child.serve(keep, json.loads(sys.argv[1]))

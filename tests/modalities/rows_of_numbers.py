"""A modality for tests alone: rows of numbers out of a CSV, and a backbone of two dense layers.

Whole in this one file, the program that opens a row among it. `register` is what a line in the
registry, a record in the table of backbones and its row in the table of stages are for real ones.
"""

import csv
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from tl_core.backbones import catalogue, stages
from tl_core.backbones.record import Backbone
from tl_core.base.files import write_quickly
from tl_core.base.said import Said
from tl_core.modalities import child, kept, registry
from tl_core.modalities.modality import Modality, Program, Words
from tl_core.modalities.opening_children import Opened, Opener

LABEL, SUFFIX, NUMBERS, UNITS = "label", ".row", 4, 16
TEXT = '''
def open_row(path):
    """Return a row of numbers, float32."""
    return np.array(pathlib.Path(path).read_text("utf-8").split(","), np.float32)
'''


def keep(path: Path, options: dict) -> dict:
    """Keep the row in a file of unknown content; run in a child."""
    try:
        row = np.array(path.read_text("utf-8").split(","), "<f4")
    except ValueError:
        return {"code": "row-damaged", "reason": "This is no row of numbers.", "hint": "Mend it."}
    digest = hashlib.sha256(row.tobytes()).hexdigest()
    place = kept.path(digest, SUFFIX, Path(options["folder"]))
    place.parent.mkdir(parents=True, exist_ok=True)
    write_quickly(place, row.tobytes())
    return {"hash": digest, "facts": {"length": len(row)}}


class Row(Modality):
    """So many measurements of one thing; a file of the name LABEL,… holds many of them."""

    name = "row"
    words = Words(Said("row"), Said("rows"))
    endings = frozenset((".csv", SUFFIX))
    opener = Opener(
        ("-m", __spec__.name), *(Opened(code=f"row-{k}") for k in ("slow", "late", "bad"))
    )
    facts = ("length",)
    suffix, map_sides, kept_type, decode_s = SUFFIX, 0, "float32", 1e-5
    scalings = frozenset(("tenth",))

    def unfold(self, files, into):
        rows = []
        for _, table in files:
            for line in csv.DictReader(table.open(encoding="utf-8")):
                label = line.pop(LABEL)
                rows.append((f"{label}/{len(rows):06}{SUFFIX}", into / f"{len(rows):06}"))
                rows[-1][1].write_text(",".join(line.values()), "utf-8")
        return rows

    def options(self, limits):
        return {}

    def input_shape(self, size):
        return (size,)

    def decode(self, hashes, entry, *, threads=0):
        return np.stack(
            [np.fromfile(self.stored(digest), "<f4")[: entry.size] for digest in hashes]
        )

    def scale(self, scaling, decoded):
        return decoded * np.float32(0.1)

    def see(self, source, entry):
        text = (source if isinstance(source, bytes) else source.read_bytes()).decode("utf-8")
        return text, np.array(text.split(","), np.float32)[: entry.size]

    def layers(self, entry):
        import keras

        given = keras.Input((entry.size,), name="rows")
        return given, keras.layers.Rescaling(0.1)(given)

    def program(self, read_by):
        return Program(
            install="", call="one.row", imports=(), needs="", opener="open_row", text=TEXT
        )


class Dense:
    """The backbone: random layers, always the same ones."""

    SHA256 = "0" * 64

    def build(self, input_shape, weights):
        import keras

        x = given = keras.Input(input_shape, name="rows")
        for seed in (1, 2):
            start = keras.initializers.GlorotUniform(seed)
            x = keras.layers.Dense(UNITS, "relu", kernel_initializer=start, name=f"dense_{seed}")(x)
        return keras.Model(given, x, name="dense")

    def checked_file(self):
        return Path(__file__)


MODALITY = Row()
BACKBONE = Backbone(
    name="dense", title="Dense", family="Dense", sentence="Two layers.", embedded_in=Dense(),
    modality=MODALITY.name, parameters=(NUMBERS + 1 + UNITS + 1) * UNITS, default_size_px=NUMBERS,
    min_size_px=NUMBERS, preprocessing="tenth", paper="", weights_license="CC0-1.0",
)  # fmt: skip
STAGES = [
    {"name": f"layers_{k + 1}", "title": f"Layers {k + 1}", "node_index": k, "channels": UNITS,
     "parameters": (n + 1) * UNITS, "trainable_parameters": (n + 1) * UNITS, "norm_parameters": 0,
     "side": [1, 0], "work": [[1, 0, 2 * n * UNITS]]}
    for k, n in enumerate((NUMBERS, UNITS))
]  # fmt: skip


def register() -> None:
    registry.MODALITIES += (MODALITY,)
    catalogue.BACKBONES[BACKBONE.name] = BACKBONE
    stages._table()[BACKBONE.name] = {"output_index": 2, "stages": STAGES}


if __name__ == "__main__":
    child.serve(keep, json.loads(sys.argv[1]))

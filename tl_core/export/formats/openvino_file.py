"""The OpenVINO model a person takes home: examples of the network's size in, answers and features out.

A folder with the network (`model.xml`) and its weights in 32 bits (`model.bin`), as exact as the app.
Scaling, temperature and the task's last step are inside. OpenVINO's resizing smooths otherwise than
Graft's, so the script beside the folder brings examples to size, bit for bit.

Reference:
    https://docs.openvino.ai, "OpenVINO IR format", "Precision control".
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core.export.formats import beside_model, frozen_graph, model_properties
from tl_core.export.formats.script import Backend
from tl_core.models import persist

if TYPE_CHECKING:
    import keras

MODEL = "openvino_model"
NETWORK = "model.xml"
OUTPUTS = ("answers", "features")
ABOUT = "graft"
"""What a model says of itself stands below this name in `model.xml`."""
LEAST_RUNTIME = "2023.1"
"""The first that Python takes as `openvino.Core`; it was run and answered alike."""

_LOAD = f"""
folder = pathlib.Path(__file__).with_name("{MODEL}")
{beside_model.reading("folder")}
# Without this hint some processors calculate in 16 bits, and answers differ a little.
exact = {{"INFERENCE_PRECISION_HINT": "f32"}}
model = openvino.Core().compile_model(str(folder / "{NETWORK}"), "CPU", exact)


def asked(opened):
    \"\"\"Return the answers to one opened example, and what the backbone saw.\"\"\"
    told = model(fitted(opened[0])[None])
    return np.array(told["{OUTPUTS[0]}"]), np.array(told["{OUTPUTS[1]}"])
"""
BACKEND = Backend(
    file="predict.py",
    packages=f'"openvino>={LEAST_RUNTIME}"',
    load=_LOAD,
    needs="import openvino",
    is_fixed=True,
)


def write(model_dir: Path, file: Path) -> None:
    """Write the trained model of `model_dir` for OpenVINO, the folder `file`. Imports Keras and TensorFlow.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    import openvino

    assembled = persist.load_model(model_dir)
    network = of(persist.fitted(assembled))
    network.set_rt_info(model_properties.of(assembled.description), [ABOUT])
    beside_model.write(model_dir, assembled.description, file)
    # Half precision is what it would write by itself.
    openvino.save_model(network, str(file / NETWORK), compress_to_fp16=False)


def of(model: keras.Model) -> Any:
    """Return a Keras model as OpenVINO's, any number of examples at once, with the outputs `OUTPUTS`.

    `openvino.convert_model` would tell its makers that it was called, unless a person forbids it;
    what reads a file tells nobody.
    """
    import openvino

    graph = frozen_graph.of(model, len(OUTPUTS), examples=None).graph.as_graph_def()
    with tempfile.TemporaryDirectory(prefix="graft-openvino-") as folder:
        file = Path(folder) / "frozen.pb"
        file.write_bytes(graph.SerializeToString())
        network = openvino.Core().read_model(str(file))
    network.inputs[0].get_tensor().set_names({frozen_graph.GIVEN})
    for output, name in zip(network.outputs, OUTPUTS, strict=True):
        output.get_tensor().set_names({name})
    return network

"""The ONNX file a person takes home: examples of the network's size in, probabilities and features out.

Scaling, temperature and the task's last step are inside; so are the names of the answers and what
tells "none of these", as metadata. Opset 17 and IR 8, which runtimes of 2023 load. Resizing is not
inside: ONNX's own has no smoothing before opset 18. The script beside the file does it, bit for bit.

Reference:
    ONNX, https://onnx.ai/onnx/intro: Resize, opset 18, `antialias`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_core.export.formats import model_properties
from tl_core.export.formats.script import Backend
from tl_core.models import persist

if TYPE_CHECKING:
    import keras
    import onnx

MODEL = "model.onnx"
OPSET = 17
HIGHEST_IR = 9
LEAST_RUNTIME = "1.14"
"""Of ONNX Runtime, 2023: the first that is known to load what `OPSET` and `HIGHEST_IR` allow."""
OUTPUTS = ("answers", "features")
BATCH = "n"
"""What the first side of every tensor is called."""

_LOAD = f"""
file = pathlib.Path(__file__).with_name("{MODEL}")
model = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
_told = model.get_modelmeta().custom_metadata_map
{model_properties.READING}
_input = model.get_inputs()[0].name


def asked(opened):
    \"\"\"Return the answers to one opened example, and what the backbone saw.\"\"\"
    return model.run(["answers", "features"], {{_input: fitted(opened[0])[None]}})
"""
BACKEND = Backend(
    file="predict.py",
    packages=f'"onnxruntime>={LEAST_RUNTIME}"',
    load=_LOAD,
    imports=("base64",),
    needs="import onnxruntime",
    is_fixed=True,
)


def write(model_dir: Path, file: Path) -> None:
    """Write the trained model of `model_dir` as one ONNX file. Imports Keras.

    Raises:
        UserError: when the model cannot be rebuilt; see `persist.load_model`.
    """
    import onnx

    assembled = persist.load_model(model_dir)
    graph = of(persist.fitted(assembled), file)
    _describe(graph, model_dir, assembled.description)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(file))


def of(model: keras.Model, file: Path) -> onnx.ModelProto:
    """Return a Keras model with the outputs `OUTPUTS` in ONNX, any number of examples at once.

    Args:
        model: has one input.
        file: written on the way.
    """
    import keras
    import onnx

    given: Any = model.inputs[0]
    spec = keras.InputSpec(dtype=given.dtype, shape=given.shape, name=given.name)
    # Through Keras alone: it mends what tf2onnx lacks for this NumPy before it calls it, which warns.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model.export(
            file, format="onnx", opset_version=OPSET, input_signature=[spec], verbose=False
        )
    graph = onnx.load(str(file))
    graph.ir_version = min(graph.ir_version, HIGHEST_IR)
    _name_outputs(graph)
    for value in (*graph.graph.input, *graph.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    return graph


def _name_outputs(graph: onnx.ModelProto) -> None:
    """Call the outputs `OUTPUTS` instead of what the converter called them."""
    names = dict(zip((value.name for value in graph.graph.output), OUTPUTS, strict=True))
    for value in graph.graph.output:
        value.name = names[value.name]
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
        for place, name in enumerate(node.output):
            node.output[place] = names.get(name, name)


def _describe(graph: onnx.ModelProto, model_dir: Path, described: persist.Description) -> None:
    """Put into the file what a program has to know beside it."""
    import onnx

    told = model_properties.with_detector(model_dir, described)
    onnx.helper.set_model_props(graph, told)
    graph.producer_name, graph.doc_string = "Graft", ""

"""A model in ONNX for tests of the page, made without Keras: it judges a picture by its mean colours."""

from pathlib import Path

import numpy as np

from tests.export import made
from tl_core.models import persist
from tl_core.models.persist import Description

CLASSES = ("red </script>", "green", "blü")
WEIGHTS = np.eye(3, dtype=np.float32) * 6


def model() -> bytes:
    """Return uint8 (n, 64, 64, 3) to softmax of the mean colours and these, as ONNX."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", 64, 64, 3])
    told = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3])
        for name in ("answers", "features")
    ]
    nodes = [
        helper.make_node("Cast", ["pictures"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["levels"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["means", "scale"], ["features"]),
        helper.make_node("MatMul", ["features", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["answers"], axis=-1),
    ]
    kept = [
        numpy_helper.from_array(np.array(1 / 255, np.float32), "scale"),
        numpy_helper.from_array(WEIGHTS, "weights"),
    ]
    graph = helper.make_graph(nodes, "colours", [given], told, kept)
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnx.ModelProto.SerializeToString(whole)


def described(folder: Path) -> Description:
    """Return a description that fits it."""
    return persist.describe(made.described_only(folder, CLASSES, 3))

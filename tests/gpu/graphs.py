"""Networks with random weights, and folders with a manifest around them."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gpu.deepstream.draw import IR, OPSET
from gpu.manifests import Model, load


def model_of(folder: Path, graph: onnx.ModelProto, decoder: str, names: list[str]) -> Model:
    """A folder with a manifest around a graph that takes 64 x 32."""
    home = folder / "mine"
    home.mkdir()
    data = graph.SerializeToString()
    (home / "mine.onnx").write_bytes(data)
    (home / "labels.txt").write_text("person\ndog\nvan\n")
    (home / "manifest.toml").write_text(
        f"""name = "mine"
file = "mine.onnx"
sha256 = "{hashlib.sha256(data).hexdigest()}"
licence = "Apache-2.0"
origin = "here"
labels = "labels.txt"
[input]
name = "images"
width = 64
height = 32
scale = 0.00392156862745098
[output]
decoder = "{decoder}"
names = {names}
score = 0.6
keep = 0.5
[objects]
person = "person"
van = "car"
"""
    )
    return load(home / "manifest.toml")


def random_graph(batch: Any, shapes: dict[str, list[int]], seed: int = 3) -> onnx.ModelProto:
    """Random weights from a picture's three means to outputs of these shapes."""
    random = np.random.default_rng(seed)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=0),
    ]
    weights, outputs = [], []
    for name, shape in shapes.items():
        matrix = random.normal(0, 3, (3, int(np.prod(shape)))).astype(np.float32)
        weights.append(numpy_helper.from_array(matrix, f"{name}.weight"))
        size = np.array([1 if batch == 1 else 0, *shape], np.int64)
        weights.append(numpy_helper.from_array(size, f"{name}.shape"))
        nodes.append(helper.make_node("MatMul", ["means", f"{name}.weight"], [f"{name}.flat"]))
        last = f"{name}.raw" if name == "pred_boxes" else name
        nodes.append(helper.make_node("Reshape", [f"{name}.flat", f"{name}.shape"], [last]))
        if last != name:
            nodes.append(helper.make_node("Sigmoid", [last], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape]))
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, 32, 64])
    made = helper.make_graph(nodes, "random", [images], outputs, weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)

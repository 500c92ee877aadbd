"""Model bundles made in a moment: a linear model in ONNX, for tests of everything that only needs some model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.core.need import need
from workbench.models import bundle


def linear(folder: Path, classes: Sequence[str] = ("dark", "light"), *, size: int = 8, sign: float = 1.0) -> Path:
    """Write a bundle that tells the brightness of gray pictures in as many steps as there are *classes*.

    With *sign* -1 it says the opposite, so that a test sees which of two models has answered.
    """
    onnx = need("onnx", extra="optimize", use="A model for tests")
    helper = onnx.helper
    n = len(classes)
    # Row k scores -(brightness - center_k)^2 up to what all rows share: 2 * center_k * brightness - center_k^2.
    centers = (np.arange(n, dtype=np.float32) + 0.5) / n
    weights = np.repeat(sign * 2 * centers[None, :] / size**2, size * size, axis=0).astype(np.float32) * 20
    bias = (-sign * centers**2).astype(np.float32) * 20
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("Gemm", ["flat", "w", "b"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 1, size, size])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", n])],
        [onnx.numpy_helper.from_array(weights, "w"), onnx.numpy_helper.from_array(bias, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    spec = bundle.Spec(
        task="image-classification",
        classes=tuple(classes),
        runtime="onnxruntime",
        backbone="linear",
        settings={"image_size": size, "channels": 1},
    )
    bundle.write(folder, spec, {"model.onnx": model.SerializeToString()})
    return folder

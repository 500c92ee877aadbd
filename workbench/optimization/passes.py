"""The registry of passes: ways to make a model faster, each tried and measured, none trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.registry import Registry
from workbench.models.bundle import Spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Source:
    """What a pass starts from: the model's bundle and a few hundred prepared inputs to calibrate with."""

    folder: Path
    spec: Spec
    calibration: NDArray[np.float32]
    #: A folder for what passes share, such as the exported graph, made by the first that needs it.
    work: Path


@dataclass(frozen=True, kw_only=True)
class Pass:
    """A way to make a model faster: *build* writes the new bundle to a folder.

    An *exact* pass computes the same function in another order, so its outputs are held to a numeric tolerance as well;
    one that rounds on purpose is judged by the metric alone.
    """

    build: Callable[[Source, Path], Spec]
    exact: bool = False


PASSES: Registry[Pass] = Registry(
    "pass",
    {
        "onnxruntime": "workbench.optimization.onnx_passes:FLOAT",
        "onnxruntime-int8": "workbench.optimization.onnx_passes:INT8",
        "onnxruntime-int8-dynamic": "workbench.optimization.onnx_passes:INT8_DYNAMIC",
        "openvino": "workbench.optimization.openvino_passes:FLOAT",
        "openvino-bf16": "workbench.optimization.openvino_passes:BF16",
        "openvino-int8": "workbench.optimization.openvino_passes:INT8",
    },
)

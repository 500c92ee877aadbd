"""Running a bundle on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.need import need
from workbench.models.bundle import Spec

if TYPE_CHECKING:
    from workbench.models.load import Array, Outputs

FILE = "model.onnx"


def start(folder: Path, spec: Spec, threads: int) -> Outputs:  # noqa: ARG001  # the signature of a runtime
    """Return the function that computes the bundle's outputs; a session takes calls from any thread."""
    ort = need("onnxruntime", extra="optimize", use="A model of the runtime 'onnxruntime'")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(str(folder / FILE), options, providers=["CPUExecutionProvider"])
    [given] = session.get_inputs()

    def outputs(array: Array) -> Array:
        return np.asarray(session.run(None, {given.name: array})[0], np.float32)

    return outputs

"""Running a bundle on OpenVINO."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.need import need
from workbench.models.bundle import Spec

if TYPE_CHECKING:
    from workbench.models.load import Array, Outputs

FILE = "model.xml"


def openvino(*, use: str) -> Any:
    """Return the package without its telemetry.

    Importing it, it writes to the user's home and forks a process that reports to its makers; it and nncf do without
    when the package `openvino_telemetry` cannot be had, so in this process it cannot.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # how Python spells "not to be had"
    return need("openvino", extra="optimize", use=use)


def start(folder: Path, spec: Spec, threads: int) -> Outputs:
    """Return the function that computes the bundle's outputs; each calling thread has a request of its own.

    The setting `precision` is f32 unless a bundle says otherwise: left alone, OpenVINO computes in bf16 where it can.
    """
    ov = openvino(use="A model of the runtime 'openvino'")
    config = {
        "INFERENCE_PRECISION_HINT": str(spec.settings.get("precision", "f32")),
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # pinned threads of two processes would land on the same core
    }
    compiled = ov.Core().compile_model(str(folder / FILE), "CPU", config)
    own = threading.local()

    def outputs(array: Array) -> Array:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        return np.asarray(own.request.infer([array])[0], np.float32).copy()

    return outputs

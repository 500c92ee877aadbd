"""Passes to OpenVINO: f32, bf16 where the CPU computes in it, and int8 by NNCF."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError
from workbench.core.need import need
from workbench.models import bundle
from workbench.models.bundle import Spec
from workbench.models.openvino_runtime import FILE, openvino
from workbench.optimization.onnx_passes import export
from workbench.optimization.passes import Pass, Source

_WEIGHTS = "model.bin"


def _float(source: Source, folder: Path) -> Spec:
    ov = _openvino()
    return _save(ov, ov.Core().read_model(export(source)), source, folder, precision="f32")


def _bf16(source: Source, folder: Path) -> Spec:
    ov = _openvino()
    if "BF16" not in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ConflictError("This CPU does not compute in bf16.")
    return _save(ov, ov.Core().read_model(export(source)), source, folder, precision="bf16")


def _int8(source: Source, folder: Path) -> Spec:
    ov = _openvino()
    nncf = need("nncf", extra="optimize", use="Rounding to int8 for OpenVINO")
    model = ov.Core().read_model(export(source))
    samples = nncf.Dataset([sample[None] for sample in source.calibration])
    rounded = nncf.quantize(model, samples, subset_size=len(source.calibration))
    # What stays in float is computed in f32: next to int8 it is little, and exact.
    return _save(ov, rounded, source, folder, precision="f32")


def _save(ov: Any, model: Any, source: Source, folder: Path, *, precision: str) -> Spec:
    spec = replace(source.spec, runtime="openvino", settings={**source.spec.settings, "precision": precision})
    with tempfile.TemporaryDirectory() as made:
        ov.save_model(model, Path(made) / FILE, compress_to_fp16=False)
        return bundle.write(folder, spec, {FILE: Path(made) / FILE, _WEIGHTS: Path(made) / _WEIGHTS})


def _openvino() -> Any:
    return openvino(use="Optimizing for OpenVINO")


FLOAT = Pass(build=_float, exact=True)
BF16 = Pass(build=_bf16)
INT8 = Pass(build=_int8)

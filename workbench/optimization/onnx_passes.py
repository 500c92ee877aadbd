"""Passes to ONNX Runtime: the exported graph in float, and rounded to 8 bits with and without calibration."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.need import need
from workbench.models import bundle, torch_runtime
from workbench.models.bundle import Spec
from workbench.models.onnx_runtime import FILE
from workbench.optimization.passes import Pass, Source

_USE = "Optimizing for ONNX Runtime"
_INPUT, _OUTPUT = "pixels", "outputs"


def export(source: Source) -> Path:
    """Return the model as an ONNX file with a free batch size; made once for all passes."""
    path = source.work / "exported.onnx"
    if path.exists():
        return path
    torch = need("torch", extra="train", use="Exporting a model")
    for module in ("onnx", "onnxscript"):
        need(module, extra="optimize", use="Exporting a model")
    network = torch_runtime.restore(source.folder, source.spec)
    program = torch.onnx.export(
        network,
        # Two samples: with one, the exporter takes the batch size for a constant.
        (torch.from_numpy(source.calibration[[0, 0]]),),
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        input_names=[_INPUT],
        output_names=[_OUTPUT],
        verbose=False,
    )
    program.save(path)
    return path


def _float(source: Source, folder: Path) -> Spec:
    need("onnxruntime", extra="optimize", use=_USE)
    return bundle.write(folder, replace(source.spec, runtime="onnxruntime"), {FILE: export(source)})


def _int8(source: Source, folder: Path) -> Spec:
    """Round weights and activations to 8 bits, in the QDQ form, with ranges from the calibration samples."""
    quantization = need("onnxruntime.quantization", extra="optimize", use=_USE)
    shape = need("onnxruntime.quantization.shape_inference", extra="optimize", use=_USE)
    with tempfile.TemporaryDirectory() as made:
        prepared, rounded = Path(made) / "prepared.onnx", Path(made) / FILE
        shape.quant_pre_process(export(source), prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared,
            rounded,
            _reader(quantization.CalibrationDataReader, source),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
        )
        return bundle.write(folder, replace(source.spec, runtime="onnxruntime"), {FILE: rounded})


def _int8_dynamic(source: Source, folder: Path) -> Spec:
    """Round weights to 8 bits, activations as they come: no calibration, good for transformers, slow for convolutions."""
    quantization = need("onnxruntime.quantization", extra="optimize", use=_USE)
    onnx = need("onnx", extra="optimize", use=_USE)
    graph = onnx.load(export(source))
    del graph.graph.value_info[:]  # shapes written by the exporter contradict the rounded graph
    with tempfile.TemporaryDirectory() as made:
        rounded = Path(made) / FILE
        quantization.quantize_dynamic(graph, rounded)
        return bundle.write(folder, replace(source.spec, runtime="onnxruntime"), {FILE: rounded})


def _reader(base: type[Any], source: Source) -> Any:
    """Return the calibration samples in the form that ONNX Runtime's quantizer reads."""

    class Reader(base):  # type: ignore[misc]  # the base is known when the package is
        def __init__(self) -> None:
            self._left: Iterator[Mapping[str, Any]] = ({_INPUT: sample[None]} for sample in source.calibration)

        def get_next(self) -> Mapping[str, Any] | None:
            return next(self._left, None)

    return Reader()


FLOAT = Pass(build=_float, exact=True)
INT8 = Pass(build=_int8)
INT8_DYNAMIC = Pass(build=_int8_dynamic)

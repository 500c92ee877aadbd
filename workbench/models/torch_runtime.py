"""Running a bundle on PyTorch, and writing one from a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.need import need
from workbench.models import bundle

if TYPE_CHECKING:
    from workbench.models.load import Array, Outputs

FILE = "weights.safetensors"


def start(folder: Path, spec: bundle.Spec, threads: int) -> Outputs:
    """Return the function that computes the bundle's outputs; PyTorch has one count of threads for the process."""
    torch = need("torch", extra="train", use="A model of the runtime 'torch'")
    torch.set_num_threads(threads)
    network = restore(folder, spec)

    def outputs(array: Array) -> Array:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(array)).numpy(), np.float32)

    return outputs


def restore(folder: Path, spec: bundle.Spec) -> Any:
    """Return the bundle's network with its weights, ready for inference."""
    from workbench.models.backbones import rebuild  # torch, after `need` has asked for it

    tensors = need("safetensors.torch", extra="train", use="A model of the runtime 'torch'")
    network = rebuild(spec.backbone, n_classes=len(spec.classes), settings=spec.settings)
    network.load_state_dict(tensors.load_file(folder / FILE))
    return network.eval()


def save(folder: Path, spec: bundle.Spec, network: Any) -> bundle.Spec:
    """Write *network* as a bundle, whole; return the spec with its hashes."""
    return bundle.write(folder, spec, {FILE: encode(network.state_dict())})


def encode(tensors: Mapping[str, Any]) -> bytes:
    """Return named tensors in the format safetensors; the same values give the same bytes."""
    safetensors = need("safetensors.torch", extra="train", use="Saving a model")
    # Cloned, as two names may share memory, which the format refuses.
    made: bytes = safetensors.save({name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()})
    return made

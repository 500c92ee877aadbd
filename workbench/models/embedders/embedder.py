"""What an embedder is, and which there are; nothing heavy is loaded before one is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.errors import InputError, NotFoundError
from workbench.core.registry import Registry
from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Vectors of items; those of all the modalities that it takes are in one space."""

    @property
    def takes(self) -> frozenset[str]:
        """Return the modalities."""

    @property
    def small(self) -> bool:
        """Return whether the thumbnail of a picture is enough, so that the picture itself need not be decoded."""

    def vectors(self, modality: str, items: Sequence[Any]) -> Vectors:
        """Return a row of length 1 per item: PIL images, texts, or `tasks.sounds.Sound`."""


#: Embedders by name.
EMBEDDERS: Registry[Callable[[], Embedder]] = Registry(
    "embedder",
    {
        "pixels": "workbench.models.embedders.pixels:Pixels",
        "color": "workbench.models.embedders.pixels:Color",
        "ngrams": "workbench.models.embedders.ngrams:NGrams",
        "minilm": "workbench.models.embedders.folder:minilm",
        "spectrum": "workbench.models.embedders.spectrum:Spectrum",
        "course": "workbench.models.embedders.spectrum:Course",
    },
)

#: What is taken when nobody says; each needs nothing but numpy and reads 1,000 items in seconds.
DEFAULT = {"image": "pixels", "text": "ngrams", "audio": "spectrum"}


def full_name(ws: Workspace, model: str) -> str:
    """Return the name under which *model* is found again: of an embedder, of a folder, or of a version of a model."""
    if model in EMBEDDERS:
        return model
    if model.startswith("model:"):
        return str(ws.model(model).ref)
    folder = Path.home() / model[2:] if model.startswith("~/") else Path(model)
    if (folder / "config.json").is_file():
        return str(folder.resolve())
    try:
        EMBEDDERS.target(model)
    except NotFoundError as exc:
        exc.hint = f"{exc.hint} A `model:` of the workspace or a folder with a pretrained model (config.json) will do too."
        raise
    return model


def find(ws: Workspace, name: str, *, modality: str) -> Embedder:
    """Return the embedder that `full_name` named; raise `InputError` when it does not take that modality."""
    made = _make(ws, name)
    if modality not in made.takes:
        raise InputError(
            f"The embedder {name!r} takes {' and '.join(sorted(made.takes))}, not {modality}.",
            hint=f"Try {DEFAULT[modality]!r}." if modality in DEFAULT else "",
        )
    return made


def _make(ws: Workspace, name: str) -> Embedder:
    if name in EMBEDDERS:
        return EMBEDDERS[name]()
    if name.startswith("model:"):
        from workbench.models.embedders.trained import Trained

        return Trained(ws.model(name))
    from workbench.models.embedders.folder import open_folder

    if not (Path(name) / "config.json").is_file():
        raise NotFoundError(
            f"The embedder's folder {name} is not there.",
            hint="Bring it back, or embed anew with wb.embed().",
            kind="embedder",
            name=name,
            neighbours=(),
        )
    return open_folder(Path(name))

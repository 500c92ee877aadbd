"""What a file format is: a way to tell the samples in files, and a way to write samples as such files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.errors import InputError
from workbench.core.ports import Row

if TYPE_CHECKING:
    from workbench.data.formats.outgoing import Outgoing


@dataclass(frozen=True)
class LeftOut:
    """A file, an item or a label that did not go in, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Held:
    """A file that stands within another one: its name, and how to read it."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Item:
    """One sample as files tell it; `where` is what a message calls it.

    `label` is text, or what the JSON of a label holds, or a function that says it once the row is known: coordinates
    relative to the picture wait for its width and height. `guess` is the same of a model. `apart` tells items with the
    same content apart. `missing` is why the file that it names is not to be had; an item that is there needs none.
    """

    where: str
    file: Path | Held | None = None
    #: Where the file lies when that is not on this machine.
    address: str = ""
    file_b: Path | Held | None = None
    address_b: str = ""
    row: Row = field(default_factory=dict)
    label: Any | Callable[[Row], Any] | None = None
    guess: Any | Callable[[Row], Any] | None = None
    apart: str = ""
    missing: str = ""


@dataclass
class Contents:
    """What was found: the samples, or why one is left out; the classes in their order; what a row has no place for."""

    task: str
    items: Iterable[Item | LeftOut]
    classes: Sequence[str] = ()
    losses: Sequence[str] = ()


@dataclass(frozen=True)
class Incoming:
    """What is to be read: a file or folder, the task asked for ('' when none was), the folder of the media."""

    path: Path
    task: str = ""
    root: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Return the folder that names in the files are relative to."""
        return self.root or (self.path if self.path.is_dir() else self.path.parent)


class Format(ABC):
    """One file format. `tasks` are those whose labels it holds whole, the most usual first."""

    name: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]]
    #: The columns of a row that are written too; None is all of them.
    columns: ClassVar[frozenset[str] | None] = frozenset()
    #: The files that hold labels, as patterns; of a folder behind an address, only these are brought here to be read.
    told_in: ClassVar[tuple[str, ...]] = ("*",)

    @abstractmethod
    def read(self, source: Incoming) -> Contents:
        """Return what the files say; raise `InputError` when they are not of this format."""

    @abstractmethod
    def write(self, out: Outgoing) -> None:
        """Write the samples of *out* below its folder."""

    def chosen(self, asked: str, *, otherwise: str = "") -> str:
        """Return the task that was asked for, or the usual one; raise `InputError` when the format does not hold it."""
        task = asked or otherwise or self.tasks[0]
        if task not in self.tasks:
            raise InputError(f"Format {self.name!r} does not hold {task}.", hint=f"It holds {', '.join(self.tasks)}.")
        return task

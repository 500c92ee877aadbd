"""One registry class for tasks, backbones, strategies, passes, targets and formats: names to 'module:attribute'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from workbench.core.errors import ConflictError, not_found

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """A read-only mapping whose values are imported when they are first asked for.

    Other distributions add entries by the entry point group `workbench.<kind>`; a name that two provide is refused,
    because the one that won would depend on the order of installation.
    """

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        self.kind = kind
        self._entries = dict(entries)
        self._plugins: dict[str, EntryPoint] | None = None

    def __getitem__(self, name: str) -> T:
        target = self._entries.get(name)
        if target is None:
            plugin = self._found().get(name)
            if plugin is None:
                raise not_found(self.kind, name, self)
            return cast("T", plugin.load())
        module, _, attribute = target.partition(":")
        return cast("T", getattr(import_module(module), attribute))

    def __iter__(self) -> Iterator[str]:
        yield from self._entries
        yield from (name for name in self._found() if name not in self._entries)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._found()

    def target(self, name: str) -> str:
        """Return where *name* lives, as 'module:attribute', without importing it."""
        if name in self._entries:
            return self._entries[name]
        plugin = self._found().get(name)
        if plugin is None:
            raise not_found(self.kind, name, self)
        return plugin.value

    def _found(self) -> dict[str, EntryPoint]:
        if self._plugins is None:
            plugins: dict[str, EntryPoint] = {}
            for point in entry_points(group=f"workbench.{self.kind}"):
                if point.name in self._entries or point.name in plugins:
                    raise ConflictError(
                        f"Two packages provide the {self.kind} {point.name!r}.",
                        hint=f"Uninstall one; this one is {point.value}.",
                    )
                plugins[point.name] = point
            self._plugins = plugins
        return self._plugins

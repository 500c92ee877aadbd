"""What happens while a verb works: events go to whoever listens (a curve under a cell, a log, a test)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """Something that happened to a subject, such as `progress` of `run:train-17` with `done` and `total`."""

    name: str
    subject: str
    fields: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Event], None]


class Hub:
    """Hands each event to every listener; a listener that breaks is logged and never stops the work."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add *listener* and return the call that takes it away again."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def emit(self, name: str, subject: str, **fields: Any) -> None:
        """Tell every listener that *name* happened to *subject*, a reference string."""
        event = Event(name, subject, fields)
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # a picture that cannot be drawn must not end a training
                _log.exception("A listener broke on %s of %s", name, subject)

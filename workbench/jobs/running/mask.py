"""Keeping secrets out of what a job shows: their values become *** in the log, the outputs and the executed notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "***"
#: Names of variables whose values nobody wants to read in a log.
SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(?:API|ACCESS|PRIVATE)_?KEY|AUTH)(?:$|_)", re.IGNORECASE
)
#: A shorter value is a switch such as '1' or 'true', and stands in every other line.
_SHORTEST = 6


class Mask:
    """Replaces the values that it was made with, as they are and as JSON or `repr` writes them."""

    def __init__(self, values: Iterable[str]) -> None:
        told = {v for v in values if len(v) >= _SHORTEST}
        told |= {json.dumps(v)[1:-1] for v in told} | {json.dumps(v, ensure_ascii=False)[1:-1] for v in told}
        told |= {repr(v)[1:-1] for v in told}
        # The longest first: one secret may be the beginning of another.
        self._values = re.compile("|".join(map(re.escape, sorted(told, key=len, reverse=True)))) if told else None

    def text(self, text: str) -> str:
        """Return *text* without secrets.

        >>> Mask(["hunter22"]).text("The key is hunter22.")
        'The key is ***.'
        """
        return self._values.sub(HIDDEN, text) if self._values else text

    def apply(self, value: Any) -> Any:
        """Return *value*, made of JSON's types, without secrets; lists and dictionaries are changed in place."""
        if self._values is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            for key, inner in value.items():
                value[key] = self.apply(inner)
        elif isinstance(value, list):
            value[:] = [self.apply(inner) for inner in value]
        return value


NOTHING = Mask(())


def values(environment: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """Return what to hide: every secret of the job, and the variables whose names say that they are one."""
    return [*secrets.values(), *(v for k, v in environment.items() if SECRET_NAME.search(k))]

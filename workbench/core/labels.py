"""Labels as text: the canonical JSON of those that are more than a name, so that equal labels are equal strings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from workbench.core.errors import InputError

#: Coordinates are kept to a thousandth of a pixel, times to a tenth of a millisecond.
PX_DIGITS, S_DIGITS = 3, 4


#: What XML 1.0 cannot hold, not even escaped; a labeling config is XML.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def distinct(classes: Sequence[str], *, least: int = 1) -> tuple[str, ...]:
    """Return *classes*; raise `InputError` unless each has a name of its own that can be shown, and there are enough."""
    problems = [f"{name!r} is there twice" for name in sorted({c for c in classes if list(classes).count(c) > 1})]
    problems += [f"{name!r} is empty" for name in classes if not name.strip()]
    problems += [f"{name!r} has a control character" for name in classes if _NOT_XML.search(name)]
    if len(set(classes)) < least:
        problems.append(f"at least {least} {'is' if least == 1 else 'are'} needed")
    if problems:
        raise InputError(f"These classes cannot be labeled: {'; '.join(problems)}.", hint="Give each class a name of its own.")
    return tuple(classes)


def dumps(value: Any) -> str:
    """Return *value* as the one JSON text that stands for it.

    >>> dumps([{"label": "crack", "box": [1.0, 2.5, 3.0, 4.0]}])
    '[{"box":[1,2.5,3,4],"label":"crack"}]'
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def loads(label: str, *, what: str = "A label") -> Any:
    """Return what a label in JSON says; raise `InputError` when it is not JSON."""
    try:
        return json.loads(label)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{what} is not JSON: {label!r:.80}.") from exc


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

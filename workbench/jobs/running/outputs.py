"""The outputs of a cell as a digest that two runs share when they showed the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: What differs between two processes that show the same: addresses of objects, and the file that IPython makes of a cell.
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_CELL_FILE = re.compile(r"/\S*?/ipykernel_\d+/\d+\.py")
#: Pictures are compared as they are; whatever is text may name an address.
_BYTES = ("image/png", "image/jpeg", "application/pdf")
_OVERWRITTEN = re.compile(r"[^\n]*\r+(?=[^\r\n])")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LIVE = "application/vnd.jupyter.widget-view+json"


def collapse(text: str) -> str:
    r"""Return what a terminal shows of *text*: what a carriage return overwrites is left out.

    >>> collapse("10%\r50%\r100%\n")
    '100%\n'
    """
    return _OVERWRITTEN.sub("", text).replace("\r\n", "\n") if "\r" in text else text


def bare(text: str) -> str:
    """Return *text* without terminal colours."""
    return _ANSI.sub("", text)


def digest(outputs: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of what a cell showed; times that it printed are part of it.

    >>> seen = [{"output_type": "stream", "name": "stdout", "text": ["<A at ", "0x7f00deadbeef>"]}]
    >>> digest(seen) == digest([{"output_type": "stream", "name": "stdout", "text": "<A at 0x7f11deadbeef>"}])
    True
    """
    told = json.dumps(normal(outputs), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def normal(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the outputs without what differs for no reason; text of one stream that follows itself is one output."""
    made: list[dict[str, Any]] = []
    for out in outputs:
        kind = out["output_type"]
        if kind == "stream":
            text = _text(out["text"])
            if made and made[-1].get("name") == out["name"]:
                made[-1]["text"] += text
            else:
                made.append({"type": kind, "name": out["name"], "text": text})
        elif kind == "error":
            made.append({"type": kind, "ename": out["ename"], "evalue": _same(str(out["evalue"]))})
        else:
            data = {mime: _value(mime, value) for mime, value in out.get("data", {}).items() if mime != _LIVE}
            made.append({"type": kind, "data": data})
    for out in made:
        if "text" in out:
            out["text"] = _same(collapse(out["text"]))
    return made


def _value(mime: str, value: Any) -> Any:
    if mime in _BYTES:
        return _text(value).strip()
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        return _same(_text(value))
    return json.loads(_ADDRESS.sub("0x", json.dumps(value)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value)


def _same(text: str) -> str:
    return _CELL_FILE.sub("<cell>", _ADDRESS.sub("0x", bare(text)))

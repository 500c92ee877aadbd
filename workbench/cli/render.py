"""Results and errors as text for a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.events import Event
from workbench.core.verbs import encode
from workbench.core.workspace import Workspace


def error(exc: WorkbenchError) -> str:
    """Return what is wrong and what to do, a line each."""
    return exc.message + (f"\n{exc.hint}" if exc.hint else "")


def text(value: Any) -> str:
    """Return a result as lines of `name  value`; a noun begins with its reference."""
    # A verdict, a certificate or a contrast tells itself.
    if "__str__" in vars(type(value)) and (isinstance(value, dict) or hasattr(value, "to_json")):
        return str(value)
    shown = encode(value)
    if isinstance(shown, list):
        return "\n".join(item["ref"] if isinstance(item, dict) and "ref" in item else str(item) for item in shown)
    if not isinstance(shown, dict):
        return str(shown)
    plain = {key: item for key, item in shown.items() if not _is_rows(item)}
    width = max((len(str(key)) for key in plain), default=0)
    lines = [f"{key:<{width}}  {_brief(item)}".rstrip() for key, item in plain.items()]
    for key, rows in shown.items():
        if _is_rows(rows):
            lines += ["", f"{key}:", table(rows)]
    return "\n".join(lines)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows under their names; a column that is empty everywhere is left out, a text of many lines stands below."""
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if any(_said(row.get(name)) for row in rows)]
    cells = [["" if "\n" in (said := _said(row.get(name))) else said for name in names] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]

    def line(texts: Sequence[str]) -> str:
        return "  ".join(f"{text:<{width}}" for text, width in zip(texts, widths, strict=True)).rstrip()

    lines = [line(names)]
    for row, texts in zip(rows, cells, strict=True):
        lines.append(line(texts))
        lines += [_indented(str(row[name])) for name in names if "\n" in _said(row.get(name))]
    return "\n".join(lines)


def overview(ws: Workspace, listed: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the workspace's contents, a line each."""
    lines = [f"{ws.root}"]
    for kind, items in listed.items():
        lines += [f"  {kind}:{item['id']:<30} {item['state']:<10} {item['updated'][:19]}" for item in items]
    return "\n".join(lines) if len(lines) > 1 else f"{ws.root} is empty. Begin with: workbench ingest NAME FOLDER"


@contextlib.contextmanager
def progress(ws: Workspace | None, *, quiet: bool) -> Iterator[None]:
    """Show on standard error how far a verb is, when that is a terminal."""
    if ws is None or quiet or not sys.stderr.isatty():
        yield
        return

    def show(event: Event) -> None:
        if event.name == "progress" and event.fields.get("total"):
            sys.stderr.write(f"\r{event.subject}  {event.fields['done']}/{event.fields['total']}\x1b[K")
            sys.stderr.flush()

    stop = ws.events.subscribe(show)
    try:
        yield
    finally:
        stop()
        sys.stderr.write("\r\x1b[K")


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _said(value: Any) -> str:
    return "" if value is None or value in ({}, []) else _brief(value)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={_brief(v)}" for k, v in value.items())
    if isinstance(value, list):
        more = f" and {len(value) - 8} more" if len(value) > 8 else ""
        return ", ".join(_brief(v) for v in value[:8]) + more
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""The addresses of what a run left: its certificate, verdict, files and environment; read only, and nothing of it acts."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from urllib.parse import quote

from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from workbench.core import files
from workbench.core.errors import NotFoundError
from workbench.server import dossier, problems
from workbench.server.base import Handler

_CHUNK = 1 << 20
#: What a browser shows in its window; everything else is handed over as a file.
_SHOWN = ("text/html", "text/plain", "text/csv", "application/json", "image/png", "image/jpeg", "image/gif", "image/webp")
_PLAIN = (".txt", ".log", ".jsonl", ".py", ".toml", ".lock", ".md", ".yaml", ".yml")


class RunProof(Handler):
    """The certificate or the verdict of a run."""

    @authenticated
    async def get(self, name: str, kind: str, ending: str) -> None:
        """Answer it as JSON, or as the page for people."""
        await _send(self, dossier.proof(self.run_named(name), kind, page=bool(ending)))


class Certificate(Handler):
    """The certificate of a bundle, also before a run has it."""

    @authenticated
    async def get(self, bundle: str, ending: str) -> None:
        """Answer it as JSON, or as the page for people."""
        found = dossier.certificate(self.desk.need_mirror().ws, bundle)
        if found is None:
            raise NotFoundError(f"Bundle {bundle[:12]} has no certificate.", hint="Rehearse it: workbench rehearse NOTEBOOK")
        await _send(self, found.with_suffix(".html") if ending else found)


class RunFacts(Handler):
    """What a panel shows of a run when one asks for it: cells, files, environment, versions."""

    @authenticated
    async def get(self, name: str, what: str) -> None:
        """Answer it; a thread reads the files."""
        run = self.run_named(name)
        if what == "cells":
            progress = run.info().progress
            self.answer({"cells": await asyncio.to_thread(dossier.cells, run, progress)})
        elif what == "files":
            self.answer({"files": await asyncio.to_thread(dossier.listed, run), "folder": str(run.folder)})
        else:
            self.answer(await asyncio.to_thread(dossier.environment if what == "environment" else dossier.versions, run))


class RunFile(Handler):
    """One file of a run."""

    @authenticated
    async def get(self, name: str, path: str) -> None:
        """Send the file; a path that leads out of the run's folder is refused, a hidden one is not there."""
        run = self.run_named(name)
        found = files.within(run.folder, path)
        real = found.relative_to(run.folder.resolve()).as_posix()
        if dossier.is_hidden(path) or dossier.is_hidden(real) or not found.is_file():
            raise NotFoundError(f"Run {run.id} has no file {path!r}.", hint=f"Its files are in {run.folder}")
        await _send(self, found)


async def _send(handler: Handler, path: Path) -> None:
    """Write a file in pieces, so that a large one takes neither the memory nor the time of others."""
    size, most = path.stat().st_size, handler.desk.max_file
    if size > most:
        raise problems.TooLargeError(
            f"{path.name} has {size / 1e6:,.0f} MB, the limit is {most / 1e6:,.0f} MB.",
            hint=f"It is {path}; or raise WorkbenchApp.max_file.",
        )
    for header, value in headers(path).items():
        handler.set_header(header, value)
    handler.set_header("Content-Length", str(size))
    with path.open("rb") as file:
        left = size
        while left and (chunk := await asyncio.to_thread(file.read, min(_CHUNK, left))):
            left -= len(chunk)
            handler.write(chunk)
            try:
                await handler.flush()
            except StreamClosedError:
                return
    handler.finish(set_content_type=headers(path)["Content-Type"])


def headers(path: Path) -> dict[str, str]:
    """Return the type of a file and the rules under which a browser opens it: no script, no form, no request elsewhere."""
    kind = "text/plain" if path.suffix in _PLAIN else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    shown = "inline" if kind in _SHOWN else "attachment"
    return {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(path.name)}",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }


HANDLERS = [
    (r"/workbench/runs/([^/]+)/(certificate|verdict)(\.html)?", RunProof),
    (r"/workbench/runs/([^/]+)/(cells|files|environment|versions)", RunFacts),
    (r"/workbench/runs/([^/]+)/files/(.+)", RunFile),
    (r"/workbench/certificates/([^/.]+)(\.html)?", Certificate),
]

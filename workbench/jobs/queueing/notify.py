"""Telling people that a run has ended: JSON to an address, a mail to a mailbox."""

from __future__ import annotations

import contextlib
import json
import logging
import smtplib
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from workbench.core.errors import InputError, NotFoundError
from workbench.core.ports import Record
from workbench.core.run import ENDED, Run
from workbench.core.workspace import Workspace
from workbench.jobs.queueing.ledger import settings_of

#: How often it is tried, how long one try may take, and how long the first wait is; the next is twice as long.
TRIES, TIMEOUT_S, WAIT_S = 3, 10.0, 2.0
_AT_ONCE = 8
_LOOK_S = 1.0
_log = logging.getLogger(__name__)


def chore(ws: Workspace) -> float | None:
    """Tell what is due; return the seconds until the next look, None when everything is told.

    A notice is marked after it was taken, so a crash between the two tells it twice and never not at all; `id` and the
    mail's Message-ID are the same both times.
    """
    pending = ws.records.all("notice", states=("pending",))
    due = [record for record in pending if _is_due(ws, record)]
    if due:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda record: _deliver(ws, record), due))
    return _LOOK_S if pending else None


def _is_due(ws: Workspace, record: Record) -> bool:
    try:
        if ws.records.get("run", str(record.fields["run"])).state not in ENDED:
            return False  # whoever was about to end it was killed; it will be ended once more
    except NotFoundError:
        return False
    after = str(record.fields.get("not_before") or "")
    if not after:
        return True
    left_s = (datetime.fromisoformat(after) - ws.clock()).total_seconds()
    return not 0 < left_s <= WAIT_S * 2**TRIES  # longer than any wait: the clock was set back


def _deliver(ws: Workspace, record: Record) -> None:
    fields = record.fields
    run = Run(ws, str(fields["run"]))
    try:
        _CHANNELS[str(fields["channel"])](settings_of(ws), message(run, record.id))
    except Exception as exc:  # whatever it is, it must not keep the other notices from going out
        _again(ws, record, run, exc)
        return
    ws.records.update("notice", record.id, state="sent", sent=ws.now())
    run.update(notified=ws.now())


def _again(ws: Workspace, record: Record, run: Run, exc: Exception) -> None:
    tries = int(record.fields["tries"]) + 1
    said = str(exc) or type(exc).__name__
    if tries < TRIES:
        due = ws.clock() + timedelta(seconds=WAIT_S * 2 ** (tries - 1))
        ws.records.update("notice", record.id, tries=tries, not_before=due.isoformat(), error=said)
        return
    ws.records.update("notice", record.id, state="failed", tries=tries, error=said)
    where = _place(settings_of(ws), str(record.fields["channel"]))
    _log.warning("Nobody at %s could be told of %s: %s", where, run.id, said)
    with contextlib.suppress(OSError), run.log_path.open("a", encoding="utf-8") as log:
        log.write(f"--- nobody at {where} could be told of the end of this run, in {tries} tries: {said}\n")


def message(run: Run, name: str) -> dict[str, Any]:
    """Return what is told of the end of *run*."""
    info = run.info()
    title = str(info.more.get("title") or info.kind)
    return {
        "id": f"{run.ws.name}.{name}",
        "run": run.ref,
        "state": info.state,
        "title": title,
        "text": f"{run.id} ({title}) is {info.state}. {info.error.get('message', '')}".strip(),
        "error": dict(info.error),
        "results": dict(info.results),
        "metrics": dict(info.metrics),
        "model": info.model,
        "cost": dict(info.more.get("cost") or {}),
        "workspace": run.ws.name,
        "folder": str(run.folder),
    }


def _post(settings: Any, told: dict[str, Any]) -> None:
    url = str(settings.notify_url)
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError(f"`notify_url` must begin with http:// or https://, got {urlsplit(url).scheme!r}.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(told["id"])}
    request = urllib.request.Request(url, json.dumps(told).encode(), headers)  # noqa: S310  # the scheme was looked at
    with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310  # as above
        pass


def _mail(settings: Any, told: dict[str, Any]) -> None:
    place, address = urlsplit(str(settings.mail_server)), str(settings.notify_mail)
    letter = EmailMessage()
    letter["Subject"] = f"{told['run'].removeprefix('run:')} is {told['state']}: {told['title']}"
    letter["From"], letter["To"] = f"workbench <{address}>", address
    letter["Message-ID"] = f"<{told['id']}@workbench>"
    lines = [told["text"], "", f"Folder: {told['folder']}"]
    lines += [f"{name}: {value}" for name, value in {**told["metrics"], **told["results"]}.items()]
    letter.set_content("\n".join(lines) + "\n")
    kind = smtplib.SMTP_SSL if place.scheme == "smtps" else smtplib.SMTP
    with kind(place.hostname or "localhost", place.port or 0, timeout=TIMEOUT_S) as smtp:
        if place.username:
            if place.scheme != "smtps":
                smtp.starttls()
            smtp.login(place.username, place.password or "")
        smtp.send_message(letter)


def _place(settings: Any, channel: str) -> str:
    """Return where a notice goes, without what may be a secret in its address."""
    return str(settings.notify_mail) if channel == "mail" else urlsplit(str(settings.notify_url)).hostname or "?"


_CHANNELS: Mapping[str, Callable[[Any, dict[str, Any]], None]] = {"url": _post, "mail": _mail}

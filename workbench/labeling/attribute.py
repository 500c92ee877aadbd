"""The verb `attribute`: what people did with items, as implicit labels."""

from __future__ import annotations

import bisect
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.core.dataset import ID, LABEL, LABEL_AT, LABEL_BY, Dataset, commit
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.labeling.events import Event, read

#: How often an item was shown, and whether something may still follow the last time.
SHOWN, OPEN = "shown", "label_open"
NOTHING = "none"
_BY = "events:"


def attribute(
    data: Dataset,
    events: str,
    *,
    outcomes: Sequence[str] = ("click", "purchase"),
    impression: str = "impression",
    window_s: float = 86_400.0,
) -> Dataset:
    """Return the next version of *data* with the labels that a log of behaviour implies.

    An item is labeled with the strongest outcome that followed an impression of it, by the same person, within the
    window; with "none" when nothing followed. While a window is open (`label_open`), what comes later can still change
    that: attribute the longer log again, and the next version has the new label. What a person said of an item stays.

    Args:
        data: The items, by their `id`.
        events: A CSV or JSON Lines file with `item`, `event`, `at` (ISO 8601 or seconds since 1970) and, where known, `user`.
        outcomes: The events that count, the weakest first.
        impression: The event that says that an item was shown.
        window_s: An outcome counts up to so many seconds after the impression.

    Raises:
        InputError: the file cannot be read, lacks a column, or is about other items; or the window is not positive.
    """
    classes = (NOTHING, *outcomes)
    if data.classes and not set(classes) <= set(data.classes):
        raise InputError(
            f"{data.ref} has the classes {', '.join(data.classes[:8])}, behaviour {', '.join(classes)}.",
            hint="Keep what people did apart from what annotators say: attribute to a dataset of its own.",
        )
    if window_s <= 0:
        raise InputError(f"`window_s` must be greater than 0, got {window_s}.")
    path = Path(events).expanduser()
    log = read(path)
    own = {str(row[ID]): row for row in data.rows([ID, LABEL, LABEL_BY])}
    by_item: dict[str, list[Event]] = defaultdict(list)
    for event in log:
        if event.item in own:
            by_item[event.item].append(event)
    if not by_item:
        raise InputError(f"{path} tells of none of the {len(own)} items of {data.ref}.")
    end = max(event.at for event in log)
    said_by = f"{_BY}{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    ranks = {name: i for i, name in enumerate(outcomes)}
    rows: list[Row] = []
    for item, happened in sorted(by_item.items()):
        if own[item].get(LABEL) is not None and not str(own[item].get(LABEL_BY) or "").startswith(_BY):
            continue  # a person knows better
        row = _implied(happened, ranks, impression, window_s, end)
        if row is not None:
            rows.append({ID: item, LABEL_BY: said_by, **row})
    note = f"{len(rows)} labels from {path.name}"
    return commit(data.ws, data.name, rows, task=data.task, classes=data.classes or classes, note=note) if rows else data


def _implied(happened: Sequence[Event], ranks: Mapping[str, int], impression: str, window_s: float, end: float) -> Row | None:
    """Return what the events of one item imply, None when it was never shown."""
    shown = [event for event in happened if event.name == impression]
    if not shown:
        return None
    times: dict[str, list[float]] = defaultdict(list)
    for event in shown:
        times[event.user].append(event.at)
    for known in times.values():
        known.sort()
    followed = [e for e in happened if e.name in ranks and _since(times.get(e.user, []), e.at) <= window_s]
    best = max(followed, key=lambda event: (ranks[event.name], -event.at), default=None)
    last = max(event.at for event in shown)
    is_open = end - last < window_s and (best is None or ranks[best.name] < len(ranks) - 1)
    told = best or max(shown, key=lambda event: event.at)
    return {LABEL: best.name if best else NOTHING, LABEL_AT: told.said_at, SHOWN: len(shown), OPEN: is_open}


def _since(times: Sequence[float], at: float) -> float:
    """Return how long before *at* the last of *times* was."""
    place = bisect.bisect_right(times, at)
    return at - times[place - 1] if place else float("inf")

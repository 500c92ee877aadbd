"""Who gets how much of the traffic: shares in percent by model reference, and the way back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.core.errors import InputError

ROLLED_BACK = "rolled back"


def check(traffic: Mapping[str, float]) -> dict[str, float]:
    """Return the shares above zero; raise `InputError` unless they are percentages that sum to 100.

    >>> check({"model:caps@1": 90, "model:caps@2": 10, "model:caps@3": 0})
    {'model:caps@1': 90.0, 'model:caps@2': 10.0}
    """
    bad = [f"{ref}: {share!r}" for ref, share in sorted(traffic.items()) if not (math.isfinite(share) and 0 <= share <= 100)]
    if bad:
        raise InputError(f"Shares of the traffic are percentages from 0 to 100, got {', '.join(bad)}.")
    total = math.fsum(traffic.values())
    if abs(total - 100) > 1e-6:
        said = " + ".join(f"{share:g}" for share in traffic.values()) or "none"
        raise InputError(f"Shares of the traffic must sum to 100, got {said} = {total:g}.")
    return {ref: float(share) for ref, share in traffic.items() if share > 0}


def admit(before: Mapping[str, float], ref: str, percent: float) -> dict[str, float]:
    """Return the shares after *ref* gets *percent*, the others keeping their proportions; alone, it gets everything.

    >>> admit({"model:caps@1": 100}, "model:caps@2", 10)
    {'model:caps@1': 90.0, 'model:caps@2': 10.0}
    """
    others = {other: share for other, share in before.items() if other != ref and share > 0}
    if not others:
        return {ref: 100.0}
    scale = (100 - percent) / math.fsum(others.values())
    scaled = {other: round(share * scale, 6) for other, share in others.items()}
    scaled[ref] = round(100 - math.fsum(scaled.values()), 6)
    return {other: share for other, share in scaled.items() if share > 0}


def settled_before(history: Iterable[Mapping[str, Any]], now: Mapping[str, float]) -> str:
    """Return the model that had all the traffic before the present state; "" when none had.

    Shares between two models are a passage, not a place to go back to: after a canary of 10 % and a cut-over, the way
    back leads to the model before the canary, not to a tenth of the one that is being fled.
    """
    settled: list[str] = []
    for entry in history:
        if len(entry["traffic"]) != 1:
            continue
        [ref] = entry["traffic"]
        if entry["why"] == ROLLED_BACK and ref in settled:
            del settled[settled.index(ref) + 1 :]
        elif not settled or settled[-1] != ref:
            settled.append(ref)
    if settled and list(now) == settled[-1:]:
        settled.pop()
    return settled[-1] if settled else ""

"""What a check finds, and which checks there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.registry import Registry

if TYPE_CHECKING:
    from workbench.data.care.subject import Subject

#: What is proposed for an item: take it out; take its label off, for a person to look; tag it; or nothing for the set.
Proposal = Literal["remove", "relabel", "tag", "none"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one item ('' is the dataset as a whole); `score` orders findings, most striking first.

    `other` is the item that it repeats, or the label that seems right.
    """

    id: str
    reason: str
    proposal: Proposal
    score: float = 1.0
    other: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a check found, with facts for the report; `skipped` says why it did not apply."""

    findings: Sequence[Finding] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""


#: Checks by name, in the order of the report.
CHECKS: Registry[Callable[[Subject], Outcome]] = Registry(
    "check",
    {
        "profile": "workbench.data.care.profile:profile",
        "invalid": "workbench.data.care.invalid:invalid",
        "quality": "workbench.data.care.quality:quality",
        "duplicates": "workbench.data.care.duplicates:duplicates",
        "near-duplicates": "workbench.data.care.duplicates:near_duplicates",
        "leakage": "workbench.data.care.duplicates:leakage",
        "labels": "workbench.data.care.labels:labels",
        "captions": "workbench.data.care.captions:captions",
        "outliers": "workbench.data.care.outliers:outliers",
        "bias": "workbench.data.care.bias:bias",
        "coverage": "workbench.data.care.coverage:coverage",
    },
)

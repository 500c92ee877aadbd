"""Tabular classification: one class out of several per row of a table."""

from __future__ import annotations

from typing import ClassVar

from workbench.tasks.answers import OneOf
from workbench.tasks.modalities import OfRows


class TabularClassification(OfRows, OneOf):
    """One class per row."""

    name: ClassVar[str] = "tabular-classification"

"""Labels that only a model gave: refused, unless somebody wants to learn from them."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.dataset import ID, LABEL, LABEL_BY, PREDICTION, PREDICTION_BY, REVIEWED_BY, Dataset, commit
from workbench.core.errors import InputError
from workbench.core.ports import Row

_MODEL = "model:"


def settled(data: Dataset, *, allow: bool) -> Dataset:
    """Return the rows to learn from: those that people labeled, and with *allow* those that a model did.

    A prediction that no person looked at is a guess of a model, also where it was written into `label`. Without *allow*
    such rows are refused, as nobody would see from the scores that a model learned from another's mistakes. With it they
    become a dataset of their own, `<name>-pseudo`, whose `label_by` says which model labeled what.
    """
    rows = data.rows([ID, LABEL, LABEL_BY, REVIEWED_BY, PREDICTION, PREDICTION_BY])
    guessed = [row for row in rows if _is_guess(row)]
    if not guessed:
        return data
    if not allow:
        raise InputError(
            f"{data.name}@{data.version} has {len(guessed)} of {len(rows)} rows that only a model labeled.",
            hint=f"{_way_out(guessed)}, or say allow_pseudo=True.",
            n_guessed=len(guessed),
        )
    kept = [row[ID] for row in rows if _is_guess(row) or row.get(LABEL) is not None]
    labels = {
        str(row[ID]): {LABEL: row[PREDICTION], LABEL_BY: row.get(PREDICTION_BY)} for row in guessed if row.get(LABEL) is None
    }
    full = data.ws.tables.read(data.name, data.version, ids=kept)
    note = f"{data.ref} with {len(guessed)} labels by models"
    made = commit(
        data.ws,
        f"{data.name}-pseudo",
        [row | labels.get(str(row[ID]), {}) for row in full],
        task=data.task,
        classes=data.classes,
        note=note,
    )
    return made.select(kept)


def said_by_people(val: Dataset) -> Dataset:
    """Return the labeled rows of *val*; raise `InputError` when a model labeled some: it would be measured by its like."""
    found = val.labeled()
    rows = found.rows([ID, LABEL, LABEL_BY, REVIEWED_BY])
    guessed = [row for row in rows if _is_guess(row)]
    if guessed:
        raise InputError(
            f"{len(guessed)} of {len(rows)} labels that {val.name}@{val.version} would measure by are a model's.",
            hint="Review them, or leave them out with data.select().",
        )
    return found


def _way_out(guessed: Sequence[Row]) -> str:
    """Return what takes the rows out: those that are only predicted, or those that a model labeled too."""
    labeled = any(row.get(LABEL) is not None for row in guessed)
    return "Review them, leave them out with data.select()" if labeled else "Leave them out with data.labeled(), review them"


def _is_guess(row: Row) -> bool:
    if row.get(LABEL) is None:
        return row.get(PREDICTION) is not None
    return str(row.get(LABEL_BY) or "").startswith(_MODEL) and not row.get(REVIEWED_BY)

"""The verb `challenge`: is a new model better than the champion, or was it luck? A paired test on the same samples."""

from __future__ import annotations

from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.model import Model
from workbench.core.report import Report, record
from workbench.evaluation.evaluate import n_seen


def challenge(model: Model, champion: Model, data: Dataset, *, level: float = 0.05) -> Report:
    """Return a report of both on the labeled rows of *data*: their scores, the difference with its interval, the p-value.

    The challenger is better when it is right more often and McNemar's exact test gives less than *level*; its record
    keeps the outcome, and `report.require(is_better=1)` raises `GateError` unless it is.

    Raises:
        InputError: both are the same, their tasks or classes differ, or one of them was trained on some of the samples.
    """
    from workbench.evaluation.paired import compare  # numpy and the runtimes, when something is measured

    if not 0 < level < 1:
        raise InputError(f"`level` must be between 0 and 1, got {level!r}.")
    data = data.labeled()
    problems = _problems(model, champion, data)
    if problems:
        raise InputError(f"{'; '.join(problems)}.", hint="Hold out a test set that neither has seen: wb.split().")
    scores, details = compare(model, champion, data, level=level)
    report = record(data.ws, "challenge", subject=model.ref, data=data.ref, scores=scores, details=details)
    told = {"champion": champion.ref, "p": details["p"], "better": details["is_better"], "report": report.ref}
    model.ws.records.update("model", f"{model.name}@{model.version}", challenge=told)
    return report


def _problems(model: Model, champion: Model, data: Dataset) -> list[str]:
    if model.digest == champion.digest:
        return [f"{model.ref} and {champion.ref} are the same model"]
    problems = []
    if model.task != champion.task:
        problems.append(f"{model.ref} is for {model.task}, {champion.ref} for {champion.task}")
    if set(model.classes) != set(champion.classes):
        odd = sorted(set(model.classes) ^ set(champion.classes))
        problems.append(f"only one of {model.ref} and {champion.ref} knows {', '.join(map(repr, odd[:8]))}")
    seen = {each.ref: n_seen(each, data) for each in (model, champion)}
    problems += [f"{ref} was trained on {n} of the {len(data)} samples of {data.ref}" for ref, n in seen.items() if n]
    return problems

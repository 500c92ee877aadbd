"""A labeler in memory: projects, items and answers without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from workbench.core.errors import ExternalError, not_found
from workbench.core.ports import Answer, LabelTask, Pulled


@dataclass
class _Project:
    title: str
    config: str
    guidelines: str
    overlap: int
    tasks: dict[str, LabelTask] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    #: Which items changed, in order; a cursor is how many changes were seen.
    changes: list[str] = field(default_factory=list)


class FakeLabeler:
    """A place to label that forgets everything when it is dropped; `answer` stands for the annotators.

    While `is_down` is true every call raises the error that a server out of reach raises.
    """

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.is_down = False
        self._clock = clock
        self._projects: dict[str, _Project] = {}

    def create(self, title: str, config: str, *, guidelines: str = "", overlap: int = 1) -> str:
        """Make a project from a labeling config and return its id."""
        self._reach()
        id = str(len(self._projects) + 1)
        self._projects[id] = _Project(title, config, guidelines, overlap)
        return id

    def push(self, project: str, tasks: Sequence[LabelTask], *, step: Callable[[int], None] = lambda _n: None) -> int:
        """Add the items that are not there yet, by their `id`; return how many were new. *step* hears how many are done."""
        there = self._project(project).tasks
        before = len(there)
        for done, task in enumerate(tasks, start=1):
            there.setdefault(task.id, task)
            step(done)
        return len(there) - before

    def pull(self, project: str, *, since: str = "") -> Pulled:
        """Return every answer to the items that changed since that cursor; all of them without one."""
        found = self._project(project)
        seen = frozenset(found.changes[int(since) :] if since else found.tasks)
        answers = [answer for answer in found.answers.values() if answer.id in seen]
        n_given = sum(answer.state == "given" for answer in found.answers.values())
        return Pulled(answers, seen, str(len(found.changes)), n_given)

    def counts(self, project: str) -> tuple[int, int]:
        """Return how many items the project has, and how many are labeled."""
        found = self._project(project)
        return len(found.tasks), len({answer.id for answer in found.answers.values() if answer.state == "given"})

    def url(self, project: str) -> str:
        """Return where a person opens the project."""
        return f"http://labeler.test/projects/{project}/"

    def tasks(self, project: str) -> dict[str, LabelTask]:
        """Return the items of a project by their id, as annotators see them."""
        return dict(self._project(project).tasks)

    def guidelines(self, project: str) -> str:
        """Return what annotators are told."""
        return self._project(project).guidelines

    def answer(
        self, project: str, id: str, result: Sequence[Mapping[str, Any]], *, annotator: str = "ann@test", seconds: float = 1.0
    ) -> str:
        """Answer an item as *annotator* would, and return the key of the answer; an empty *result* skips the item."""
        found = self._project(project)
        if id not in found.tasks:
            raise not_found("item", id, found.tasks)
        key = f"{project}:{len(found.changes) + 1}"
        said = Answer(id, annotator, self._clock().isoformat(), list(result), seconds, key)
        found.answers[key] = said if result else replace(said, state="skipped")
        found.changes.append(id)
        return key

    def withdraw(self, project: str, key: str, *, unsaid: bool = False) -> None:
        """Delete an answer as its annotator would; *unsaid*: as a bulk deletion, of which no cursor tells."""
        found = self._project(project)
        gone = found.answers.pop(key)
        if not unsaid:
            found.changes.append(gone.id)

    def _project(self, id: str) -> _Project:
        self._reach()
        if id not in self._projects:
            raise not_found("project", id, self._projects)
        return self._projects[id]

    def _reach(self) -> None:
        if self.is_down:
            raise ExternalError(
                "Label Studio: no answer from http://labeler.test.",
                hint="Run: workbench labels start",
                system="Label Studio",
                retryable=True,
            )

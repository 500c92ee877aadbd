"""What the service does that Label Studio asks: suggest, note that people answered, and train."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.dataset import ID, LABEL, MEDIA, TEXT, Dataset
from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.labeling import Labeling
from workbench.core.model import Model
from workbench.core.ports import Row
from workbench.core.workspace import Workspace
from workbench.labeling.exchange import rows_of, sync
from workbench.labeling.listener import Service, address, log
from workbench.labeling.studio import SAMPLE
from workbench.tasks import task as find_task

_log = logging.getLogger(__name__)
#: One labeled item of so many is only checked on; which, its id says, so that every training checks on the same.
_ONE_OF = 4
#: Answers that come within this time are fetched together.
_TOGETHER_S = 0.3


class Listening:
    """The labelings of a workspace as Label Studio sees them; fetching and training happen beside its requests."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._changed: set[str] = set()
        self._asked: set[str] = set()
        self._wake = threading.Event()
        self._training: dict[str, subprocess.Popen[bytes]] = {}

    def setup(self, name: str) -> Mapping[str, Any]:
        """Return which version of the model answers now."""
        model = self._model(name)
        return {"model_version": model.ref if model else "untrained"}

    def predict(self, name: str, tasks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return a suggestion per item in Label Studio's format; none when there is no model yet."""
        labeling, model = Labeling(self._ws, name), self._model(name)
        wanted = [str(task.get("data", {}).get(SAMPLE, "")) for task in tasks]
        rows = rows_of(labeling, {id for id in wanted if id})
        if model is None or not rows:
            return {"results": []}
        task, data = find_task(labeling.info().task), self._ws.dataset(labeling.info().dataset)
        known = [row for id in wanted if (row := rows.get(id))]
        said = dict(zip((row[ID] for row in known), model.predict([_thing(data, row) for row in known]), strict=True))
        return {
            "results": [
                {
                    "result": list(task.result_of(said[id].label, row=rows[id], score=said[id].score)),
                    "score": said[id].score,
                    "model_version": model.ref,
                }
                if id in said
                else {"result": [], "model_version": model.ref}
                for id in wanted
            ]
        }

    def told(self, name: str, action: str) -> None:
        """Note what happened; it is acted upon later, as Label Studio lets the annotator wait for our answer."""
        self._ws.records.get("labeling", name)  # an unknown one is refused
        if action == "START_TRAINING":
            self._asked.add(name)
        elif not action.startswith("ANNOTATION"):
            return
        self._changed.add(name)
        self._wake.set()

    def readdress(self, service: Service) -> None:
        """Let every labeling that has a model ask here from now on: another program has the port that they know."""
        for record in self._ws.records.all("labeling"):
            labeler: Any = self._ws.labeler if record.fields.get("recipe") else None
            try:
                for project in Labeling(self._ws, record.id).info().projects.values() if labeler else ():
                    labeler.assist(project, address(service, record.id))
            except WorkbenchError as exc:
                self._complain(record.id, str(exc))

    def work(self, stop: threading.Event) -> None:
        """Fetch answers and train until *stop* is set; what was missed while nobody listened comes first."""
        self._changed |= {r.id for r in self._ws.records.all("labeling") if r.fields.get("place", "studio") == "studio"}
        while not stop.is_set():
            if self._changed:
                stop.wait(_TOGETHER_S)
            for name in list(self._changed):
                self._changed.discard(name)
                self._fetch(name)
            self._wake.clear()
            if not self._changed:
                self._wake.wait(0.25)
            self._reap()

    def _fetch(self, name: str) -> None:
        labeling = Labeling(self._ws, name)
        try:
            sync(labeling)
            self._complain(name, "")
            fields = self._ws.records.get("labeling", name).fields
            n_answers, every = int(fields.get("n_answers", 0)), int(fields.get("every", 0))
            if name in self._asked or (every and n_answers - int(fields.get("n_learned", 0)) >= every):
                self._train(labeling, n_answers)
        except WorkbenchError as exc:  # the next answer or a pull brings what is missing
            self._complain(name, str(exc))
        except Exception:  # a bug with one labeling is no reason not to hear of the others
            _log.exception("%s", labeling.ref)

    def _train(self, labeling: Labeling, n_answers: int) -> None:
        if labeling.name in self._training:
            return  # what was answered meanwhile is learned from the next time
        self._asked.discard(labeling.name)
        fields = self._ws.records.get("labeling", labeling.name).fields
        if not fields.get("recipe"):
            return
        learn, check = halves(labeling.pull())
        n_classes = len(set(learn.labels()))
        if n_classes < 2 or not len(check):
            self._complain(labeling.name, f"Labels of {n_classes} classes cannot be trained on yet; label some of each class.")
            return
        self._ws.records.update("labeling", labeling.name, n_learned=n_answers)
        name = str(fields["model"]).removeprefix("model:")
        arguments = {"recipe": fields["recipe"], "data": learn.ref, "val": check.ref, "name": name}
        command = [sys.executable, "-m", "workbench", "call", "train", "--arguments", json.dumps(arguments)]
        with log(self._ws.root).open("ab") as output:
            self._training[labeling.name] = subprocess.Popen(
                [*command, "--workspace", str(self._ws.root)],
                cwd=self._ws.root,
                env={"OMP_NUM_THREADS": "1", **os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
            )

    def _reap(self) -> None:
        for name, process in list(self._training.items()):
            if process.poll() is None:
                continue
            said = _document(process.communicate()[0])
            del self._training[name]
            if said.get("ok"):
                self._ws.records.update("labeling", name, run=said["result"]["ref"], problem="")
            else:
                self._complain(name, str(said.get("message") or f"The training ended with status {process.returncode}."))
            if name in self._asked:
                self._changed.add(name)

    def _complain(self, name: str, problem: str) -> None:
        """Say what is wrong, '' when nothing is, where the faces show the labeling."""
        if problem != self._ws.records.get("labeling", name).fields.get("problem", ""):
            _log.warning("labeling:%s: %s", name, problem or "all is well again")
            self._ws.records.update("labeling", name, problem=problem)

    def _model(self, name: str) -> Model | None:
        ref = str(self._ws.records.get("labeling", name).fields.get("model", ""))
        try:
            return self._ws.model(ref) if ref else None
        except NotFoundError:
            return None


def _document(output: bytes) -> Mapping[str, Any]:
    """Return the JSON that a command has printed last, nothing when it printed none."""
    try:
        found = json.loads((output or b"").strip().rpartition(b"\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def halves(data: Dataset) -> tuple[Dataset, Dataset]:
    """Return the labeled items to learn from, and those to check on."""
    rows = [row for row in data.rows([ID, LABEL]) if row.get(LABEL) is not None]
    check = [row for row in rows if hashlib.sha256(str(row[ID]).encode()).digest()[0] % _ONE_OF == 0]
    held = {row[ID] for row in check}
    learn = [row for row in rows if row[ID] not in held]
    known = {row[LABEL] for row in learn}
    return data.select([row[ID] for row in learn]), data.select([row[ID] for row in check if row[LABEL] in known])


def _thing(data: Dataset, row: Row) -> Any:
    return data.media(row) if row.get(MEDIA) else row.get(TEXT, "")

"""What a run needs right before it starts: promised values, its GPUs, and a clean folder when it is not the first attempt."""

from __future__ import annotations

from typing import Any

from workbench.core import files
from workbench.core.run import Run
from workbench.jobs.bundles import bundle as bundles
from workbench.jobs.job import JOB, WITNESS, WORK
from workbench.jobs.order import Order
from workbench.jobs.reading import parameters, promises

#: What an attempt leaves in the run's folder; the next one keeps it as `attempt-1.log.txt`.
_LEFT = ("log.txt", "run.ipynb", "metrics.jsonl", "results.json", WITNESS)
_GPUS = "CUDA_VISIBLE_DEVICES"


def prepare(run: Run, order: Order) -> None:
    """Bring `job.json` and the folder of *run* up to date."""
    fields = run.ws.records.get("run", run.id).fields
    changes: dict[str, Any] = {}
    attempt = int(fields.get("attempt", 1))
    if attempt > 1:
        changes["attempt"] = attempt
        keep(run, attempt - 1)
        bundles.unpack(
            bundles.read(run.ws.root / "bundles", run.ws.root / "bundles" / str(fields["bundle"])), run.folder / WORK
        )
    gpus = (fields.get("slots") or {}).get("gpus", ())
    job = None
    if not order.at and (gpus or order.gpus):
        job = files.read_json(run.folder / JOB)
        changes["environment"] = {**job["environment"], _GPUS: ",".join(map(str, gpus))}
    if promises.makers(fields.get("params", {})):
        job = job or files.read_json(run.folder / JOB)
        changes |= {"given": job["parameters"], "parameters": _fulfil(run, job["parameters"], fields)}
    if changes:
        files.write_json(run.folder / JOB, (job or files.read_json(run.folder / JOB)) | changes)


def keep(run: Run, attempt: int) -> None:
    """Put away what the last attempt left, under its number."""
    for name in _LEFT:
        if (run.folder / name).exists():
            (run.folder / name).replace(run.folder / f"attempt-{attempt}.{name}")


def _fulfil(run: Run, given: dict[str, Any], fields: Any) -> dict[str, Any]:
    """Return the parameters with their promised values, and record what each has become."""
    asked = {**fields.get("params", {}), **given}
    became = {name: promises.kept(run.ws, value) for name, value in asked.items() if promises.is_promise(value)}
    told = files.read_json(run.ws.root / "bundles" / str(fields["bundle"]) / bundles.FACTS)["parameters"]
    known = [parameters.Declared(**each) for each in told or ()]
    made = parameters.check(known, {**given, **became}, where=str(fields.get("title", run.id)))
    promised = {name: {"from": asked[name], "value": value} for name, value in became.items()}
    run.update(params={**fields.get("params", {}), **made}, promised=promised)
    return made

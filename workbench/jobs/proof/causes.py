"""What may have made two runs of one bundle differ: facts that the two witnesses tell, and what the code itself admits."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.jobs.proof.compare import TIMES, Compared
from workbench.jobs.proof.randomness import asks_time, reads_files, unseeded, upstream
from workbench.jobs.reading.imports import imports

Witness = Mapping[str, Any]
#: A cause with what speaks for it.
Cause = dict[str, str]

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def find(
    before: Witness,
    again: Witness,
    cells: Mapping[int, str],
    number: int,
    compared: Compared | None,
    *,
    same: Callable[[str], str],
) -> list[Cause]:
    """Return the causes of a difference in cell *number* (0: in no cell), the likeliest first.

    What has changed in what the code reads comes first. What the machine does differently explains the last digits,
    and comes before what the code leaves to chance only there. *same* gives a path its name for both runs.
    """
    packages = _packages(before, again, cells.values())
    data = _data(before, again, same)
    reads = reads_files(cells, upstream(cells, number) if number in cells else cells)
    changed = [
        *_code(before, again, packages, same),
        *(data if reads else ()),
        *({"cause": "packages", "detail": f"{name} {was}, then {now}"} for name, (was, now) in packages.items()),
    ]
    machine = [*_threads(before, again), *_processor(before, again)]
    chance = _chance(before, again, cells, number, compared)
    if compared is not None and compared.state != "different" and TIMES in compared.up_to:
        chance.sort(key=lambda each: each["cause"] != "time")
    is_near = compared is None or compared.is_near
    rest = [*machine, *chance] if is_near else [*chance, *machine]
    return [*changed, *rest, *(() if reads else data)]


def _code(before: Witness, again: Witness, packages: Iterable[str], same: Callable[[str], str]) -> list[Cause]:
    of_packages = {top for top, names in importlib.metadata.packages_distributions().items() if {*names} & {*packages}}
    told = _differing(_named(before.get("modules"), same), _named(again.get("modules"), same))
    found = [
        f"{path} {how}"
        for path, how in told.items()
        if not of_packages & {part.removesuffix(".py") for part in path.split("/")}
    ]
    told_apart = {"PYTHONHASHSEED", *before.get("threads", ())}  # those are causes of their own
    variables = _differing(before.get("variables") or {}, again.get("variables") or {})
    variables = {name: how for name, how in variables.items() if name not in told_apart}
    return [
        {"cause": "code", "detail": said}
        for said in [*found, *(f"the variable {name} {how}" for name, how in variables.items())]
    ]


def _data(before: Witness, again: Witness, same: Callable[[str], str]) -> list[Cause]:
    told = [
        _named({p: f.get("sha256") or f.get("bytes") for p, f in w.get("files", {}).items()}, same) for w in (before, again)
    ]
    found = [f"{path} {how}" for path, how in _differing(*told).items()]
    used = [[ref for ref in w.get("used", ()) if ref.startswith("dataset:")] for w in (before, again)]
    gone, new = [r for r in used[0] if r not in used[1]], [r for r in used[1] if r not in used[0]]
    if gone or new:
        found.append(f"{', '.join(gone) or 'no dataset'}, then {', '.join(new) or 'none'}")
    return [{"cause": "data", "detail": said} for said in found]


def _packages(before: Witness, again: Witness, sources: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the packages that the code stands on and that have another version now."""
    was, now = before.get("packages", {}), again.get("packages", {})
    moved = {
        name: (was.get(name, "absent"), now.get(name, "absent"))
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    }
    stood_on = _stood_on(sources) if moved else set()
    found = {name: versions for name, versions in moved.items() if name in stood_on}
    if before.get("python") != again.get("python") and before.get("python"):
        found["Python"] = (str(before["python"]), str(again.get("python")))
    return found


def _stood_on(sources: Iterable[str]) -> set[str]:
    """Return the distributions that the code imports, and all that those require."""
    provided = importlib.metadata.packages_distributions()
    todo = [name for source in sources for module in imports(source) for name in provided.get(module.top, ())]
    found: set[str] = set()
    while todo:
        name = _canonical(todo.pop())
        if name not in found:
            found.add(name)
            try:
                required = importlib.metadata.requires(name) or []
            except importlib.metadata.PackageNotFoundError:
                continue
            todo += [said[0] for line in required if "extra ==" not in line and (said := _NAME.match(line))]
    return found


def _threads(before: Witness, again: Witness) -> list[Cause]:
    told = _differing(before.get("threads") or {}, again.get("threads") or {}, show=True)
    return [{"cause": "threads", "detail": ", ".join(f"{name}: {how}" for name, how in told.items())}] if told else []


def _processor(before: Witness, again: Witness) -> list[Cause]:
    was, now = before.get("cpu") or {}, again.get("cpu") or {}
    told = [
        f"{key}: {was[key]}, then {now[key]}"
        for key in ("model", "capability")
        if was.get(key) and now.get(key) and was[key] != now[key]
    ]
    lost = sorted({*was.get("features", ())} ^ {*now.get("features", ())})
    if lost and was.get("features") and now.get("features"):
        told.append(f"features that only one has: {', '.join(lost[:8])}")
    return [{"cause": "CPU features", "detail": "; ".join(told)}] if told else []


def _chance(before: Witness, again: Witness, cells: Mapping[int, str], number: int, compared: Compared | None) -> list[Cause]:
    """Return what the code leaves to chance in the cell and in those that it depends on."""
    places = upstream(cells, number) if number in cells else set(cells)
    found: list[Cause] = []
    seeds = _differing(before.get("seed") or {}, again.get("seed") or {}, show=True)
    found += [{"cause": "seed", "detail": f"{name}: {how}"} for name, how in seeds.items()]
    if drawn := unseeded(cells, places):
        found.append({"cause": "seed", "detail": f"{drawn[2]} in cell {drawn[0]}, line {drawn[1]} draws without a seed"})
    timed = next(((n, line) for n in sorted(places, reverse=True) if (line := asks_time(cells[n]))), None)
    if timed:
        found.append({"cause": "time", "detail": f"cell {timed[0]}, line {timed[1]} asks for it"})
    elif compared is not None and TIMES in compared.up_to:
        found.append({"cause": "time", "detail": f"cell {number} shows one"})
    if compared is not None and compared.is_permuted:
        found.append({"cause": "order", "detail": f"cell {number} shows the same in another order"})
    return found


def _named(told: Mapping[str, Any] | None, same: Callable[[str], str]) -> dict[str, Any]:
    return {same(path): value for path, value in (told or {}).items()}


def _differing(was: Mapping[str, Any], now: Mapping[str, Any], *, show: bool = False) -> dict[str, str]:
    """Return how what both know has changed; what only one has read may be what the difference made it read."""
    names = [name for name in was if name in now and was[name] != now[name] and None not in (was[name], now[name])]
    return {name: f"{was[name]}, then {now[name]}" if show else "has changed" for name in names}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""Where code draws random numbers that nobody has seeded, asks for the time or reads files; by reading it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from workbench.jobs.reading import magics
from workbench.jobs.reading.effects import root
from workbench.jobs.reading.names import Names, reads


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What draws, by the library that is seeded for it; the last part of a dotted call.
_DRAWS: Mapping[str, frozenset[str]] = {
    "random": _words("random randint randrange choice choices shuffle sample uniform gauss normalvariate"),
    "numpy": _words("rand randn randint random normal uniform choice shuffle permutation standard_normal random_sample"),
    "torch": _words("rand randn randint randperm normal bernoulli multinomial rand_like randn_like"),
}
_NAMED = {"random": "random", "np": "numpy", "numpy": "numpy", "torch": "torch"}
_SEEDS = frozenset({"seed", "manual_seed", "manual_seed_all", "seed_everything", "set_seed"})
#: Calls that are random unless this argument is given.
_UNLESS = {"train_test_split": "random_state", "KFold": "random_state", "ShuffleSplit": "random_state"}
_ALWAYS = frozenset({"uuid4", "uuid1", "token_hex", "token_bytes", "urandom"})
_READS = re.compile(r"open|load|read|file|glob|scan|iterdir|listdir|dataset|rows")
_CLOCKS = _words("now utcnow today time perf_counter monotonic ctime localtime strftime time_ns")


def unseeded(cells: Mapping[int, str], wanted: Iterable[int]) -> tuple[int, int, str] | None:
    """Return cell, line and call of the first of the *wanted* cells that draws what none before it has seeded."""
    seeded: set[str] = set()
    chosen = set(wanted)
    for number, source in cells.items():
        for call in _calls(source):
            name = ast.unparse(call.func)
            last, library = name.rpartition(".")[2], _library(name)
            if last in _SEEDS:
                seeded |= {library} if library else set(_DRAWS)
            elif number in chosen and _draws(call, name, last, library, seeded):
                return number, call.lineno, f"{name}()"
    return None


def asks_time(source: str) -> int:
    r"""Return the line that asks for the time, 0 when none does.

    >>> asks_time("import time\nprint(time.time())"), asks_time("print(1)")
    (2, 0)
    """
    for call in _calls(source):
        roots = set(root(call.func))
        if ast.unparse(call.func).rpartition(".")[2] in _CLOCKS and roots & {"time", "datetime", "date", "dt", "pd"}:
            return call.lineno
    return 0


def reads_files(cells: Mapping[int, str], wanted: Iterable[int]) -> bool:
    """Return whether one of the *wanted* cells calls what may read a file."""
    calls = [call for number in wanted for call in _calls(cells[number])]
    return any(_READS.search(ast.unparse(call.func).rpartition(".")[2]) for call in calls)


def upstream(cells: Mapping[int, str], number: int) -> set[int]:
    """Return the cell and those before it that it depends on, by names."""
    found, wanted = {number}, _needs(cells[number])
    for other in sorted((n for n in cells if n < number), reverse=True):
        told = reads(cells[other])
        if isinstance(told, Names) and (told.makes | told.may_make | told.changes) & wanted:
            found.add(other)
            wanted |= told.uses | told.later
    return found


def _draws(call: ast.Call, name: str, last: str, library: str, seeded: set[str]) -> bool:
    if last in _ALWAYS:
        return True
    given = {k.arg for k in call.keywords}
    if last in _UNLESS:
        return _UNLESS[last] not in given and "numpy" not in seeded
    if last in ("default_rng", "RandomState", "Random", "Generator") and library in ("numpy", "random"):
        return not call.args and not call.keywords
    if not library or library in seeded or last not in _DRAWS[library]:
        return False
    return library != "numpy" or ".random." in name


def _library(name: str) -> str:
    first = name.partition(".")[0]
    return _NAMED.get(first, "")


def _needs(source: str) -> set[str]:
    told = reads(source)
    return set(told.uses | told.later) if isinstance(told, Names) else set()


def _calls(source: str) -> list[ast.Call]:
    try:
        tree = magics.plain(source).tree
    except (SyntaxError, ValueError):
        return []
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))

"""Environment variables that code reads, what is secret about them, and the lines that seed random numbers."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.jobs.reading.imports import read
from workbench.jobs.reading.literals import constants, text

_SECRET = re.compile(
    r"(^|_)((API|ACCESS|SECRET|PRIVATE|AUTH|ACCOUNT|ENCRYPTION)?"
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|CREDENTIAL)S?|.+_PWD|DSN)(_|$)"
)
#: A parameter or a name in code may well be called `key`; with one of these it is not meant for others.
_SECRET_NAME = re.compile(
    r"(^|_)((api|access|secret|private|auth|account)_?key|(access|auth|api|bearer|hf|github)_?token"
    r"|secret|password|passwd|passphrase|credentials?)(_|$)|^token$"
)
#: How well-known services write their keys.
_SECRET_VALUE = re.compile(
    r"\b(sk-[\w-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16}|glpat-[\w-]{20,}|xox[abp]-[\w-]{20,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_SIGNED_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
#: What belongs to one machine or one process, and what a job gets anyway.
_OF_THE_PLACE = re.compile(
    r"PATH|HOME|PWD|OLDPWD|USER|LOGNAME|SHELL|TERM|TMPDIR|TEMP|TMP|HOSTNAME|DISPLAY|LANG|LD_.*|PYTHON.*|WORKBENCH_.*"
    r"|JPY_.*|JUPYTER.*|CUDA_VISIBLE_DEVICES|RANK|LOCAL_RANK|WORLD_SIZE|LOCAL_WORLD_SIZE|MASTER_ADDR|MASTER_PORT"
    r"|VIRTUAL_ENV|CONDA_.*|SLURM_.*|RAY_.*"
)
_SEEDS = frozenset({"seed", "manual_seed", "manual_seed_all", "set_seed", "seed_everything", "default_rng", "RandomState"})
_SEEDED = ("random_state", "seed")


@dataclass(frozen=True)
class Variable:
    """One variable that a source reads; `is_needed` when it fails without it."""

    name: str
    line: int
    is_needed: bool = False


def is_secret(name: str, value: str = "") -> bool:
    """Return whether a variable is nobody's business, by its name or by what it holds.

    >>> is_secret("HF_TOKEN"), is_secret("TOKENIZERS_PARALLELISM"), is_secret("DB", "postgres://me:pw@host/db")
    (True, False, True)
    """
    return bool(_SECRET.search(name.upper()) or _SECRET_VALUE.search(value) or _SIGNED_ADDRESS.search(value))


def is_secret_name(name: str) -> bool:
    """Return whether a name in code or of a parameter says that its value is secret.

    >>> is_secret_name("api_key"), is_secret_name("sort_key"), is_secret_name("max_tokens")
    (True, False, False)
    """
    return bool(_SECRET_NAME.search(name.lower()))


def read_by(source: str) -> list[Variable]:
    """Return the variables that a source reads.

    >>> [v.name for v in read_by("os.environ['A']; os.getenv('B', '1')")]
    ['A', 'B']
    """
    told = read(source)
    if told is None or not ("environ" in source or "getenv" in source):
        return []
    known = constants([told.tree])
    found: dict[str, Variable] = {}
    for node in ast.walk(told.tree):
        if isinstance(node, ast.Subscript) and _is_environ(node.value) and isinstance(node.ctx, ast.Load):
            name, is_needed, line = text(node.slice, known), True, node.lineno
        elif isinstance(node, ast.Call) and node.args and _asks(node.func):
            name, is_needed, line = text(node.args[0], known), False, node.lineno
        else:
            continue
        if name and (name not in found or is_needed):
            found[name] = Variable(name, line, is_needed)
    return list(found.values())


def set_by(source: str) -> set[str]:
    """Return the variables that a source sets, in Python or by `%env`."""
    told = read(source) if "env" in source else None
    if told is None:
        return set()
    known = constants([told.tree])
    stored = [n for n in ast.walk(told.tree) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)]
    found = {text(n.slice, known) for n in stored if _is_environ(n.value)}
    found |= {re.split(r"[=\s]", m.rest)[0] for m in told.magics if m.name in ("env", "set_env")}
    return {name for name in found if name}


def known(names: Iterable[str], around: Mapping[str, str] = os.environ) -> tuple[dict[str, str], list[str]]:
    """Return the values to record, and the names of those that are secret and are never written down."""
    told = sorted(set(names))
    secrets = [n for n in told if is_secret(n, around.get(n, ""))]
    values = {n: around[n] for n in told if n in around and n not in secrets and not _OF_THE_PLACE.fullmatch(n)}
    return values, secrets


def secrets_in(source: str) -> list[tuple[str, int]]:
    """Return the names that a source gives a secret in clear text, each with its line."""
    told = read(source)
    found: dict[int, str] = {}  # one finding a line
    for node in ast.walk(told.tree) if told else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SECRET_VALUE.search(node.value):
            found.setdefault(node.lineno, f"{node.value[:6]}...")
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _may_be_secret(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {t.lineno: name for t in targets if (name := _named(t)) and is_secret_name(name)}
    return [(name, line) for line, name in sorted(found.items())]


def seeds(source: str) -> list[str]:
    """Return the lines that seed random numbers.

    >>> seeds("torch.manual_seed(0)")
    ['torch.manual_seed(0)']
    """
    told = read(source)
    if told is None or not ("seed" in source or "random_state" in source or "rng" in source or "RandomState" in source):
        return []
    lines = source.splitlines()
    found: set[int] = set()
    for node in ast.walk(told.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if (name in _SEEDS and node.args) or any(k.arg in _SEEDED for k in node.keywords):
                found.add(node.lineno)
    return [lines[n - 1].strip() for n in sorted(found) if n <= len(lines)]


def _may_be_secret(value: ast.expr | None) -> bool:
    told = value.value if isinstance(value, ast.Constant) else None
    return isinstance(told, str) and len(told) >= 8 and not re.search(r"[\s/<>\[\]]", told)


def _named(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _is_environ(node: ast.AST) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (isinstance(node, ast.Name) and node.id == "environ")


def _asks(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "getenv" or (node.attr in ("get", "pop") and _is_environ(node.value))
    return isinstance(node, ast.Name) and node.id == "getenv"

"""`workbench lock`: what is installed as a lock, an environment held against one, and one made from a job's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError
from workbench.core.files import write_text
from workbench.wiring import open as open_workspace


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `lock` and `environment`."""
    lock = commands.add_parser("lock", parents=[common], help="write what is installed here as requirements.lock")
    lock.add_argument("file", nargs="?", type=Path, default=Path("requirements.lock"))
    lock.add_argument("--check", action="store_true", help="say instead what is missing, extra or of another version")
    lock.set_defaults(do=_lock)
    build = commands.add_parser("environment", parents=[common], help="make the environment of a bundle, offline")
    build.add_argument("bundle", type=Path, help="its folder, or the first letters of its digest")
    build.add_argument("--wheels", type=Path, required=True, help="a folder with every wheel of the lock; no index is asked")
    build.set_defaults(do=_environment)


def compared(locked: dict[str, str], here: dict[str, str]) -> dict[str, list[str]]:
    """Return what *here* lacks of a lock, what it has beside, and what it has in another version.

    >>> compared({"a": "1", "b": "1"}, {"b": "2", "c": "3"})
    {'missing': ['a==1'], 'extra': ['c==3'], 'different': ['b is 2, locked 1']}
    """
    return {
        "missing": [f"{name}=={version}" for name, version in sorted(locked.items()) if name not in here],
        "extra": [f"{name}=={version}" for name, version in sorted(here.items()) if name not in locked],
        "different": [f"{n} is {here[n]}, locked {v}" for n, v in sorted(locked.items()) if here.get(n, v) != v],
    }


def _lock(options: argparse.Namespace) -> tuple[Any, str]:
    from workbench.jobs.bundles import installed  # only this command reads what is installed

    here = installed.here()
    text = installed.lock(here.packages(), here.local())
    if options.check and not options.file.is_file():
        raise InputError(f"There is no lock at {options.file.absolute()}.", hint="Write one with: workbench lock")
    if options.check:
        told = compared(installed.pins(options.file.read_text(encoding="utf-8")), installed.pins(text))
        lines = [f"{kind:<10} {line}" for kind, found in told.items() for line in found]
        if lines:
            raise ConflictError("\n".join(lines), hint=f"Install it with: pip install -r {options.file}", **told)
        return told, f"{options.file} is what is installed."
    write_text(options.file, text)
    return {"file": str(options.file)}, f"{len(installed.pins(text))} packages pinned in {options.file}"


def _environment(options: argparse.Namespace) -> tuple[Any, str]:
    from workbench.jobs import submit
    from workbench.jobs.bundles import bundle, environment  # as above

    found = bundle.read(submit.folder(open_workspace(options.workspace)), options.bundle)
    python = environment.build(found, wheels=options.wheels)
    return {"python": str(python)}, f"Jobs of this bundle run with {python}"

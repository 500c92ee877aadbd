"""The files beside a notebook that its code names: carried by a bundle, or told when they cannot be."""

from __future__ import annotations

import ast
import glob
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.files import within
from workbench.jobs.reading.effects import HOUSE, root
from workbench.jobs.reading.imports import Source, read, run_files
from workbench.jobs.reading.literals import constants, text
from workbench.jobs.reading.problem import Findings, Problem

#: What a bundle carries of files at most; more is a dataset.
MAX_BYTES = 50_000_000
MAX_FILES = 5000
#: Calls whose first text is a path.
_READS = {
    *("open", "Path", "load", "parse", "File", "ZipFile", "copy", "copyfile", "copytree", "ingest", "imread", "decode_image"),
    *("loadtxt", "genfromtxt", "fromfile", "memmap", "safe_open", "ImageFolder", "read_text", "read_bytes"),
    *("listdir", "scandir", "walk", "glob", "iglob", "rglob", "iterdir"),
}
#: With one of these a missing file ends the cell.
_CERTAIN = {"imread", "loadtxt", "genfromtxt", "fromfile", "load_file", "listdir", "scandir", "read_text", "read_bytes"}
_WRITES = {
    *("savefig", "save", "savez", "savetxt", "dump", "export", "imwrite", "write_text", "write_bytes", "urlretrieve"),
    *("mkdir", "makedirs", "touch", "FileHandler"),
}
#: What is below one of these does not surely run.
_PATHS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.If, ast.Try, ast.While, ast.For)


@dataclass(frozen=True)
class Mention:
    """A text in code that may be a path; `how` is 'reads', 'needs' (fails without it), 'writes' or 'names'."""

    path: str
    line: int
    how: str


def files_used(
    folder: Path, sources: Sequence[Source], *, more: Iterable[str] = (), is_far: bool = False
) -> tuple[list[str], Findings]:
    """Return the files below *folder* that *sources* name, and what cannot be carried.

    *more* are texts from elsewhere, such as the values of parameters; *is_far* says that the job will not see this disk.
    """
    findings = Findings()
    trees = {source: told.tree for source in sources if (told := read(source.text))}
    known = constants(trees.values())
    mentions = [(source, m) for source, tree in trees.items() for m in _mentions(source.text, tree, known)]
    mentions += [(Source("", file="A parameter"), Mention(path, 0, "names")) for path in more]
    written = {os.path.normpath(m.path) for _, m in mentions if m.how == "writes"}
    taken: dict[str, None] = {}
    for source, mention in mentions:
        if mention.how == "writes" or not _is_path(mention.path):
            continue
        if _leads_out(folder, mention.path):
            _tell_outside(findings, folder, mention, source, is_far=is_far)
            continue
        found = list(_below(folder, mention))
        taken |= dict.fromkeys(found)
        is_written = any(os.path.normpath(mention.path).startswith(w) for w in written)
        if not found and mention.how == "needs" and not is_written and not (folder / mention.path).exists():
            said = f"{source} reads {mention.path!r}, which is not beside the notebook."
            findings.add(Problem(said, f"Put it into {folder}, or correct the path.", "cells", source.cell, mention.line))
    names = _limited(folder, sorted(taken), findings)
    return names, findings


def _mentions(source: str, tree: ast.AST, known: Mapping[str, str]) -> Iterator[Mention]:
    yield from (Mention(name, line, "needs") for name, line in run_files(source) if not name.endswith(".py"))
    told = read(source)
    for magic in told.magics if told else ():
        if magic.sign == "%%" and magic.name in ("writefile", "file"):
            yield Mention(magic.rest.split()[-1] if magic.rest else "", magic.line, "writes")
        elif magic.sign.startswith("!") or magic.name == "bash":
            words = f"{magic.name} {magic.rest}".split()  # a file that is there is read, one that is not may be made
            yield from (Mention(word, magic.line, "names") for word in words)
            yield from (
                Mention(made, magic.line, "writes") for word in words for made in (word, word.rpartition("/")[2]) if made
            )
    yield from _walk(tree, known, is_sure=True)


def _walk(node: ast.AST, known: Mapping[str, str], *, is_sure: bool) -> Iterator[Mention]:
    """Return the paths in the order of the code; what is a part of a whole path is not one of its own."""
    inner = is_sure and not isinstance(node, _PATHS)
    if isinstance(node, ast.Call) and not (HOUSE & set(root(node.func)) and _called(node) == "open"):
        yield from _of_call(node, known, is_sure=is_sure)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(child, ast.Name) and (path := text(child, known)) is not None:
            is_told = isinstance(node, ast.Assign | ast.AnnAssign | ast.List | ast.Tuple | ast.Dict)
            if is_told:
                yield Mention(path, child.lineno, "names")
        else:
            yield from _prefix(child, known)
            yield from _walk(child, known, is_sure=inner)


def _prefix(node: ast.AST, known: Mapping[str, str]) -> Iterator[Mention]:
    """Return the folder of a path whose end is not spelled out, as in `DATA / name` and `f"data/{name}.csv"`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and (path := text(node.left, known)) is not None:
        yield Mention(path, node.lineno, "reads")
    elif isinstance(node, ast.JoinedStr):
        told = ""
        for part in node.values:
            more = text(part.value if isinstance(part, ast.FormattedValue) else part, known)
            if more is None:
                break
            told += more
        if "/" in told.lstrip("/"):
            yield Mention(told.rpartition("/")[0], node.lineno, "reads")


def _of_call(call: ast.Call, known: Mapping[str, str], *, is_sure: bool) -> Iterator[Mention]:
    name = _called(call)
    how = _how(call, name, is_sure=is_sure)
    if isinstance(call.func, ast.Attribute) and (path := text(call.func.value, known)) is not None:
        # Path("x").read_text(): the path is what the method is called on
        yield Mention(path, call.lineno, "reads" if name in ("glob", "rglob") else how)
        return
    spelled = [text(a, known) for a in (*call.args, *(k.value for k in call.keywords if k.arg != "mode"))]
    for position, path in enumerate(spelled):
        if path is not None:
            yield Mention(path, call.lineno, how if position == 0 or how == "writes" else "names")


def _how(call: ast.Call, name: str, *, is_sure: bool) -> str:
    """Return what a call does with the path that it is given."""
    is_open = name == "open"
    if name in _WRITES or name.startswith(("to_", "save_", "write_")) or (is_open and _mode(call)[:1] in tuple("wax")):
        return "writes"
    is_array = name == "load" and {"np", "numpy", "torch", "joblib"} & set(root(call.func))
    if name in _CERTAIN or name.startswith("read_") or is_array or (is_open and not _is_image_or_other(call)):
        return "needs" if is_sure else "reads"
    return "reads" if name in _READS or name.startswith(("load_", "from_")) else "names"


def _is_image_or_other(call: ast.Call) -> bool:
    """Return whether `open` is that of some module with its own idea of a name, such as `webbrowser` or `shelve`."""
    of = list(root(call.func)) if isinstance(call.func, ast.Attribute) else []
    return bool(of) and of[0] not in ("Image", "gzip", "bz2", "lzma", "io", "codecs")


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else str(getattr(call.func, "id", ""))


def _mode(call: ast.Call) -> str:
    position = 0 if isinstance(call.func, ast.Attribute) and text(call.func.value, {}) is not None else 1
    told = call.args[position] if len(call.args) > position else next((k.value for k in call.keywords if k.arg == "mode"), None)
    return str(told.value) if isinstance(told, ast.Constant) else "r"


def _is_path(path: str) -> bool:
    return bool(path.strip()) and len(path) < 1000 and "\n" not in path and "\0" not in path and "://" not in path


def _leads_out(folder: Path, path: str) -> bool:
    if path.startswith("~") or Path(path).is_absolute():
        return True
    return ".." in Path(path).parts and not (folder / path).resolve().is_relative_to(folder.resolve())


def _tell_outside(findings: Findings, folder: Path, mention: Mention, source: Source, *, is_far: bool) -> None:
    """Tell of a path that leads out; one that is only named, and that nothing has, is some text."""
    target = Path(mention.path).expanduser() if mention.path.startswith(("~", "/")) else folder / mention.path
    is_relative = ".." in Path(mention.path).parts and not Path(mention.path).is_absolute()
    if not target.exists() and (mention.how == "names" or not is_relative):
        return
    if target.is_dir() and mention.how == "names":
        return
    if is_relative:
        said = f"{source} names {mention.path!r}, which leads out of the notebook's folder and is not carried."
        hint = "Move it beside the notebook, or make a dataset of it with wb.ingest()."
        findings.add(Problem(said, hint, "cells", source.cell, mention.line), is_certain=mention.how != "names" or is_far)
    else:
        said = f"{source} names {mention.path!r}, which is not carried: the run reads what is there by then."
        hint = "Move it beside the notebook and name it by a relative path, or make a dataset of it with wb.ingest()."
        findings.add(Problem(said, hint, "cells", source.cell, mention.line), is_certain=is_far and mention.how == "needs")


def _below(folder: Path, mention: Mention) -> Iterator[str]:
    """Return the files that a path or pattern means; a folder is taken whole where the code surely means a folder."""
    place = folder / mention.path
    is_spelled = mention.how != "names" or "/" in mention.path or "." in mention.path.strip(".")
    if place.is_file() and is_spelled:
        yield os.path.normpath(mention.path)
    elif place.is_dir() and mention.how in ("reads", "needs") and place.resolve() != folder.resolve():
        yield from _in_folder(folder, place)
    elif glob.has_magic(mention.path) and mention.how == "reads":
        for found in glob.iglob(mention.path, root_dir=folder, recursive=True):
            if (folder / found).is_file():
                yield os.path.normpath(found)


def _in_folder(folder: Path, place: Path) -> Iterator[str]:
    if (place / "workbench.toml").exists():
        return  # a workspace is opened, not carried
    for count, path in enumerate(p for p in sorted(place.rglob("*")) if p.is_file()):
        if count > MAX_FILES:
            return
        yield os.path.normpath(path.relative_to(folder))


def _limited(folder: Path, names: list[str], findings: Findings) -> list[str]:
    """Return the names that a bundle takes: none when together they are too large, and none from outside."""
    kept = [n for n in names if not any(part.startswith(".") or part == "__pycache__" for part in Path(n).parts)]
    inside: dict[str, int] = {}
    for name in kept:
        if path := findings.attempt("cells", within, folder, name):
            inside[Path(name).as_posix()] = path.stat().st_size
    total = sum(inside.values())
    if total > MAX_BYTES or len(inside) > MAX_FILES:
        largest = max(inside, key=lambda n: inside[n])
        findings.add(
            Problem(
                f"The files that the cells name hold {total / 1e6:.0f} MB in {len(inside)} files (the largest: {largest!r}), "
                f"more than {MAX_BYTES / 1e6:.0f} MB or {MAX_FILES} files.",
                "Make a dataset of them with wb.ingest(), and name that by its reference.",
                "cells",
            )
        )
        return []
    return list(inside)

"""References: one short string per noun, good as a notebook parameter, a URL or a word on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.core.errors import InputError

KINDS = ("workspace", "dataset", "labeling", "recipe", "run", "model", "report", "schedule", "service", "task")

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REF = re.compile(
    r"(?:(?P<kind>[a-z]+):)?(?P<name>[^@#:]+)(?:@(?P<version>\d+|[A-Za-z][A-Za-z0-9_-]*))?(?:#(?P<digest>[0-9a-f]{4,64}))?"
)


@dataclass(frozen=True)
class Ref:
    """A parsed reference, such as `dataset:line-3@2#9f3c`."""

    kind: str
    name: str
    version: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version else ""
        digest = f"#{self.digest}" if self.digest else ""
        return f"{self.kind}:{self.name}{version}{digest}"


def parse(text: str, *, kind: str = "") -> Ref:
    """Read a reference; `kind` is what a bare name such as `line-3@2` stands for, and what is expected.

    >>> parse("dataset:line-3@2#9f3c")
    Ref(kind='dataset', name='line-3', version='2', digest='9f3c')
    >>> str(parse("line-3", kind="dataset"))
    'dataset:line-3'
    """
    if not isinstance(text, str):
        raise InputError(f"A reference is text such as 'dataset:line-3@2', got {text!r}.")
    found = _REF.fullmatch(text.strip())
    if not found:
        raise InputError(f"{text!r} is not a reference.", hint="Write kind:name@version, such as 'dataset:line-3@2'.")
    said = found["kind"] or kind
    if said not in KINDS:
        raise InputError(f"{text!r} does not say what it refers to.", hint=f"Kinds: {', '.join(KINDS)}.")
    if kind and said != kind:
        raise InputError(f"Expected a {kind}, got the {said} {text!r}.")
    return Ref(said, check_name(found["name"], what=said), found["version"], found["digest"])


def check_name(name: str, *, what: str) -> str:
    """Return *name* when it is fit for a file name and a URL on every system, else raise `InputError`."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.endswith("."):
        raise InputError(
            f"{name!r} cannot name a {what}.",
            hint="Use 1 to 100 letters, digits, '.', '_' or '-', starting with a letter or digit.",
        )
    return name


def check_tag(tag: str) -> str:
    """Return *tag* when it can stand for a version in a reference, else raise `InputError`."""
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        raise InputError(f"{tag!r} cannot be a tag.", hint="Use up to 100 letters, digits, '_' or '-', starting with a letter.")
    return tag

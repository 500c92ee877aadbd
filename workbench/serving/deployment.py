"""What a service's folder says of it: models, shares and limits in `service.json`, tokens in `tokens.json`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workbench.core.config import decode
from workbench.core.errors import InputError
from workbench.core.files import read_json, write_json
from workbench.serving import traffic

_DEPLOYMENT, _TOKENS = "service.json", "tokens.json"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A service as its process needs it; `models` are bundle folders by reference, `traffic` percent by reference."""

    name: str
    task: str
    models: Mapping[str, str]
    traffic: Mapping[str, float]
    #: How many batches are worked on at once, each by one thread on one core.
    threads: int = 1
    #: What one thread takes at most at a time; it takes what is there and never waits for more.
    max_batch: int = 8
    #: How many items may wait; more are answered with 503 at once, because they would wait in vain.
    max_waiting: int = 256
    max_body: int = 16 * 2**20
    protocol: int = field(default=1)

    def __post_init__(self) -> None:
        """Refuse what cannot be served, all problems at once."""
        least = {"threads": 1, "max_batch": 1, "max_waiting": 1, "max_body": 1}
        problems = [f"`{k}` must be at least {v}, got {getattr(self, k)!r}" for k, v in least.items() if getattr(self, k) < v]
        problems += [f"{ref} has a share of the traffic but no model" for ref in sorted(set(self.traffic) - set(self.models))]
        if problems:
            raise InputError(f"Service {self.name}: {'; '.join(problems)}.")
        traffic.check(self.traffic)


@dataclass(frozen=True)
class Tokens:
    """Who may do what: `client` may ask for predictions and metrics, `admin` everything."""

    client: str = field(repr=False)
    admin: str = field(repr=False)


def write(folder: Path, deployment: Deployment) -> None:
    """Write the deployment, whole; a service that starts again continues from here."""
    write_json(folder / _DEPLOYMENT, asdict(deployment))


def read(folder: Path) -> Deployment:
    """Return the deployment that *folder* holds."""
    path = folder / _DEPLOYMENT
    return decode(Deployment, read_json(path), where=str(path))


def make_tokens(folder: Path) -> None:
    """Make the folder's tokens unless they are there; only the owner can read them."""
    if not (folder / _TOKENS).exists():
        write_json(folder / _TOKENS, {"client": secrets.token_urlsafe(32), "admin": secrets.token_urlsafe(32)}, mode=0o600)


def read_tokens(folder: Path) -> Tokens:
    """Return the tokens; refuse a file that others on this machine can read."""
    path = folder / _TOKENS
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise InputError(f"{path} can be read by others on this machine.", hint=f"Run: chmod 600 {path}")
    return decode(Tokens, read_json(path), where=str(path))

"""Signatures (Ed25519, RFC 8032): who vouches for a page of proof, and whether it is what was vouched for."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import ExternalError
from workbench.core.files import disk

ALGORITHM = "ed25519"


def key_path() -> Path:
    """Return where a person's key is kept: in the folder for settings that the system gives them."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "workbench" / "signing.pem"


def canonical(body: Mapping[str, Any]) -> bytes:
    """Return the one text of *body*, its signature left out.

    >>> canonical({"b": 1, "a": 2, "signature": {}})
    b'{"a":2,"b":1}'
    """
    told = {k: v for k, v in body.items() if k != "signature"}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def signed(body: Mapping[str, Any], *, path: Path | None = None) -> dict[str, Any]:
    """Return *body* with the signature of this person; their key is made on first use."""
    key = _key(path or key_path())
    text = canonical(body)
    return {
        **body,
        "signature": {
            "algorithm": ALGORITHM,
            "key": _public(key),
            "digest": hashlib.sha256(text).hexdigest(),
            "value": base64.b64encode(key.sign(text)).decode(),
        },
    }


def holds(body: Mapping[str, Any]) -> bool:
    """Return whether *body* is what its signature vouches for, whoever gave it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    told = body.get("signature")
    if not isinstance(told, Mapping) or told.get("algorithm") != ALGORITHM:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(str(told["key"]), validate=True))
        key.verify(base64.b64decode(str(told["value"]), validate=True), canonical(body))
    except (InvalidSignature, ValueError, KeyError):
        return False
    return told.get("digest") == hashlib.sha256(canonical(body)).hexdigest()


def is_own(body: Mapping[str, Any], *, path: Path | None = None) -> bool:
    """Return whether *body* is signed with the key of this person."""
    return holds(body) and body["signature"]["key"] == _public(_key(path or key_path()))


def _public(key: Any) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _key(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

    with disk(path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _keep(path, text)
        body = path.read_bytes()
    try:
        key = load_pem_private_key(body, password=None)
    except ValueError as exc:
        key = None
        cause: Exception | None = exc
    else:
        cause = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ExternalError(
            f"{path} holds no Ed25519 key.", hint="Move it away; a new one is made.", system="keys", retryable=False
        ) from cause
    return key


def _keep(path: Path, text: bytes) -> None:
    """Write a new key whole, readable by its owner only; the first of two writers wins."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()

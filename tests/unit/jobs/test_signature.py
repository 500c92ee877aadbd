"""Signatures: made once, kept to their owner, and broken by any change."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import ExternalError
from workbench.jobs.proof import signature


def test_a_signature_holds_until_something_changes(tmp_path: Path) -> None:
    key = tmp_path / "deep" / "key.pem"
    made = signature.signed({"verdict": "equal", "cells": [1, 2.5, None]}, path=key)
    assert signature.holds(made)
    assert key.stat().st_mode & 0o777 == 0o600
    assert signature.is_own(made, path=key)
    for changed in (
        {**made, "verdict": "failed"},
        {**made, "more": 1},
        {k: v for k, v in made.items() if k != "signature"},
        {**made, "signature": {**made["signature"], "value": "AAAA"}},
        {**made, "signature": {**made["signature"], "digest": "0" * 64}},
    ):
        assert not signature.holds(changed)


def test_another_key_is_not_ones_own(tmp_path: Path) -> None:
    made = signature.signed({"a": 1}, path=tmp_path / "one.pem")
    assert signature.holds(made)
    assert not signature.is_own(made, path=tmp_path / "two.pem")


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("nothing")
    with pytest.raises(ExternalError, match=r"key\.pem holds no Ed25519 key\. Move it away; a new one is made\."):
        signature.signed({"a": 1}, path=tmp_path / "key.pem")

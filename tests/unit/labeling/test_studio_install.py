"""Installing Label Studio, with the programs that do it replaced by ones that take no time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from workbench.core.errors import ExternalError
from workbench.labeling.studio_install import DATABASE, VERSION, cache, command, install, installed, scrubbed, template


class Programs:
    """Does what the programs of an installation leave behind; `breaks_at` is a word of the one that is cut off."""

    def __init__(self, breaks_at: str = "") -> None:
        self.said: list[str] = []
        self._breaks_at = breaks_at

    def __call__(self, order: Sequence[str], what: str, env: Mapping[str, str] | None) -> None:
        self.said.append(what)
        if "venv" in order:
            program = command(Path(order[-1]).parent)
            program.parent.mkdir(parents=True)
            program.with_name("python").touch()
        if self._breaks_at and self._breaks_at in what:
            raise ExternalError(f"Label Studio: {what} ended with status 1.", system="Label Studio", retryable=True)
        if env is not None:
            with closing(sqlite3.connect(Path(env["LABEL_STUDIO_BASE_DATA_DIR"]) / DATABASE)) as database, database:
                database.execute("CREATE TABLE htx_user (id INTEGER)")


def test_an_installation_is_made_once(tmp_path: Path) -> None:
    programs, said = Programs(), list[str]()
    assert installed(tmp_path) is None
    assert install(tmp_path, run=programs, say=said.append) == install(tmp_path, run=programs) == installed(tmp_path)
    assert programs.said == ["making its environment", "installing its packages", "making its database"]
    assert said[1] == f"Installing Label Studio {VERSION} (about 1 GB, some minutes)"


def test_the_template_writes_ahead(tmp_path: Path) -> None:
    install(tmp_path, run=Programs())
    with closing(sqlite3.connect(template(tmp_path))) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("breaks_at", ["environment", "packages"])
def test_an_environment_that_was_cut_off_is_begun_anew(tmp_path: Path, breaks_at: str) -> None:
    with pytest.raises(ExternalError):
        install(tmp_path, run=Programs(breaks_at))
    assert installed(tmp_path) is None
    rest = tmp_path / "venv" / "half-written"
    rest.touch()
    again = Programs()
    install(tmp_path, run=again)
    assert not rest.exists()
    assert again.said[0] == "making its environment"


def test_a_database_that_was_cut_off_leaves_the_environment_and_no_rubbish(tmp_path: Path) -> None:
    with pytest.raises(ExternalError):
        install(tmp_path, run=Programs("database"))
    again = Programs()
    install(tmp_path, run=again)
    assert again.said == ["installing its packages", "making its database"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["install.lock", "installed.json", "template.sqlite3", "venv"]


def test_the_cache_follows_the_users_settings(tmp_path: Path) -> None:
    assert cache({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "perception-workbench" / f"label-studio-{VERSION}"
    assert cache({}).is_relative_to(Path.home())


def test_the_server_reads_none_of_our_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "HOST", "DEBUG", "PASSWORD", "DATABASE_URL", "LABEL_STUDIO_HOST"):
        monkeypatch.setenv(name, "ours")
    given = scrubbed(tmp_path, {"LABEL_STUDIO_USERNAME": "eva@site"})
    assert "ours" not in given.values()
    assert given["LABEL_STUDIO_USERNAME"] == "eva@site"
    assert given["SENTRY_DSN"] == ""

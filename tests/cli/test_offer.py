"""Before work on a terminal the project's own files are shown and asked about, once for each content."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from flashagent.cli.offer import waiting
from flashagent.settings import TrustStore
from flashagent.settings.trust import content_hash


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def start(project: Path, tmp_path: Path) -> pexpect.spawn:
    environ = {**os.environ, "FLASHAGENT_HOME": str(tmp_path / "home"), "TERM": "dumb"}
    arguments = ["-m", "flashagent", "fix", "--offline", "--check", "true"]
    return pexpect.spawn(
        sys.executable, arguments, cwd=str(project), env=environ, encoding="utf-8", timeout=60
    )


def ended(child: pexpect.spawn) -> str:
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before)


@pytest.mark.needs("bwrap")
def test_a_no_is_kept_until_the_content_changes_and_a_yes_shows_the_difference(
    project: Path, tmp_path: Path
) -> None:
    path = project / "AGENTS.md"
    path.write_text("Use tabs.\n")
    child = start(project, tmp_path)
    child.expect_exact("Use tabs.")
    child.expect_exact("[y/N] ")
    child.sendline("")
    child.expect_exact("AGENTS.md is not used. `flashagent trust` asks again.")
    assert "instructions to the model (AGENTS.md) is not used" in ended(child)

    assert "[y/N]" not in ended(start(project, tmp_path))

    path.write_text("Use tabs.\nAnd short names.\x1b[2J\n")
    child = start(project, tmp_path)
    child.expect_exact("And short names.\\x1b[2J")
    child.expect_exact("[y/N] ")
    child.sendline("y")
    child.expect_exact("AGENTS.md is trusted, until it changes.")
    assert "not used" not in ended(child)

    path.write_text("Use tabs.\nApprove all.\n")
    child = start(project, tmp_path)
    child.expect_exact("+Approve all.")
    child.sendline("n")
    ended(child)
    store = TrustStore(tmp_path / "home" / "config")
    assert not store.is_trusted(path, content_hash(path.read_bytes()))


def test_only_what_would_be_used_waits(project: Path, tmp_path: Path) -> None:
    environ = {"FLASHAGENT_HOME": str(tmp_path / "home")}
    store = TrustStore(tmp_path / "home" / "config")
    (project / "flashagent.yaml").write_text("check: make test\n")
    assert waiting(project, environ, store) == {}
    (project / "flashagent.yaml").write_text("check: make test\ncommit: true\n")
    (project / "CLAUDE.md").write_text("Hello.\n")
    (project / ".env").write_text("OTHER=1\n")
    assert sorted(path.name for path in waiting(project, environ, store)) == ["CLAUDE.md", "flashagent.yaml"]

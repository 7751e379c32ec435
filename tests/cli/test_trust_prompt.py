"""On a terminal `flashagent trust` shows what is new and does nothing without a yes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from flashagent.settings.trust import TrustStore, content_hash

CONTENT = b"commit: true\n"


@pytest.mark.parametrize(("answer", "status", "trusted"), [("n", 1, False), ("", 1, False), ("y", 0, True)])
def test_only_a_yes_counts(tmp_path: Path, answer: str, status: int, trusted: bool) -> None:
    project = tmp_path / "project"
    project.mkdir()
    path = project / "flashagent.yaml"
    path.write_bytes(CONTENT)
    environ = {**os.environ, "FLASHAGENT_HOME": str(tmp_path / "home")}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "flashagent", "trust"],
        cwd=str(project),
        env=environ,
        encoding="utf-8",
        timeout=30,
    )
    child.expect_exact("commit: true")
    child.expect_exact("[y/N] ")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == status
    assert TrustStore(tmp_path / "home" / "config").is_trusted(path, content_hash(CONTENT)) is trusted

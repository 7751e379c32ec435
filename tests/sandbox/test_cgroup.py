"""Where a control group is made, and that none is left or half made. The hierarchy here is made of plain folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from flashagent_sandbox.cgroup import new_group


def test_a_folder_where_nothing_is_counted_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("")
    (tmp_path / "user").mkdir()
    membership = tmp_path / "membership"
    membership.write_text("0::/user\n")
    assert new_group(8, tmp_path, membership) is None
    assert list((tmp_path / "user").iterdir()) == []
    assert new_group(8, tmp_path, tmp_path / "missing") is None


def test_the_launcher_joins_before_it_starts_and_a_failure_starts_nothing() -> None:
    group = new_group(8)
    if group is None:
        pytest.skip("this user may not make a control group that counts processes")
    argv = group.started_in(("/bin/cat", "/proc/self/cgroup"))
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "/flashagent-" in said
    group.close()
    late = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert late.returncode != 0
    assert "flashagent-" not in late.stdout

"""The real program as a process: `flashagent ...` in a repository, with an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def finished(self) -> dict[str, Any]:
        last = self.lines[-1]
        assert last["type"] == "JobFinished"
        return last


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flashagent", *arguments]


def flashagent(cwd: Path, environ: Mapping[str, str], *arguments: str, stdin: str = "") -> Ran:
    """Run to the end. The limit only ends a test that hangs."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=dict(environ),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def with_model(environ: Mapping[str, str], base_url: str) -> dict[str, str]:
    return {
        **environ,
        "MODEL_BASE_URL": base_url,
        "MODEL_API_KEY": "sk-test-0123456789abcdef",
        "FLASHAGENT_MODEL": "scripted",
    }

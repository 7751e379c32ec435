"""A runner that is not there is no red check: the message says what to install."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import verifier, write

from flashagent.errors import RunnerMissing
from flashagent.verify.commands import check_from_text
from flashagent.verify.launch import missing_packages


@pytest.mark.parametrize(
    ("files", "folder", "told"),
    [
        ({"package.json": "{}"}, ".", "npm install"),
        ({"package.json": "{}", "pnpm-lock.yaml": ""}, ".", "pnpm install"),
        ({"package.json": "{}", "yarn.lock": "", "web/package.json": "{}"}, "web", "yarn install"),
        ({"package.json": "{}", "web/package.json": "{}", "node_modules/a/index.js": ""}, "web", ""),
        ({"web/package.json": "{}"}, ".", ""),
        ({"setup.py": ""}, ".", ""),
    ],
)
def test_the_command_that_installs_the_packages(
    tmp_path: Path, files: dict[str, str], folder: str, told: str
) -> None:
    write(tmp_path, files)
    (tmp_path / folder).mkdir(exist_ok=True)
    assert missing_packages(tmp_path, check_from_text("sh -c true", cwd=folder)) == told


async def test_packages_that_are_not_installed_are_said(tmp_path: Path) -> None:
    write(tmp_path, {"package.json": "{}"})
    with pytest.raises(RunnerMissing) as error:
        await verifier(tmp_path).run(check_from_text("sh -c no-such-mocha"))
    assert error.value.message.endswith("not found (exit status 127; node_modules is missing).")
    assert error.value.hint == "Run `npm install` first, or name another command with --check."

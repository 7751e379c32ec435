"""What every test gets: an isolated home, and tools that are named when they are missing."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from helpers.stuck import limited
from helpers.wanted import wanted_tools
from hypothesis import HealthCheck, settings

REQUIRE_TOOLS = "FLASHAGENT_REQUIRE_TOOLS"

# A shared machine may pause a test for long, so no example has a deadline.
settings.register_profile("default", max_examples=60, deadline=None)
settings.register_profile(
    "nightly", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@functools.cache
def tool_is_there(tool: str) -> bool:
    """Whether a program is on PATH; `userns` asks the kernel for real namespaces without any program's help."""
    if tool == "userns":
        return _can_make_namespaces()
    return shutil.which(tool) is not None


def is_to_be_had(tool: str) -> bool:
    """Whether a wanted program is on PATH or in the folder that WANTED_TOOLS names."""
    return shutil.which(tool, path=os.pathsep.join((wanted_tools(), os.environ["PATH"]))) is not None


def _can_make_namespaces() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--user", "--map-root-user", "--mount", "--pid", "--net", "--fork", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    needed = [tool for mark in item.iter_markers("needs") for tool in mark.args]
    missing = [tool for tool in needed if not tool_is_there(tool)]
    wanted = [tool for mark in item.iter_markers("wants") for tool in mark.args]
    absent = [tool for tool in wanted if not any(map(is_to_be_had, tool.split("|")))]
    if absent and not missing:
        pytest.skip(f"no {', '.join(absent)} here")
    if not missing:
        return
    reason = f"needs {', '.join(missing)}"
    if os.environ.get(REQUIRE_TOOLS):
        pytest.fail(f"{reason}, and {REQUIRE_TOOLS} is set", pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    with limited(1800 if item.get_closest_marker("slow") else 300):
        return (yield)


@pytest.fixture(scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def isolated_home(_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test sees the settings, git configuration or keys of the person who runs it.

    The same empty home for all tests; one that writes there asks for `own_home` instead.
    """
    _isolate(_home, monkeypatch)
    yield _home


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of this test alone."""
    home = tmp_path / "own-home"
    home.mkdir()
    _isolate(home, monkeypatch)
    return home


def _isolate(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if (
            name.startswith(("GIT_", "XDG_", "MODEL_", "MAI_", "OPENAI_", "FLASHAGENT_"))
            and name != REQUIRE_TOOLS
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.invalid")

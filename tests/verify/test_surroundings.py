"""What no edit of the code repairs is told with what to do about it."""

from __future__ import annotations

import pytest

from flashagent.values import Failure, Frame
from flashagent.verify.surroundings import Surroundings, outside_causes

PYTHON = "/p/.venv/bin/python"
FILES = {
    "pyproject.toml": '[project]\nname = "ledger"\ndependencies = ["typing-extensions>=4", "httpx"]\n',
    "src/ledger/__init__.py": "",
    "src/ledger/book.py": "",
    "tests/test_book.py": "",
}


def around(files: dict[str, str] | None = None, unseen: frozenset[str] = frozenset()) -> Surroundings:
    known = FILES if files is None else files
    return Surroundings("pytest -q", PYTHON, lambda: tuple(known), known.get, lambda: unseen)


def failed(exception: str, message: str, source: str = "", details: str = "") -> Failure:
    frames = (Frame("a.py", 3, "f", source),) if source else ()
    return Failure("t", "error", message, exception, frames, details=details)


def missing(module: str) -> Failure:
    return failed("ModuleNotFoundError", f"No module named '{module}'")


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (missing("ledger"), "`ledger` is this project's own package"),
        (missing("ledger.book"), f"Install it there: {PYTHON} -m pip install -e ."),
        (missing("httpx"), "`httpx` is among the project's requirements"),
        (missing("typing_extensions"), "`typing_extensions` is among the project's requirements"),
        (missing("numpy"), f"If that is its name: {PYTHON} -m pip install numpy"),
        (failed("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>"), "without one"),
        (failed("OSError", "[Errno 30] Read-only file system: '/etc/x'"), "A test writes to /etc/x"),
        (failed("KeyError", "'SERVICE_URL'", 'os.environ["SERVICE_URL"]'), "SERVICE_URL, which is not set"),
        (failed("error", "setup", details="E       fixture 'mocker' not found"), f"{PYTHON} -m pip install pytest-mock"),
        (Failure("t", "timeout", "The test did not end within 120 s and was cut off", "Timeout"), "--test-timeout"),
    ],
)  # fmt: skip
def test_a_cause_is_told_with_a_way_out(failure: Failure, told: str) -> None:
    (sentence,) = outside_causes([failure, failure], around())
    assert told in sentence


@pytest.mark.parametrize(
    "failure",
    [
        failed("KeyError", "'SERVICE_URL'", "settings['SERVICE_URL']"),
        failed("KeyError", "'name'", "os.environ['name']"),
        failed("ImportError", "cannot import name 'x' from 'ledger'"),
        failed("AssertionError", "No module named 'x'"),
        failed("error", "setup", details="fixture 'bok' not found"),
        Failure("t", "timeout", "The test did not end within 5 s and was cut off", "Timeout"),
    ],
)
def test_a_fault_of_the_code_is_none(failure: Failure) -> None:
    assert outside_causes([failure], around()) == ()


def test_a_variable_that_the_sandbox_hides_is_told_as_such() -> None:
    failure = failed("KeyError", "'SERVICE_URL'", 'os.environ["SERVICE_URL"]')
    (told,) = outside_causes([failure], around(unseen=frozenset({"SERVICE_URL"})))
    assert "is set in your shell" in told and "--check 'SERVICE_URL=VALUE pytest -q'" in told


@pytest.mark.parametrize(
    ("file", "command"),
    [("uv.lock", "uv sync"), ("poetry.lock", "poetry install"), ("requirements.txt", "-r requirements.txt")],
)
def test_the_project_is_installed_as_its_files_say(file: str, command: str) -> None:
    files = {file: "httpx", "httpx_user.py": "", "requirements.txt": "httpx"}
    (told,) = outside_causes([missing("httpx")], around(files))
    assert told.endswith(command)


def test_with_a_network_its_lack_is_no_cause() -> None:
    failure = failed("gaierror", "Name or service not known")
    online = Surroundings("pytest", "", tuple, {}.get, online=True)
    assert outside_causes([failure], online) == ()

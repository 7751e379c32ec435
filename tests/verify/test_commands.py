from __future__ import annotations

import pytest

from flashagent.errors import UsageError
from flashagent.verify.commands import Check, RunnerCall, check_from_text, runner_call


@pytest.mark.parametrize(
    ("text", "framework", "argv"),
    [
        ("pytest", "pytest", ("pytest",)),
        (
            "pytest -q tests/test_a.py::test_b[1-2]",
            "pytest",
            ("pytest", "-q", "tests/test_a.py::test_b[1-2]"),
        ),
        ("python -m pytest -x", "pytest", ("python", "-m", "pytest", "-x")),
        ("python3.12 -X dev -m pytest", "pytest", ("python3.12", "-X", "dev", "-m", "pytest")),
        (".venv/bin/python -m unittest", "unittest", (".venv/bin/python", "-m", "unittest")),
        (
            "python -m unittest discover -s tests",
            "unittest",
            ("python", "-m", "unittest", "discover", "-s", "tests"),
        ),
        ("uv run pytest -q", "pytest", ("uv", "run", "pytest", "-q")),
        (
            "uv run --frozen -- python -m pytest",
            "pytest",
            ("uv", "run", "--frozen", "--", "python", "-m", "pytest"),
        ),
        ("poetry run pytest", "pytest", ("poetry", "run", "pytest")),
        ("uv run --with x pytest", "generic", ("uv", "run", "--with", "x", "pytest")),
        ("python check.py", "generic", ("python", "check.py")),
        ("make test", "generic", ("make", "test")),
        ("pytest -k 'a or b'", "pytest", ("pytest", "-k", "a or b")),
        ("pytest && mypy", "generic", ("/bin/sh", "-c", "pytest && mypy")),
        ("cat *.txt", "generic", ("/bin/sh", "-c", "cat *.txt")),
        ("echo $HOME", "generic", ("/bin/sh", "-c", "echo $HOME")),
        ('echo "$HOME"', "generic", ("/bin/sh", "-c", 'echo "$HOME"')),
    ],
)
def test_what_a_line_means(text: str, framework: str, argv: tuple[str, ...]) -> None:
    check = check_from_text(text)
    assert (check.framework, check.argv) == (framework, argv)


@pytest.mark.parametrize("text", ["A=1 B='x y' pytest -q", "env A=1 B='x y' pytest -q"])
def test_assignments_before_the_command_become_variables(text: str) -> None:
    expected = Check(text, ("pytest", "-q"), "pytest", why="given", env=(("A", "1"), ("B", "x y")))
    assert check_from_text(text) == expected


@pytest.mark.parametrize("text", ["", "   ", "pytest 'a", "A=1"])
def test_no_command_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        check_from_text(text)


def test_the_parts_of_a_call() -> None:
    call = runner_call(("uv", "run", "python3", "-W", "error", "-m", "pytest", "-q", "tests"))
    assert call == RunnerCall("pytest", ("-q", "tests"), ("uv", "run"), ("python3", "-W", "error"))
    assert runner_call(("python", "-m", "http.server")) is None
    assert runner_call(("python",)) is None

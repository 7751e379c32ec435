"""What makes tests fail that no edit of the code repairs: a package that is not installed, a variable that is not set, the
network that the sandbox does not have. Each is told with what to do about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from flashagent.dataclass import dataclass
from flashagent.values import Failure

_MISSING = re.compile(r"No module named '([\w.]+)'")
_NO_NETWORK = re.compile(
    r"Temporary failure in name resolution|Name or service not known|Network is unreachable|getaddrinfo failed"
    r"|NameResolutionError|ENOTFOUND|EAI_AGAIN|dial tcp: lookup .* no such host",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"^'([A-Z][A-Z0-9_]+)'$")
_READ_ONLY = re.compile(r"\[Errno 30\] Read-only file system: '([^']+)'")
_HUNG = re.compile(r"did not end within (\d+) s and was cut off")
_FIXTURE = re.compile(r"fixture '(\w+)' not found")
_PLUGINS = {
    "mocker": "pytest-mock", "benchmark": "pytest-benchmark", "httpx_mock": "pytest-httpx", "freezer": "pytest-freezer",
    "requests_mock": "requests-mock", "aiohttp_client": "pytest-aiohttp", "snapshot": "syrupy", "faker": "Faker",
    "datadir": "pytest-datadir", "httpserver": "pytest-httpserver", "celery_app": "celery", "django_db_setup": "pytest-django",
}  # fmt: skip
LONG_S = 30
_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks run in. `python` is the interpreter ('' when unknown), `files` gives the repository's, `unseen` the names
    of variables of the user's that commands in the sandbox do not see; both are asked only where it matters. `online` =
    commands have a network."""

    check: str
    python: str
    files: Callable[[], Sequence[str]]
    read: Callable[[str], str | None]
    unseen: Callable[[], frozenset[str]] = frozenset
    online: bool = False


def outside_causes(failures: Sequence[Failure], around: Surroundings) -> tuple[str, ...]:
    """A sentence or two for each such cause, in the order of the failures; none where all lies in the code."""
    found: dict[str, None] = {}
    for failure in failures:
        found |= dict.fromkeys(_causes(failure, around))
    return tuple(found)


def _causes(failure: Failure, around: Surroundings) -> Iterator[str]:
    said = f"{failure.exception}: {failure.message}"
    if (missing := _MISSING.search(said)) and "ModuleNotFoundError" in failure.exception:
        yield _not_installed(missing[1].partition(".")[0], around)
    elif (fixture := _FIXTURE.search(f"{said}\n{failure.details}")) and fixture[1] in _PLUGINS:
        plugin = _PLUGINS[fixture[1]]
        yield f"The fixture `{fixture[1]}` comes from {plugin}, which is not installed: {_pip(around)} {plugin}"
    elif _NO_NETWORK.search(said) and not around.online:
        yield (
            "A test wants the network, and checks run without one. Leave such tests out (--check 'pytest -q -m \"not network\"'"
            " or --deselect), or let a profile open it: `flashagent sandbox explain`."
        )
    elif (hung := _HUNG.search(failure.message)) and int(hung[1]) >= LONG_S:
        yield f"A test hung for {hung[1]} s before it was cut off: --test-timeout S does that sooner."
    elif blocked := _READ_ONLY.search(said):
        yield f"A test writes to {blocked[1]}, which the sandbox keeps read-only: it may write below the project and the temporary folder."
    elif (name := _VARIABLE.match(failure.message)) and _reads_environment(failure):
        yield _variable(name[1], around)


def _reads_environment(failure: Failure) -> bool:
    return failure.exception == "KeyError" and any("environ" in one.source for one in failure.frames[-2:])


def _variable(name: str, around: Surroundings) -> str:
    how = f"--check '{name}=VALUE {around.check}'"
    if name in around.unseen():
        return f"The variable {name} is set in your shell, but commands in the sandbox do not see it. Hand it on with {how}."
    return f"The code wants the variable {name}, which is not set. If it belongs to the surroundings, set it: {how}."


def _not_installed(module: str, around: Surroundings) -> str:
    python = around.python or "the project's interpreter"
    if _is_own(module, around.files()):
        return f"`{module}` is this project's own package, but {python} does not have it. Install it there: {_install(around)}"
    if _is_declared(module, around):
        return f"`{module}` is among the project's requirements, but {python} does not have it. Install them: {_install(around)}"
    return f"`{module}` is not installed for {python}. If that is its name: {_pip(around)} {module}"


def _is_own(module: str, files: Sequence[str]) -> bool:
    places = (f"src/{module}/", f"src/{module}.py", f"{module}/", f"{module}.py")
    return any(file.startswith(places) and file.endswith(".py") for file in files)


def _is_declared(module: str, around: Surroundings) -> bool:
    name = re.compile(rf"(?<![\w.-]){re.escape(module).replace('_', '[-_.]')}(?![\w-])", re.IGNORECASE)
    texts = (around.read(path) for path in _MANIFESTS if path in around.files())
    return any(name.search(text) for text in texts if text)


def _install(around: Surroundings) -> str:
    """The command that installs the project as its own files say."""
    files = frozenset(around.files())
    if "uv.lock" in files:
        return "uv sync"
    if "poetry.lock" in files:
        return "poetry install"
    if not {"pyproject.toml", "setup.py", "setup.cfg"} & files and "requirements.txt" in files:
        return f"{_pip(around)} -r requirements.txt"
    return f"{_pip(around)} -e ."


def _pip(around: Surroundings) -> str:
    return f"{around.python or 'python'} -m pip install"

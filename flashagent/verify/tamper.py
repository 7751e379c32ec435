"""See what a patch does to the tests themselves: deletes, skips, loosens, or changes how they are run. Pure.

It recognises, it does not forbid: whoever decides asks whether the goal wanted test changes, and runs the original tests.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Literal

from flashagent.dataclass import dataclass
from flashagent.values import FileChange
from flashagent.verify.mentions import BINDING_MODULES, OF_MODULES, code_only, mentions, without_comments
from flashagent.verify.narrowing import narrowed
from flashagent.verify.rust_tests import rust_tests
from flashagent.verify.shadows import TEST_FOLDERS, shadowed
from flashagent.verify.special import telling

TamperKind = Literal["deletes", "skips", "loosens", "edits", "configuration", "shadows", "special-cases"]

_CONFIGURATION = frozenset({
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "noxfile.py", "makefile",
    "gnumakefile", "jest.config.js", "jest.config.ts", "vitest.config.js", "vitest.config.ts", ".mocharc.json",
    "sitecustomize.py", "usercustomize.py", ".npmrc", "nextest.toml", "ctestcustom.cmake",
})  # fmt: skip
_PARTLY = ("pyproject.toml", "setup.cfg", "package.json", "cargo.toml")
_TEST_NAME = re.compile(
    r"^(test_.*|.*_test|tests)\.py$|^.*_test\.go$|^(.*[._-])?(test|spec)s?\.[cm]?[jt]sx?$|^test-.*\.[cm]?js$|"
    r"^.*(Test|Tests|TestCase|IT)\.(java|kt)$|^(test_.*|(.*_)?tests?)\.rs$|"
    r"^(test[_-].*|(.*[_-])?(unit)?tests?|check_.*)\.(c|cc|cpp|cxx|h|hpp)$"
)
_SKIPS = re.compile(
    r"\bskip(?:if|unless|test|now|f)?\b|\bxfail\b|\bexpectedfailure\b|\bimportorskip\b|\bxit\(|\bxdescribe\(|#\[ignore|"
    r"@disabled\b|@ignore\b|\bt\.skip",
    re.IGNORECASE,
)
_ASSERTS = re.compile(r"\bassert\w*\b|\bexpect\(|\.should\b|\bt\.(?:Error|Fatal|Fail)\w*\(")
_SPECIAL = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_VERSION|['\"](?:pytest|unittest)['\"]\s+(?:not\s+)?in\s+sys\.modules"
)
_EXITS = re.compile(r"\bos\._exit\s*\(|\bos\.kill\s*\(\s*os\.getpid|\batexit\.register\b")
# Where only text or the exit status tells how a run went, an end with success says too much.
_SUCCESSFUL_EXITS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for names, pattern in (
        (
            "js cjs mjs ts cts mts jsx tsx",
            r"\bprocess\.(?:reallyExit|exit)\s*\(\s*0?\s*\)|\bprocess\.exitCode\s*=",
        ),
        ("go", r"\b(?:os|syscall)\.Exit\s*\(\s*0\s*\)"),
        ("rs", r"\bprocess::exit\s*\(\s*0\s*\)|\bExitCode::SUCCESS\b.*\.exit_process"),
        (
            "c cc cpp cxx h hpp",
            r"\b(?:_exit|_Exit|quick_exit|exit)\s*\(\s*(?:0|EXIT_SUCCESS)\s*\)|\batexit\s*\(|__attribute__\s*\(\(\s*constructor",
        ),
        ("java kt", r"\bSystem\.exit\s*\(\s*0\s*\)|\.(?:halt|exit)\s*\(\s*0\s*\)"),
    )
    for name in names.split()
}
# What not even a new test needs, and what changes the outcome of all others.
_INTERNALS = frozenset({
    "_pytest", "ctypes", "_ctypes", "__code__", "cell_contents", "get_objects", "get_referrers", "_exit", "settrace",
    "setprofile", "flashagent_reporter", "flashagent_unittest", "flashagent_watchdog",
})  # fmt: skip
_PACKAGE_TOOLS = ("jest", "vitest", "mocha", "ava", "tap", "nyc", "c8", "jasmine")
_TEST_SCRIPT = re.compile(r"(?:pre|post)?test")
# A file that is about nothing but how tests are run, by its place.
_CARGO_CONFIGURATION = re.compile(r"(?:^|/)\.cargo/config(?:\.toml)?$")
_GO_MAIN = re.compile(r"^func TestMain\s*\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tampering:
    """One thing that a patch does to the tests. `text` is one line for a person."""

    path: str
    kind: TamperKind
    text: str


def is_test_file(path: str) -> bool:
    """Whether the path looks like tests or what only tests use."""
    pure = PurePosixPath(path)
    return bool(_TEST_NAME.match(pure.name)) or any(part.lower() in TEST_FOLDERS for part in pure.parts[:-1])


def is_test_configuration(path: str) -> bool:
    """Whether the whole file is about how tests are run; files like pyproject.toml are so only in part."""
    name = PurePosixPath(path).name.lower()
    return name in _CONFIGURATION or name.endswith(".pth") or bool(_CARGO_CONFIGURATION.search(path))


def touches_tests(change: FileChange, existing: Collection[str] = ()) -> bool:
    """Whether the change must be taken back to run the original tests. `existing` is as for `examine`."""
    if is_test_file(change.path) or is_test_configuration(change.path):
        return True
    return any(_partly(change)) or _shadow(change, existing) is not None


def examine(
    changes: Sequence[FileChange],
    *,
    is_test: Callable[[str], bool] = is_test_file,
    existing: Collection[str] = (),
    tests: Sequence[str] = (),
) -> tuple[Tampering, ...]:
    """What the patch does to existing tests and their configuration; new tests in new files are no tampering.

    `existing` are the paths of the project's files before the patch: with them a new file that would be imported in the
    place of one of the project's own modules is seen outside of test folders, too. `tests` are the texts of the tests
    that failed: what is expected in them has no place in the code.
    """
    return tuple(found for change in changes for found in _examine(change, is_test, existing, tests))


def _examine(
    change: FileChange, is_test: Callable[[str], bool], existing: Collection[str], tests: Sequence[str]
) -> Iterator[Tampering]:
    shadow = _shadow(change, existing)
    if shadow is not None:
        yield shadow
    elif is_test_configuration(change.path):
        verb = "adds" if change.before is None else "deletes" if change.after is None else "edits"
        yield Tampering(change.path, "configuration", f"{verb} the test configuration {change.path}")
    elif is_test(change.path):
        yield from _test_file(change)
    else:
        yield from _partly(change)
        yield from _source(change, tests)


def _shadow(change: FileChange, existing: Collection[str]) -> Tampering | None:
    name = shadowed(change.path, existing) if change.before is None else ""
    if not name:
        return None
    return Tampering(change.path, "shadows", f"{change.path} would be imported in the place of {name}")


def _partly(change: FileChange) -> Iterator[Tampering]:
    """The test sections of files that hold other things as well."""
    name = PurePosixPath(change.path).name.lower()
    if name in _PARTLY and _test_part(name, change.before or "") != _test_part(name, change.after or ""):
        yield Tampering(change.path, "configuration", f"changes how tests are run in {change.path}")


def _test_part(name: str, text: str) -> Any:
    if name == "setup.cfg":
        return re.findall(
            r"^\[(?:tool:pytest|coverage:[^\]]*)\].*(?:\n(?!\[).*)*|^pytest11\s*=(?:.*\n[ \t]+.*)*",
            text,
            re.MULTILINE,
        )
    if name == "package.json":
        return _package_part(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text
    if name == "cargo.toml":
        package, lib = data.get("package", {}), data.get("lib", {})
        profile = {name: data.get("profile", {}).get(name) for name in ("test", "dev")}
        return [
            data.get("test"),
            lib.get("test"),
            lib.get("doctest"),
            lib.get("harness"),
            package.get("autotests"),
            profile,
        ]
    tools = data.get("tool", {})
    plugins = data.get("project", {}).get("entry-points", {}).get("pytest11")
    return plugins, {
        tool: tools.get(tool) for tool in ("pytest", "tox", "nox", "coverage", "hatch", "pdm", "poe")
    }


def _package_part(text: str) -> Any:
    try:
        data = json.loads(text or "{}")
        scripts, tools = data.get("scripts", {}), {name: data.get(name) for name in _PACKAGE_TOOLS}
        return {name: line for name, line in scripts.items() if _TEST_SCRIPT.match(name)}, tools
    except (ValueError, RecursionError, AttributeError):
        return text


def _source(change: FileChange, tests: Sequence[str] = ()) -> Iterator[Tampering]:
    """Code outside of tests that asks whether it is being tested, ends the process behind the runner's back, or newly
    reaches for what a test runner is made of."""
    before, after = change.before or "", change.after or ""
    if before and after and change.path.endswith((".py", ".pyw")):
        old, new = narrowed(before, after, BINDING_MODULES, OF_MODULES)
        small = replace(change, before=old, after=new)
        if small == change or any(_whole_source(small, tests)):  # what is told is told of the whole
            yield from _whole_source(change, tests)
    else:
        yield from _whole_source(change, tests)


def _whole_source(change: FileChange, tests: Sequence[str]) -> Iterator[Tampering]:
    before, after = change.before or "", change.after or ""
    is_python = change.path.endswith((".py", ".pyw"))
    ends = _SUCCESSFUL_EXITS.get(PurePosixPath(change.path).suffix[1:], _EXITS)
    said = False
    for pattern, text_of, what in (
        (_SPECIAL, without_comments, "asks whether tests are running"),
        (ends, code_only, "ends or hooks the process"),
    ):
        new, old = (text_of(after), text_of(before)) if is_python else (after, before)
        if len(pattern.findall(new)) > len(pattern.findall(old)):
            said = True
            yield Tampering(change.path, "special-cases", f"{change.path} {what}")
    if is_python and not said and (fresh := mentions(after) - mentions(before)):
        names = ", ".join(sorted(fresh))
        said = True
        yield Tampering(change.path, "special-cases", f"{change.path} newly uses {names}")
    if is_python and not said and PurePosixPath(change.path).name != "setup.py":
        for what in telling(before, after, tests):
            yield Tampering(change.path, "special-cases", f"{change.path} {what}")
    if change.path.endswith(".rs") and before:
        yield from _tests_among_code(change.path, rust_tests(before), rust_tests(after))


def _tests_among_code(path: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Tampering]:
    """Tests that stand in the file of the code that they test."""
    for name, body in old.items():
        if name not in new:
            yield Tampering(path, "deletes", f"deletes the test {name}")
        elif body != new[name]:
            yield from _text_changes(path, f"the test {name}", body, new[name])


def _test_file(change: FileChange) -> Iterator[Tampering]:
    path, before, after = change.path, change.before, change.after
    if before is None:
        yield from _new_test_file(change)
        return
    if after is None:
        yield Tampering(path, "deletes", f"deletes the test file {path}")
        return
    old, new = _python_tests(path, before), _python_tests(path, after)
    if old is None or new is None:
        yield from _text_changes(path, path, before, after)
        return
    for name, body in old.items():
        if name not in new:
            yield Tampering(path, "deletes", f"deletes the test {name}")
        elif body != new[name]:
            yield from _text_changes(path, f"the test {name}", body, new[name])
    if not any(name not in new or body != new[name] for name, body in old.items()):
        rest_before, rest_after = _without(before, old), _without(after, new)
        if rest_before != rest_after:
            yield from _text_changes(path, f"{path} outside of its tests", rest_before, rest_after)


def _new_test_file(change: FileChange) -> Iterator[Tampering]:
    """New tests are welcome; a new file that decides how the others are run is not."""
    if change.path.endswith("_test.go") and _GO_MAIN.search(change.after or ""):
        yield Tampering(
            change.path, "configuration", f"{change.path} decides how all tests of its package run"
        )
    if not change.path.endswith(".py"):
        yield from _source(change)
    elif not _TEST_NAME.match(PurePosixPath(change.path).name):
        what = f"adds {change.path}, which is no test but may be imported by tests"
        yield Tampering(change.path, "configuration", what)
    elif fresh := mentions(change.after or "") & _INTERNALS:
        what = f"{change.path} uses {', '.join(sorted(fresh))}"
        yield Tampering(change.path, "special-cases", what)


def _text_changes(path: str, what: str, before: str, after: str) -> Iterator[Tampering]:
    if len(_SKIPS.findall(after)) > len(_SKIPS.findall(before)):
        yield Tampering(path, "skips", f"skips {what} or expects it to fail")
    elif len(_ASSERTS.findall(after)) < len(_ASSERTS.findall(before)):
        yield Tampering(path, "loosens", f"takes assertions out of {what}")
    elif before != after:
        yield Tampering(path, "edits", f"edits {what}")


def _python_tests(path: str, text: str) -> dict[str, str] | None:
    """Each test's name and its normalised code, decorators included; None when this is not readable Python."""
    if not path.endswith(".py"):
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    return dict(_tests_in(tree.body, ""))


def _tests_in(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            decorators = "\n".join(ast.unparse(decorator) for decorator in node.decorator_list)
            for name, code in _tests_in(node.body, f"{prefix}{node.name}."):
                yield name, f"{decorators}\n{code}" if decorators else code
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield prefix + node.name, ast.unparse(node)


def _without(text: str, tests: dict[str, str]) -> str:
    """The module's code without the bodies of its tests."""
    names = {name.rsplit(".", 1)[-1] for name in tests}

    class Remove(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
            return None if node.name in names else node

        def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | None:
            return None if node.name in names else node

    return ast.unparse(Remove().visit(ast.parse(text)))

"""Real runners on small real projects: what each failure is called, where it stands, and that the command which is told runs
just that test again."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest
from helpers.e2e_languages import tool_variables
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

from flashagent.values import CheckReport, Failure
from flashagent.verify.commands import Check
from flashagent.verify.frameworks import registry
from flashagent.verify.places import Places
from flashagent.verify.run import Verifier

GO = {
    "go.mod": "module example.com/calc\n\ngo 1.18\n",
    "sub/calc.go": "package sub\n\nfunc Add(a, b int) int { return a - b }\n",
    "sub/calc_test.go": """
        package sub

        import "testing"

        func TestAdd(t *testing.T) {
        \tt.Run("one two", func(t *testing.T) {
        \t\tif got := Add(1, 2); got != 3 {
        \t\t\tt.Errorf("got %d, want %d", got, 3)
        \t\t}
        \t})
        \tt.Run("zero", func(t *testing.T) {})
        }

        func TestAddToo(t *testing.T) {
        \tif Add(1, 1) != 2 {
        \t\tt.Fatal("no")
        \t}
        }
        """,
    "other/other.go": "package other\n",
}
RUST = {
    "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": """
        pub fn add(a: i32, b: i32) -> i32 {
            a - b
        }

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn adds() {
                assert_eq!(add(1, 2), 3);
            }

            #[test]
            fn adds_more() {
                assert_eq!(add(2, 2), 4);
            }
        }
        """,
}
NODE = {
    "package.json": '{"name": "calc", "version": "1.0.0"}\n',
    "test/a.test.js": """
        const { test, describe, it } = require('node:test');
        const assert = require('node:assert');

        test('adds (1+1)', () => {
          assert.strictEqual(1 - 1, 2);
        });
        test('adds', () => {});
        describe('a/b [suite]', () => {
          it('adds (1+1) inside', () => {
            assert.strictEqual(2 - 2, 4);
          });
          it('fine', () => {});
        });
        """,
}


async def run(root: Path, argv: tuple[str, ...]) -> CheckReport:
    path = tuple(os.environ["PATH"].split(os.pathsep))
    environment = replace(this_environment(), path=path, variables=tool_variables(os.environ))
    return await Verifier(PlainRunner(root), environment, root, lambda event: None).run(Check("check", argv))


def recorded(package: str, lines: str) -> str:
    """Events as `go test -json` (Go 1.26) printed them, shortened to the fields that are read."""
    return "".join(
        json.dumps({"Action": "output", "Package": package, "Output": line}) + "\n"
        for line in lines.splitlines(keepends=True)
    )


def test_go_packages_side_by_side_as_json() -> None:
    one = recorded(
        "x.org/a",
        "=== RUN   TestA\n    a_test.go:4: got -1\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tx.org/a\t0.003s\n",
    )
    two = recorded("x.org/b", "=== RUN   TestB\n--- PASS: TestB (0.10s)\nPASS\nok  \tx.org/b\t0.003s\n")
    mixed = "".join(
        line
        for pair in zip_longest(one.splitlines(True), two.splitlines(True), fillvalue="")
        for line in pair
    )
    (failure,) = registry.parse(mixed, Places(("/work",)))
    assert (failure.test_id, failure.message) == ("x.org/a.TestA", "got -1")
    assert failure.rerun == ("go", "test", "-run", "^TestA$", "x.org/a")
    assert [(r.test_id, r.outcome) for r in registry.results(mixed)] == [
        ("x.org/a.TestA", "failed"),
        ("x.org/b.TestB", "passed"),
    ]


async def alone(root: Path, failure: Failure) -> tuple[str, ...]:
    """What fails when the failure's own command runs; the message and the frames must be the same."""
    again = await run(root, failure.rerun)
    assert [(one.message, one.frames) for one in again.failures] == [(failure.message, failure.frames)]
    return tuple(one.test_id for one in again.failures)


@pytest.mark.needs("go")
@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("-json",)])
async def test_go(tmp_path: Path, more: tuple[str, ...]) -> None:
    root = write(tmp_path, GO)
    report = await run(root, ("go", "test", *more, "./..."))
    first, second = report.failures
    assert (first.test_id, first.message) == ("example.com/calc/sub.TestAdd/one_two", "got -1, want 3")
    assert [(one.path, one.line, one.in_project) for one in first.frames] == [("sub/calc_test.go", 8, True)]
    assert await alone(root, first) == (first.test_id,)
    assert await alone(root, second) == ("example.com/calc/sub.TestAddToo",)
    assert {one.test_id: one.outcome for one in report.results}[
        "example.com/calc/sub.TestAdd/zero"
    ] == "passed"


@pytest.mark.needs("cargo")
@pytest.mark.slow
async def test_cargo(tmp_path: Path) -> None:
    root = write(tmp_path, RUST)
    report = await run(root, ("cargo", "test"))
    first, second = sorted(report.failures, key=lambda one: one.test_id)  # they run side by side
    assert second.test_id == "tests::adds_more"
    assert (first.kind, first.expected, first.actual) == ("assertion", "3", "-1")
    assert [(one.path, one.line) for one in first.frames] == [("src/lib.rs", 11)]
    assert [one.test_id for one in (await run(root, first.rerun)).failures] == ["tests::adds"]


@pytest.mark.needs("cargo")
async def test_cargo_that_tells_compiler_errors_as_json(tmp_path: Path) -> None:
    root = write(tmp_path, {**RUST, "src/lib.rs": "pub fn add(a: i32) -> i32 {\n    a - c\n}\n"})
    report = await run(root, ("cargo", "check", "--message-format=json"))
    (failure,) = report.failures
    assert (failure.kind, failure.message) == ("compile", "cannot find value `c` in this scope")
    assert [(one.path, one.line) for one in failure.frames] == [("src/lib.rs", 2)]


@pytest.mark.needs("node")
async def test_node(tmp_path: Path) -> None:
    root = write(tmp_path, NODE)
    report = await run(root, ("node", "--test", "test/"))
    first, second = report.failures
    assert (first.test_id, first.expected, first.actual) == ("adds (1+1)", "2", "0")
    assert [(one.path, one.line) for one in first.frames] == [("test/a.test.js", 5)]
    assert await alone(root, first) == ("adds (1+1)",)
    assert await alone(root, second) == ("a/b [suite] > adds (1+1) inside",)

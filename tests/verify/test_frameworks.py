"""Texts as the real runners print them, made here by running them where they are installed, or written out."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import verifier, write

from flashagent.values import Failure, Frame
from flashagent.verify.commands import check_from_text
from flashagent.verify.frameworks import registry
from flashagent.verify.places import Places

PLACES = Places(("/work/project",), ("node_modules",))


def parse(text: str) -> tuple[Failure, ...]:
    return registry.parse(text, PLACES)


CARGO = """
running 2 tests
test tests::adds ... FAILED
test tests::fine ... ok

failures:

---- tests::adds stdout ----

thread 'tests::adds' (4242) panicked at src/lib.rs:12:9:
assertion `left == right` failed: sums
  left: -1
 right: 3
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    tests::adds
"""
GO = """
--- FAIL: TestAdd (0.00s)
    --- FAIL: TestAdd/one_two (0.00s)
        calc_test.go:14: got -1, want 3
FAIL
FAIL\texample.com/calc\t0.002s
"""
GO_PANIC = """
--- FAIL: TestFirst (0.00s)
panic: runtime error: index out of range [0] with length 0 [recovered]
\tpanic: runtime error: index out of range [0] with length 0

goroutine 7 [running]:
example.com/calc.First(...)
\t/work/project/calc.go:8
example.com/calc.TestFirst(0xc0)
\t/work/project/calc_test.go:20 +0x1d
FAIL\texample.com/calc\t0.004s
"""
NODE = """
/work/project/src/calc.js:2
  return items[0].name
                  ^

TypeError: Cannot read properties of undefined (reading 'name')
    at first (/work/project/src/calc.js:2:19)
    at Object.<anonymous> (/work/project/main.js:3:1)
    at node:internal/main/run_main_module:36:49
"""


def test_cargo() -> None:
    assert parse(CARGO) == (
        Failure(
            "tests::adds",
            "assertion",
            "assertion `left == right` failed: sums\n  left: -1\n right: 3",
            "panic",
            (Frame("src/lib.rs", 12),),
            "3",
            "-1",
            ("cargo", "test", "--", "--exact", "tests::adds"),
        ),
    )


def test_go() -> None:
    assert parse(GO) == (
        Failure(
            "TestAdd/one_two",
            "assertion",
            "got -1, want 3",
            frames=(Frame("calc_test.go", 14),),
            rerun=("go", "test", "-run", "^TestAdd$/^one_two$", "example.com/calc"),
        ),
    )


def test_a_panic_of_go() -> None:
    (failure,) = parse(GO_PANIC)
    assert (failure.test_id, failure.kind) == ("TestFirst", "crash")
    assert failure.message == "runtime error: index out of range [0] with length 0"
    assert failure.frames == (Frame("calc_test.go", 20), Frame("calc.go", 8))


def test_node() -> None:
    (failure,) = parse(NODE)
    assert (failure.exception, failure.message) == (
        "TypeError",
        "Cannot read properties of undefined (reading 'name')",
    )
    assert failure.frames == (Frame("main.js", 3, "Object.<anonymous>"), Frame("src/calc.js", 2, "first"))


@pytest.mark.parametrize(
    ("text", "path", "line", "message"),
    [
        ("src/a.c:3:5: error: expected ';' before 'return'\n", "src/a.c", 3, "expected ';' before 'return'"),
        ("/work/project/src/a.cpp:7:1: fatal error: x.h: No such file\n", "src/a.cpp", 7, "x.h: No such file"),
        ("Calc.java:4: error: cannot find symbol\n", "Calc.java", 4, "cannot find symbol"),
        ("src/a.ts(3,14): error TS2304: Cannot find name 'x'.\n", "src/a.ts", 3, "TS2304: Cannot find name 'x'."),
        ("./calc.go:5:9: undefined: sub\n", "calc.go", 5, "undefined: sub"),
        ("\x1b[1merror[E0425]\x1b[0m: cannot find value `x`\n --> src/lib.rs:2:5\n", "src/lib.rs", 2, "cannot find value `x`"),
    ],
)  # fmt: skip
def test_compilers(text: str, path: str, line: int, message: str) -> None:
    assert parse(f"building\n{text}done\n") == (Failure("", "compile", message, frames=(Frame(path, line),)),)


def test_text_without_a_failure() -> None:
    assert parse("all is well\n12 things done in /work/project\n") == ()


SUITE = """
    import unittest

    from calc import first

    class TestFirst(unittest.TestCase):
        def test_value(self):
            self.assertEqual(first([1]), 2)

        def test_empty(self):
            first([])
    """
FILES = {
    "calc.py": "def first(items):\n    return items[0]\n",
    "tests/__init__.py": "",
    "tests/test_calc.py": SUITE,
}


@pytest.mark.parametrize(
    ("command", "value", "empty"),
    [
        (
            "true && python -m pytest -p no:cacheprovider",
            "tests/test_calc.py::TestFirst::test_value",
            "tests/test_calc.py::TestFirst::test_empty",
        ),
        (
            "true && python -m pytest -p no:cacheprovider --tb=short",
            "tests/test_calc.py::TestFirst::test_value",
            "tests/test_calc.py::TestFirst::test_empty",
        ),
        (
            "true && python -m unittest",
            "tests.test_calc.TestFirst.test_value",
            "tests.test_calc.TestFirst.test_empty",
        ),
    ],
)
async def test_python_runners_behind_a_shell(tmp_path: Path, command: str, value: str, empty: str) -> None:
    report = await verifier(write(tmp_path, FILES)).run(check_from_text(command))
    assert not report.counted
    found = {failure.test_id: failure for failure in report.failures}
    assert set(found) == {value, empty}
    assert (found[value].kind, found[value].actual, found[value].expected) == ("assertion", "1", "2")
    assert found[empty].exception == "IndexError"
    assert [(frame.path, frame.line) for frame in found[empty].frames] == [
        ("tests/test_calc.py", 10),
        ("calc.py", 2),
    ]


@pytest.mark.needs("gcc")
async def test_a_real_compiler(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "a.c": "int main(void) {\n    return missing;\n}\n",
            "Makefile": "test:\n\tgcc -c a.c -o /dev/null\n",
        },
    )
    report = await verifier(root).run(check_from_text("make test"))
    (failure,) = report.failures
    assert (failure.kind, failure.frames) == ("compile", (Frame("a.c", 2),))
    assert "missing" in failure.message and failure.rerun == ("make", "test")


@pytest.mark.needs("node")
async def test_a_real_stack_of_node(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.js": "function first(x) {\n  return x[0].name\n}\nfirst([])\n"})
    report = await verifier(root).run(check_from_text("node a.js"))
    (failure,) = report.failures
    assert failure.exception == "TypeError"
    own = [(frame.path, frame.line) for frame in failure.frames if frame.in_project]
    assert own == [("a.js", 4), ("a.js", 2)]

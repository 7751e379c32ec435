"""Texts as the real runners print them, made here by running them where they are installed, or written out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.verify_projects import verifier, write

from flashagent.values import Failure, Frame
from flashagent.verify.commands import check_from_text
from flashagent.verify.frameworks import node_test, registry
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
            "example.com/calc.TestAdd/one_two",
            "assertion",
            "got -1, want 3",
            frames=(Frame("calc_test.go", 14),),
            rerun=("go", "test", "-run", "^TestAdd$/^one_two$", "example.com/calc"),
        ),
    )


def test_a_panic_of_go() -> None:
    (failure,) = parse(GO_PANIC)
    assert (failure.test_id, failure.kind) == ("example.com/calc.TestFirst", "crash")
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


GO_VERBOSE = """
=== RUN   TestAdd
    calc_test.go:7: got -1, want 3
--- FAIL: TestAdd (0.00s)
=== RUN   TestSub
=== PAUSE TestSub
=== RUN   TestPrints
printed without an end--- PASS: TestPrints (0.01s)
=== CONT  TestSub
=== RUN   TestSub/n_1
=== RUN   TestSub/n_2
=== NAME  TestSub/n_1
    sub_test.go:16: bad
          second line
--- FAIL: TestSub (0.00s)
    --- FAIL: TestSub/n_1 (0.00s)
    --- PASS: TestSub/n_2 (0.00s)
=== RUN   TestLater
    sub_test.go:21: not now
--- SKIP: TestLater (0.00s)
FAIL
FAIL\texample.com/shop/calc\t0.002s
=== RUN   TestAdd
--- PASS: TestAdd (0.00s)
PASS
ok  \texample.com/shop\t0.001s
FAIL
"""


def test_go_that_names_every_test() -> None:
    assert [(result.test_id, result.outcome) for result in registry.results(GO_VERBOSE)] == [
        ("example.com/shop/calc.TestAdd", "failed"),
        ("example.com/shop/calc.TestSub", "failed"),
        ("example.com/shop/calc.TestPrints", "passed"),
        ("example.com/shop/calc.TestSub/n_1", "failed"),
        ("example.com/shop/calc.TestSub/n_2", "passed"),
        ("example.com/shop/calc.TestLater", "skipped"),
        ("example.com/shop.TestAdd", "passed"),
    ]
    there = {"calc/calc_test.go", "calc/sub_test.go"}
    found = registry.parse(GO_VERBOSE, replace(PLACES, has=there.__contains__))
    assert [(one.test_id, one.message, one.frames) for one in found] == [
        ("example.com/shop/calc.TestAdd", "got -1, want 3", (Frame("calc/calc_test.go", 7),)),
        ("example.com/shop/calc.TestSub/n_1", "bad\nsecond line", (Frame("calc/sub_test.go", 16),)),
    ]


RUST_RUN = """
running 3 tests
test tests::adds ... FAILED
test tests::slow ... ignored
test tests::fine ... ok

failures:

---- tests::adds stdout ----
thread 'tests::adds' panicked at src/lib.rs:12:9:
boom


test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

running 1 test
test src/lib.rs - total (line 5) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

running 2 tests
test cut::first ... ok
"""


def test_cargo_that_names_every_test() -> None:
    """A binary that never came to its summary says of no test that it passed."""
    assert [(result.test_id, result.outcome) for result in registry.results(RUST_RUN)] == [
        ("tests::adds", "failed"),
        ("tests::slow", "skipped"),
        ("tests::fine", "passed"),
        ("src/lib.rs - total", "passed"),
    ]


NODE_TESTS = """
const { test, describe, it } = require('node:test');
const assert = require('node:assert');
test('adds', () => { assert.strictEqual(1 + 1, 3); });
test('later', { skip: true }, () => {});
describe('cart', () => {
  it('is empty', () => {});
  it('breaks', () => { null.total; });
});
"""


@pytest.mark.needs("node")
@pytest.mark.parametrize("reporter", ["tap", "spec"])
async def test_both_reporters_of_node(tmp_path: Path, reporter: str) -> None:
    root = write(tmp_path, {"test/cart.test.js": NODE_TESTS})
    report = await verifier(root).run(
        check_from_text(f"node --test --test-reporter={reporter} test/cart.test.js")
    )
    assert not report.counted
    outcomes = {result.test_id: result.outcome for result in report.results}
    assert outcomes.pop("cart", "failed") == "failed"
    assert outcomes == {
        "adds": "failed", "later": "skipped", "cart > is empty": "passed", "cart > breaks": "failed",
    }  # fmt: skip
    adds, breaks = report.failures
    assert (adds.test_id, adds.kind, adds.expected, adds.actual) == ("adds", "assertion", "3", "2")
    assert [(f.path, f.line) for f in adds.frames if f.in_project] == [("test/cart.test.js", 3)]
    assert (breaks.test_id, breaks.kind) == ("cart > breaks", "error")
    assert ("test/cart.test.js", 7) in [(f.path, f.line) for f in breaks.frames]


NEWER_SPEC = """▶ cart
  ✔ counts (0.2ms)
  ✖ takes the discount off (13.7ms)
✖ cart (15.1ms)
﹣ later (0.1ms) # SKIP
ℹ tests 3

✖ failing tests:

test at test/cart.test.js:3:1
✖ takes the discount off (13.7ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

  20 !== 180

      at TestContext.<anonymous> (/work/project/test/cart.test.js:4:10)
      at Test.run (node:internal/test_runner/test:1382:25) {
    actual: 20,
    expected: 180,
  }
"""


def test_node_that_tells_failures_at_the_end() -> None:
    assert parse(NEWER_SPEC) == (
        Failure(
            "cart > takes the discount off",
            "assertion",
            "Expected values to be strictly equal:\n\n20 !== 180",
            "AssertionError",
            (Frame("test/cart.test.js", 4, "TestContext.<anonymous>"),),
            "180",
            "20",
            ("node", "--test", "--test-name-pattern", "/^takes the discount off$/", "test/cart.test.js"),
        ),
    )
    assert [(one.test_id, one.outcome) for one in registry.results(NEWER_SPEC)] == [
        ("cart > counts", "passed"),
        ("cart > takes the discount off", "failed"),
        ("cart", "failed"),
        ("later", "skipped"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "message", "frame"),
    [
        (
            "calc_test: tests/calc.c:10: main: Assertion `total(two) == 180' failed.\nAborted\n",
            "assertion",
            "assertion failed: total(two) == 180",
            Frame("tests/calc.c", 10, "main"),
        ),
        (
            "Assertion failed: (a == b), function check, file calc.c, line 7.\n",
            "assertion",
            "assertion failed: a == b",
            Frame("calc.c", 7, "check"),
        ),
        (
            "test/calc.c:12:test_total:FAIL: Expected 180 Was 0\n",
            "assertion",
            "FAIL: Expected 180 Was 0",
            Frame("test/calc.c", 12),
        ),
        (
            "==77==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60\n"
            "    #0 0x55 in total /work/project/src/calc.c:6\n    #1 0x56 in main /work/project/tests/calc.c:9\n\nfreed\n",
            "crash",
            "heap-buffer-overflow on address 0x60",
            Frame("src/calc.c", 6, "total"),
        ),
        (
            'Exception in thread "main" java.lang.IllegalStateException: no price\n'
            "\tat shop.Cart.total(Cart.java:9)\n\tat java.base/java.util.List.of(List.java:1)\n",
            "error",
            "no price",
            Frame("src/main/java/shop/Cart.java", 9, "total"),
        ),
    ],
)  # fmt: skip
def test_programs_that_end_badly(text: str, kind: str, message: str, frame: Frame) -> None:
    places = replace(PLACES, has={"src/main/java/shop/Cart.java"}.__contains__)
    (failure,) = registry.parse(f"building\n{text}", places)
    assert (failure.kind, failure.message, failure.frames[-1]) == (kind, message, frame)


def test_the_closing_line_of_eslint_names_no_test() -> None:
    text = "/project/m.js\n  1:5  error  'a' is defined but never used  no-unused-vars\n\n✖ 1 problem (1 error, 0 warnings)\n"
    assert node_test.results(text) == ()
    assert [one.test_id for one in node_test.results("✖ 1 problem (0.5ms)\n")] == ["1 problem"]

"""Runners that are written out here after their documentation, and processes that died."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flashagent.values import Failure, Frame
from flashagent.verify.frameworks import registry
from flashagent.verify.places import Places

PLACES = Places(("/work/project",), ("vendor",))

GRADLE = """
> Task :test FAILED

CartTest > takesTheDiscountOff() FAILED
    org.opentest4j.AssertionFailedError: expected: <180> but was: <0>
        at org.junit.jupiter.api.AssertEquals.assertEquals(AssertEquals.java:150)
        at shop.CartTest.takesTheDiscountOff(CartTest.java:20)

CartTest > firstOfNone() FAILED
    java.lang.IndexOutOfBoundsException at CartTest.java:25

7 tests completed, 2 failed
"""
RSPEC = """
Failures:

  1) Cart takes the discount off
     Failure/Error: expect(cart.total(10)).to eq(180)

       expected: 180
            got: 0

       (compared using ==)
     # ./spec/cart_spec.rb:8:in `block (2 levels) in <top (required)>'

  2) Cart has no first price
     Failure/Error: prices.fetch(0)

     IndexError:
       index 0 outside of array bounds: -0...0
     # ./lib/cart.rb:9:in `fetch'
     # ./lib/cart.rb:9:in `first'
     # ./spec/cart_spec.rb:12:in `block (2 levels) in <top (required)>'

Finished in 0.01 seconds (files took 0.05 seconds to load)
3 examples, 2 failures

Failed examples:

rspec ./spec/cart_spec.rb:6 # Cart takes the discount off
rspec ./spec/cart_spec.rb:11 # Cart has no first price
"""
MINITEST = """
  1) Failure:
CartTest#test_discount [test/cart_test.rb:8]:
Expected: 180
  Actual: 0

  2) Error:
CartTest#test_first:
NoMethodError: undefined method `amount' for nil:NilClass
    lib/cart.rb:9:in `first'
    test/cart_test.rb:12:in `test_first'

3 runs, 2 assertions, 1 failures, 1 errors, 0 skips
"""
PHPUNIT = """
There was 1 failure:

1) CartTest::testDiscount
Failed asserting that 0 matches expected 180.

/work/project/tests/CartTest.php:12
/work/project/vendor/phpunit/phpunit/src/Framework/TestCase.php:1

FAILURES!
"""
TAP = """
TAP version 13
1..4
ok 1 - adds up
not ok 2 - takes the discount off
  ---
  operator: equal
  expected: 180
  actual:   0
  at: total (/work/project/test/cart.js:7:5)
  ...
ok 3 - later # SKIP not now
not ok 4 - known # TODO
"""


def found(text: str, *files: str) -> list[tuple[object, ...]]:
    return [
        (one.test_id, one.kind, one.message, one.exception, [(f.path, f.line) for f in one.frames], one.expected, one.actual, " ".join(one.rerun))
        for one in registry.parse(text, replace(PLACES, has=files.__contains__))
    ]  # fmt: skip


def outcomes(text: str) -> list[tuple[str, str]]:
    return [(one.test_id, one.outcome) for one in registry.results(text)]


def test_gradle() -> None:
    test = "src/test/java/shop/CartTest.java"
    assert found(GRADLE, test) == [
        ("CartTest.takesTheDiscountOff", "assertion", "expected: <180> but was: <0>", "AssertionFailedError", [(test, 20)], "180", "0",
         "gradle test --tests CartTest.takesTheDiscountOff"),
        ("CartTest.firstOfNone", "error", "IndexOutOfBoundsException", "IndexOutOfBoundsException", [], "", "",
         "gradle test --tests CartTest.firstOfNone"),
    ]  # fmt: skip
    assert outcomes(GRADLE) == [
        ("CartTest.takesTheDiscountOff", "failed"),
        ("CartTest.firstOfNone", "failed"),
    ]


def test_rspec() -> None:
    assert found(RSPEC) == [
        ("Cart takes the discount off", "assertion", "expected: 180\n       got: 0\n\n  (compared using ==)", "", [("spec/cart_spec.rb", 8)],
         "180", "0", "rspec ./spec/cart_spec.rb:6"),
        ("Cart has no first price", "error", "index 0 outside of array bounds: -0...0", "IndexError",
         [("spec/cart_spec.rb", 12), ("lib/cart.rb", 9), ("lib/cart.rb", 9)], "", "", "rspec ./spec/cart_spec.rb:11"),
    ]  # fmt: skip


def test_minitest() -> None:
    assert found(MINITEST) == [
        ("CartTest#test_discount", "assertion", "Expected: 180\n  Actual: 0", "", [("test/cart_test.rb", 8)], "180", "0",
         "ruby -Ilib:test test/cart_test.rb -n test_discount"),
        ("CartTest#test_first", "error", "undefined method `amount' for nil:NilClass", "NoMethodError",
         [("test/cart_test.rb", 12), ("lib/cart.rb", 9)], "", "", "ruby -Ilib:test test/cart_test.rb -n test_first"),
    ]  # fmt: skip


def test_phpunit() -> None:
    assert found(PHPUNIT) == [
        ("CartTest.testDiscount", "assertion", "Failed asserting that 0 matches expected 180.", "", [("tests/CartTest.php", 12)], "180", "0",
         "phpunit --filter /::testDiscount( with data set .*)?$/"),
    ]  # fmt: skip


def test_tap_of_any_producer() -> None:
    assert found(TAP) == [
        ("takes the discount off", "assertion", "not ok", "", [("test/cart.js", 7)], "180", "0", ""),
    ]  # fmt: skip
    assert outcomes(TAP) == [
        ("adds up", "passed"), ("takes the discount off", "failed"), ("later", "skipped"), ("known", "xfailed"),
    ]  # fmt: skip
    assert (
        found("TAP version 13\n1..2\nok 1 - one\nBail out! no database\n")[0][2] == "bailed out: no database"
    )


MAVEN_COMPILER = """
[ERROR] COMPILATION ERROR :
[ERROR] /work/project/src/main/java/shop/Cart.java:[9,16] cannot find symbol
[ERROR]   symbol:   variable missing
[ERROR]   location: class shop.Cart
"""
RUSTC = """
error[E0308]: mismatched types
 --> src/lib.rs:2:5
  |
1 | fn one() -> i32 {
  |             --- expected `i32` because of return type
2 |     "one"
  |     ^^^^^ expected `i32`, found `&str`
"""


@pytest.mark.parametrize(
    ("text", "message", "frame"),
    [
        (MAVEN_COMPILER, "cannot find symbol\nsymbol: variable missing", Frame("src/main/java/shop/Cart.java", 9)),
        (RUSTC, "mismatched types\nexpected `i32`, found `&str`", Frame("src/lib.rs", 2)),
        ("/usr/bin/ld: /tmp/a.o: in function `main':\n/work/project/src/a.c:5: undefined reference to `two'\n",
         "undefined reference to `two'", Frame("src/a.c", 5)),
        ("e: file:///work/project/src/Cart.kt:4:9 Unresolved reference: price\n", "Unresolved reference: price", Frame("src/Cart.kt", 4)),
    ],
)  # fmt: skip
def test_what_compilers_say_beside_the_place(text: str, message: str, frame: Frame) -> None:
    assert registry.parse(text, PLACES) == (Failure("", "compile", message, frames=(frame,)),)


DUMP = """Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "/work/project/shop/fast.py", line 4 in total
  File "/work/project/main.py", line 9 in <module>
"""
VALGRIND = """==7== Invalid read of size 4
==7==    at 0x109182: last (a.c:2)
==7==    by 0x1091B5: main (a.c:7)
"""


@pytest.mark.parametrize(
    ("text", "kind", "message", "frames"),
    [
        (DUMP, "crash", "Segmentation fault", [("main.py", 9), ("shop/fast.py", 4)]),
        (VALGRIND, "crash", "Invalid read of size 4", [("a.c", 7), ("a.c", 2)]),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n", "memory", "JavaScript heap out of memory", []),
        ('Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n', "memory", "Java heap space", []),
        ("memory allocation of 99999 bytes failed\nAborted\n", "memory", "memory allocation of 99999 bytes failed", []),
        ("terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n", "memory", "std::bad_alloc", []),
        ("panic: test timed out after 2s\n\nrunning tests:\n", "timeout", "test timed out after 2s", []),
        ("make: *** [Makefile:2: test] Segmentation fault (core dumped)\n", "crash", "Segmentation fault", []),
        ("sh: line 1: 77 Killed                  ./big\nKilled\n", "memory", "Killed: most likely it needed more memory than there was", []),
        ("a.c:3:10: runtime error: signed integer overflow\n", "crash", "signed integer overflow", [("a.c", 3)]),
        ("WARNING: ThreadSanitizer: data race (pid=7)\n    #0 add(int) /work/project/a.cpp:3 (a+0x1)\n\n", "crash", "data race", [("a.cpp", 3)]),
    ],
)  # fmt: skip
def test_processes_that_died(text: str, kind: str, message: str, frames: list[tuple[str, int]]) -> None:
    (failure,) = registry.parse(f"building\n{text}", replace(PLACES, has={"a.c"}.__contains__))
    assert (failure.kind, failure.message) == (kind, message)
    assert [(frame.path, frame.line) for frame in failure.frames] == frames


@pytest.mark.parametrize("text", ["ok\n", "1..3 things\n", "1) first\n2) second\n", "The process was not Killed today\n", "Aborted by the user: no\n"])  # fmt: skip
def test_ordinary_words_are_no_failure(text: str) -> None:
    assert registry.parse(text, PLACES) == ()
    assert registry.results(text) == ()


@pytest.mark.parametrize(
    "text",
    ["1) Foo::bar\n" * 20_000, "x." * 200_000, "    at line\n" * 20_000, "  1) a\n     b\n" * 10_000, "word " * 200_000],
)  # fmt: skip
def test_long_output_of_another_kind_is_read_once(text: str) -> None:
    """Patterns that begin at many places of a text must not read on to its end from each."""
    assert registry.parse(text, PLACES) == ()
    assert registry.results(text) == ()

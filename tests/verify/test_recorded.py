"""What real runners printed about the small projects in `fixtures/`, which is recorded beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flashagent.values import Failure
from flashagent.verify.feedback import describe, describe_group, group
from flashagent.verify.frameworks import jest, junit_xml, mocha, registry
from flashagent.verify.frameworks.reported import Reported
from flashagent.verify.places import Places

FIXTURES = Path(__file__).parent / "fixtures"
Row = tuple[str, str, str, list[tuple[str, int]], tuple[str, str], str]
MAVEN = "mvn test -Dtest={} -Dsurefire.failIfNoSpecifiedTests=false"
UNEQUAL = "Expected equality of these values:"
JAVA: list[Row] = [
    ("shop.CartTest.firstOfNone", "error", "Index 0 out of bounds for length 0",
     [("src/test/java/shop/CartTest.java", 25), ("src/main/java/shop/Cart.java", 15)], ("", ""), MAVEN.format("shop.CartTest#firstOfNone")),
    ("shop.CartTest.takesTheDiscountOff", "assertion", "two at ten percent ==> expected: <180> but was: <0>",
     [("src/test/java/shop/CartTest.java", 20)], ("180", "0"), MAVEN.format("shop.CartTest#takesTheDiscountOff")),
    ("shop.CartTest.discountOf(int)[1]", "assertion", "expected: <9> but was: <0>",
     [("src/test/java/shop/CartTest.java", 35)], ("9", "0"), MAVEN.format("shop.CartTest#discountOf")),
    ("shop.CartTest.discountOf(int)[2]", "assertion", "expected: <18> but was: <0>",
     [("src/test/java/shop/CartTest.java", 35)], ("18", "0"), MAVEN.format("shop.CartTest#discountOf")),
    ("shop.CartTest$WhenEmpty.isFree", "assertion", "expected: <1> but was: <0>",
     [("src/test/java/shop/CartTest.java", 42)], ("1", "0"), MAVEN.format("shop.CartTest$WhenEmpty#isFree")),
]  # fmt: skip
TEXTS: dict[str, tuple[str, list[Row]]] = {
    "cargo.txt": ("rust", [
        ("tests::first_of_none", "error", '"no price among 0"', [], ("", ""), "cargo test --lib -- --exact tests::first_of_none"),
        ("tests::discount", "assertion", "assertion `left == right` failed: two at ten percent", [("src/lib.rs", 29)], ("180", "0"),
         "cargo test --lib -- --exact tests::discount"),
        ("", "crash", "tests/crash.rs died of SIGABRT (process abort signal)", [], ("", ""), "cargo test --test crash"),
        ("discount", "assertion", "assertion failed: total(&[100], 10) > 0", [("tests/shop.rs", 5)], ("", ""),
         "cargo test --test shop -- --exact discount"),
        ("first_of_none", "error", "index out of bounds: the len is 0 but the index is 0", [("tests/shop.rs", 10), ("src/lib.rs", 15)],
         ("", ""), "cargo test --test shop -- --exact first_of_none"),
        ("src/lib.rs - total", "assertion", "assertion `left == right` failed", [("src/lib.rs", 5)], ("180", "0"), "cargo test --doc -- total"),
    ]),
    "nextest.txt": ("rust", [
        ("tests::discount", "assertion", "assertion `left == right` failed: two at ten percent", [("src/lib.rs", 29)], ("180", "0"),
         "cargo nextest run -E binary_id(=cart) and test(=tests::discount)"),
        ("dies", "crash", "it died of SIGABRT", [], ("", ""), "cargo nextest run -E binary_id(=cart::crash) and test(=dies)"),
        ("discount", "assertion", "assertion failed: total(&[100], 10) > 0", [("tests/shop.rs", 5)], ("", ""),
         "cargo nextest run -E binary_id(=cart::shop) and test(=discount)"),
        ("first_of_none", "error", "index out of bounds: the len is 0 but the index is 0", [("src/lib.rs", 15)], ("", ""),
         "cargo nextest run -E binary_id(=cart::shop) and test(=first_of_none)"),
        ("tests::first_of_none", "error", '"no price among 0"', [], ("", ""),
         "cargo nextest run -E binary_id(=cart) and test(=tests::first_of_none)"),
    ]),
    "go.json": ("go", [
        ("example.com/shop/cart.TestTotal/ten_percent", "assertion", "Total() = 0, want 180", [("cart/cart_test.go", 9)], ("", ""),
         "go test -run ^TestTotal$/^ten_percent$ example.com/shop/cart"),
        ("example.com/shop/cart.TestFirstOfNone", "crash", "runtime error: index out of range [0] with length 0",
         [("cart/cart_test.go", 26), ("cart/cart.go", 15)], ("", ""), "go test -run ^TestFirstOfNone$ example.com/shop/cart"),
    ]),
    "maven.txt": ("java", JAVA),
    "ctest.txt": ("cpp", [
        ("Cart.TakesTheDiscountOff", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 10)], ("180", "0"),
         r"ctest --test-dir build -R ^Cart\.TakesTheDiscountOff$ --output-on-failure"),
        ("Cart.FirstOfNone", "error", "vector::_M_range_check: __n (which is 0) >= this->size() (which is 0)", [], ("", ""),
         r"ctest --test-dir build -R ^Cart\.FirstOfNone$ --output-on-failure"),
        ("Some/Prices.TenPercentOff/10", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 23)], ("9", "0"),
         r"ctest --test-dir build -R ^Some/Prices\.TenPercentOff/10$ --output-on-failure"),
        ("Some/Prices.TenPercentOff/20", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 23)], ("18", "0"),
         r"ctest --test-dir build -R ^Some/Prices\.TenPercentOff/20$ --output-on-failure"),
        ("plain_discount", "assertion", "assertion failed: total({100, 100}, 10) == 180", [("tests/cart_plain.cpp", 11)], ("", ""),
         "ctest --test-dir build -R ^plain_discount$ --output-on-failure"),
        ("plain_crash", "crash", "Segmentation fault", [], ("", ""), "ctest --test-dir build -R ^plain_crash$ --output-on-failure"),
        ("plain_throw", "crash", "no price", [], ("", ""), "ctest --test-dir build -R ^plain_throw$ --output-on-failure"),
        ("plain_hang", "timeout", "it did not end within its time limit", [], ("", ""),
         "ctest --test-dir build -R ^plain_hang$ --output-on-failure"),
    ]),
    "googletest.txt": ("cpp", [
        ("Cart.TakesTheDiscountOff", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 10)], ("180", "0"), ""),
        ("Cart.FirstOfNone", "error", "vector::_M_range_check: __n (which is 0) >= this->size() (which is 0)", [], ("", ""), ""),
        ("Some/Prices.TenPercentOff/0", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 23)], ("9", "0"), ""),
        ("Some/Prices.TenPercentOff/1", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 23)], ("18", "0"), ""),
    ]),
    "catch2.txt": ("cpp", [
        ("takes the discount off", "assertion", "CHECK( total({100, 100}, 10) == 180 )", [("t.cpp", 6)], ("180", "0"), ""),
        ("takes the discount off", "assertion", "CHECK( first({}) == 0 )", [("t.cpp", 7)], ("", ""), ""),
    ]),
    "asan.txt": ("cpp", [
        ("", "crash", "heap-buffer-overflow on address 0x602000000018", [("tests/overrun.cpp", 7), ("tests/overrun.cpp", 2)], ("", ""), ""),
    ]),
    "gcc.txt": ("cpp", [
        ("", "compile", "‘missing’ was not declared in this scope", [("src/bad.cpp", 2)], ("", ""), ""),
        ("", "compile", "‘string’ is not a member of ‘std’", [("src/bad.cpp", 3)], ("", ""), ""),
    ]),
    "javac.txt": ("java", [("", "compile", "cannot find symbol\nsymbol: variable missing", [("jc/A.java", 3)], ("", ""), "")]),
    "tsc.txt": ("web", [("", "compile", "TS2322: Type 'number' is not assignable to type 'string'.", [("bad.ts", 2)], ("", ""), "")]),
    "go-vet.txt": ("go", [("", "compile", "undefined: missing", [("broken/b.go", 3)], ("", ""), "")]),
}  # fmt: skip


def places(language: str) -> Places:
    """Where the recorded runs took place, with the files of the project that is kept here."""
    return Places(
        ("/home/dev/cart",), ("node_modules",), has=lambda path: (FIXTURES / language / path).is_file()
    )


def recorded(name: str) -> str:
    return (FIXTURES / "recorded" / name).read_text(encoding="utf-8")


def row(failure: Failure, *, whole: bool = False) -> Row:
    message = failure.message if whole else failure.message.partition("\n")[0]
    frames = [(frame.path, frame.line) for frame in failure.frames if frame.in_project]
    return (
        failure.test_id,
        failure.kind,
        message,
        frames,
        (failure.expected, failure.actual),
        " ".join(failure.rerun),
    )


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str) -> None:
    language, wanted = TEXTS[name]
    found = registry.parse(recorded(name), places(language))
    assert [row(one, whole=name == "javac.txt") for one in found] == wanted


def surefire(document: str, where: Places, head: tuple[str, ...]) -> Reported:
    return junit_xml.read(document, where, head, junit_xml.maven)


def test_surefires_xml() -> None:
    told = surefire(recorded("surefire.xml"), places("java"), ("mvn", "test"))
    assert [row(one) for one in told.failures] == JAVA
    assert [(one.test_id.rpartition(".")[2], one.outcome) for one in told.results] == [
        ("addsUp", "passed"), ("firstOfNone", "error"), ("later", "skipped"), ("takesTheDiscountOff", "failed"),
        ("discountOf(int)[1]", "failed"), ("discountOf(int)[2]", "failed"), ("isFree", "failed"),
    ]  # fmt: skip


def test_ctests_xml() -> None:
    told = junit_xml.read(recorded("ctest.xml"), places("cpp"), ("ctest",), junit_xml.ctest)
    assert [one.outcome for one in told.results].count("passed") == 2
    assert row(told.failures[0]) == (
        "Cart.TakesTheDiscountOff", "assertion", UNEQUAL, [("tests/cart_gtest.cpp", 10)], ("180", "0"),
        r"ctest -R ^Cart\.TakesTheDiscountOff$",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "<html/>", "<testsuite", '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>']
)
def test_documents_of_another_kind_are_refused(text: str) -> None:
    for read in (jest.read, mocha.read, surefire):
        with pytest.raises(ValueError, match="."):
            read(text, places("web"), ())


READERS: dict[str, tuple[Callable[[str, Places, tuple[str, ...]], Reported], str, str, str]] = {
    "jest": (jest.read, "cart.test.js", "npx jest", "-t"),
    "vitest": (jest.read, "cart.test.ts", "npx vitest run", "-t"),
    "mocha": (mocha.read, "cart.spec.js", "npx mocha", "--grep"),
}


@pytest.mark.parametrize("runner", READERS)
def test_the_json_of_javascript_runners(runner: str) -> None:
    read, file, command, option = READERS[runner]
    told = read(recorded(f"{runner}.json"), places("web"), tuple(command.split()))
    join = " " if runner == "mocha" else " > "
    cart, shift = f"{runner}/{file}", int(runner != "jest")
    found = {one.test_id: row(one) for one in told.failures}
    off = f"{cart} > cart (two){join}takes the discount off"
    assert found[off][1:2] + found[off][3:] == (
        "assertion", [(cart, 9 + shift)], ("180", "+0" if runner == "vitest" else "0"),
        f"{command} {cart} {option} ^cart \\(two\\) takes the discount off$",
    )  # fmt: skip
    assert found[f"{cart} > first of none"] == (
        f"{cart} > first of none", "error", "Cannot read properties of undefined (reading 'amount')",
        [(cart, 20 + shift), ("src/cart.js", 10)], ("", ""), f"{command} {cart} {option} ^first of none$",
    )  # fmt: skip
    outcomes = {one.test_id: one.outcome for one in told.results}
    assert (outcomes[f"{cart} > adds up"], outcomes[f"{cart} > cart (two){join}later"]) == (
        "passed",
        "skipped",
    )
    broken = {"jest": "jest/broken.test.js", "vitest": "vitest/broken.test.ts"}.get(runner)
    if broken is not None:
        assert (found[broken][1], found[broken][3], outcomes[broken]) == ("import", [(broken, 1)], "error")
    assert len(found) == 3 + (broken is not None)
    twice = next(one for one in told.failures if one.test_id == f"{off} twice")
    assert (re.findall(r"-?\d+", twice.expected), re.findall(r"-?\d+", twice.actual)) == (["160"], ["-200"])
    for one in told.failures:
        assert len(describe(one, lambda path: None).splitlines()) <= 10


@pytest.mark.parametrize("runner", READERS)
def test_their_text_says_the_same(runner: str) -> None:
    read, _, command, _ = READERS[runner]
    told = read(recorded(f"{runner}.json"), places("web"), tuple(command.split()))
    text = registry.parse(recorded(f"{runner}.txt"), places("web"))
    assert [(one.test_id, one.kind, one.frames[-1].line, one.rerun) for one in text] == [
        (one.test_id, one.kind, one.frames[-1].line, one.rerun) for one in told.failures
    ]
    assert {one.test_id for one in registry.results(recorded(f"{runner}.txt"))} == {
        one.test_id for one in told.failures
    }


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_model_is_told_stays_within_ten_lines(name: str) -> None:
    language, wanted = TEXTS[name]

    def read_source(path: str) -> str | None:
        file = FIXTURES / language / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    for one in group(registry.parse(recorded(name), places(language))):
        told = describe_group(one, read_source)
        assert len(told.splitlines()) <= 10
        assert describe(one.first, read_source).splitlines()[0].startswith(one.first.test_id or "the check")
        for frame in one.first.frames[-1:]:
            assert f"{frame.path}:{frame.line}" in told
    assert wanted

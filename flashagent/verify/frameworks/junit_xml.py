"""JUnit's XML as Maven's Surefire and Failsafe, Gradle, ctest and phpunit write it. Pure.

Raises ValueError for a text that is no such document, and for one with entities of its own, which no runner writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

from flashagent.values import Failure, FailureKind, TestOutcome, TestResult
from flashagent.verify.frameworks import compilers, crashes, googletest, java, native
from flashagent.verify.frameworks import ctest as ctest_text
from flashagent.verify.frameworks.reported import Reported
from flashagent.verify.places import Places

# From the class, the test's name and the command of the check to the command that runs the test alone.
Alone = Callable[[str, str, tuple[str, ...]], tuple[str, ...]]
_ASSERTIONS = (
    "AssertionError",
    "AssertionFailedError",
    "ComparisonFailure",
    "ExpectationFailedException",
    "MultipleFailuresError",
)
_SIDES = re.compile(r"expected: ?<(?P<expected>.*?)> but was: ?<(?P<actual>.*?)>", re.DOTALL)
_MOST_MESSAGE = 2_000


def read(document: str, places: Places, head: tuple[str, ...], alone: Alone) -> Reported:
    """One document. `head` is the command of the whole check."""
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise ValueError("an XML report with a DOCTYPE")
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise ValueError(f"no XML: {error}") from error
    if root.tag not in ("testsuite", "testsuites"):
        raise ValueError("no report of tests")
    results: list[TestResult] = []
    failures: list[Failure] = []
    for case in root.iter("testcase"):
        owner, name = case.get("classname", ""), case.get("name", "")
        bad = [part for part in case if part.tag in ("failure", "error")]
        test = _id(owner, name)
        results.append(TestResult(test, _outcome(case, bad), _seconds(case.get("time", ""))))
        failures += [_failure(test, case, part, places, alone(owner, name, head)) for part in bad[:1]]
    return Reported(tuple(results), tuple(failures))


def maven(owner: str, name: str, head: tuple[str, ...]) -> tuple[str, ...]:
    """Surefire chooses methods without their parameters. An error without a test is of the whole class."""
    method = re.split(r"[(\[{ ]", name, maxsplit=1)[0]
    return (
        *head,
        f"-Dtest={owner}#{method}" if method and method != owner else f"-Dtest={owner}",
        "-Dsurefire.failIfNoSpecifiedTests=false",
    )


def gradle(owner: str, name: str, head: tuple[str, ...]) -> tuple[str, ...]:
    method = re.split(r"[(\[{ ]", name, maxsplit=1)[0]
    return (*head, "--tests", f"{owner}.{method}" if method else owner)


def phpunit(owner: str, name: str, head: tuple[str, ...]) -> tuple[str, ...]:
    method = name.partition(" with data set")[0]
    return (*head, "--filter", f"/::{method}( with data set .*)?$/")


def ctest(owner: str, name: str, head: tuple[str, ...]) -> tuple[str, ...]:
    return (*head, "-R", ctest_text.exact(name))


def _id(owner: str, name: str) -> str:
    return name if owner in ("", name) else f"{owner}.{name}" if name else owner


def _outcome(case: ElementTree.Element, bad: list[ElementTree.Element]) -> TestOutcome:
    if bad:
        return "error" if bad[0].tag == "error" else "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _seconds(text: str) -> float:
    try:
        return round(float(text.replace(",", "")), 6)
    except ValueError:
        return 0.0


def _failure(
    test: str, case: ElementTree.Element, part: ElementTree.Element, places: Places, rerun: tuple[str, ...]
) -> Failure:
    stack = part.text or ""
    exception = part.get("type", "").rpartition(".")[2].rpartition("\\")[2]
    message = (part.get("message") or stack.partition("\n")[0]).strip()
    if not stack.strip() and not message:
        return _of_output(test, "".join(out.text or "" for out in case.findall("system-out")), places, rerun)
    compared = _SIDES.search(message)
    return Failure(
        test, _kind(exception, part.tag), message[:_MOST_MESSAGE], exception, java.frames_of(stack, places),
        compared["expected"] if compared else "", compared["actual"] if compared else "", rerun,
    )  # fmt: skip


def _kind(exception: str, tag: str) -> FailureKind:
    if exception in _ASSERTIONS or (not exception and tag == "failure"):
        return "assertion"
    if exception == "OutOfMemoryError":
        return "memory"
    return "timeout" if exception in ("TimeoutException", "TestTimedOutException") else "error"


def _of_output(test: str, output: str, places: Places, rerun: tuple[str, ...]) -> Failure:
    """ctest tells nothing but what the program printed."""
    for found in _inside(output, places):
        return Failure(
            test, found.kind, found.message, found.exception, found.frames, found.expected, found.actual, rerun, found.details
        )  # fmt: skip
    lines = [line for line in output.splitlines() if line.strip()]
    return Failure(
        test,
        "exit",
        "failed without a word" if not lines else "failed",
        rerun=rerun,
        details="\n".join(lines[-6:]),
    )


def _inside(output: str, places: Places) -> Iterator[Failure]:
    for parser in (googletest.parse, native.parse, crashes.parse, compilers.parse):
        yield from parser(output, places)

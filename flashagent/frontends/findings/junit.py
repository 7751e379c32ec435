"""Findings as JUnit XML, in the form that CI systems read. Pure.

Text that comes from tests is escaped, and characters that XML 1.0 cannot hold become '?'.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from xml.etree import ElementTree

from flashagent.jobs.checking import Checked, Findings
from flashagent.untrusted import plain as without_escapes
from flashagent.values import Diagnostic, Failure, TestResult
from flashagent.verify.feedback import ReadSource, describe

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN = 4000


def junit(found: Findings, read_source: ReadSource, mask: Callable[[str], str]) -> bytes:
    """A document with a suite for each check and one for the linter where it said something."""

    def clean(text: str) -> str:
        return _NOT_XML.sub("?", without_escapes(mask(text)))

    top = ElementTree.Element("testsuites", name="flashagent check")
    for one in found.checks:
        _suite(top, one, read_source, clean)
    if found.diagnostics:
        _linter(top, found.diagnostics, clean)
    for key in ("tests", "failures", "errors"):
        top.set(key, str(sum(int(suite.get(key, "0")) for suite in top)))
    ElementTree.indent(top)
    return bytes(ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(
    top: ElementTree.Element, one: Checked, read_source: ReadSource, clean: Callable[[str], str]
) -> None:
    report = one.report
    suite = ElementTree.SubElement(
        top, "testsuite", name=clean(shlex.join(one.check.argv)), time=f"{report.seconds:.3f}"
    )
    by_test: dict[str, list[Failure]] = {}
    for failure in report.failures:
        by_test.setdefault(failure.test_id, []).append(failure)
    for result in report.results:
        _case(suite, result, by_test.pop(result.test_id, []), read_source, clean)
    # What belongs to no reported test: a crash, a subtest, a check that only has an exit status.
    for test_id, failures in by_test.items():
        name = test_id or one.check.name
        _case(suite, TestResult(name, "error"), failures, read_source, clean)
    if not len(suite):
        _case(suite, TestResult(one.check.name, "passed", report.seconds), [], read_source, clean)
    _count(suite)


def _case(
    suite: ElementTree.Element,
    result: TestResult,
    failures: list[Failure],
    read_source: ReadSource,
    clean: Callable[[str], str],
) -> None:
    holder, separator, name = result.test_id.rpartition("::" if "::" in result.test_id else ".")
    case = ElementTree.SubElement(
        suite, "testcase", classname=clean(holder), name=clean(name if separator else result.test_id),
        time=f"{result.seconds:.3f}",
    )  # fmt: skip
    if result.outcome in ("skipped", "xfailed") and not failures:
        ElementTree.SubElement(case, "skipped")
    elif failures or result.outcome in ("failed", "error"):
        # One element is all that the form allows for a case; further failures of it go into its text.
        first = failures[0] if failures else Failure(result.test_id, "error", result.outcome)
        tag = "failure" if first.kind == "assertion" else "error"
        said = ElementTree.SubElement(
            case, tag, type=clean(first.exception or first.kind), message=clean(first.message[:_SHOWN])
        )
        said.text = clean("\n\n".join(describe(one, read_source) for one in failures or [first])[:_SHOWN])


def _linter(top: ElementTree.Element, found: tuple[Diagnostic, ...], clean: Callable[[str], str]) -> None:
    suite = ElementTree.SubElement(top, "testsuite", name="diagnostics", time="0.000")
    for one in found:
        name = f"{one.code} line {one.line} column {one.column}"
        case = ElementTree.SubElement(
            suite, "testcase", classname=clean(one.path), name=clean(name), time="0.000"
        )
        said = ElementTree.SubElement(case, "failure", type=clean(one.code), message=clean(one.message))
        said.text = clean(f"{one.path}:{one.line}:{one.column}: {one.message}")
    _count(suite)


def _count(suite: ElementTree.Element) -> None:
    suite.set("tests", str(len(suite)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(1 for case in suite if case.find(tag) is not None)))

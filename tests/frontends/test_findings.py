"""What a hostile test prints ends up as valid XML and JSON, with everything that matters in it."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from flashagent.frontends.findings.junit import junit
from flashagent.frontends.findings.plain import plain
from flashagent.frontends.findings.sarif import sarif
from flashagent.frontends.findings.text import rendered
from flashagent.jobs.checking import Checked, Findings
from flashagent.values import CheckReport, Diagnostic, Failure, Frame, TestResult
from flashagent.verify.commands import check_from_text
from flashagent.verify.flaky import Suspects

HOSTILE = "<b>&amp; ]]> \x00\x07\x1b[31mred\x1b[0m \ud800 \ufffe \U0001f600 secret"
CHECK = check_from_text("pytest -q")
FRAME = Frame("src/a b#1.py", 88, "parse", "return x")


def mask(text: str) -> str:
    return text.replace("secret", "***")


def source(path: str) -> str | None:
    return None


def failing(name: str, message: str = HOSTILE) -> Failure:
    return Failure(name, "assertion", message, "AssertionError", (FRAME,), rerun=("pytest", "-q", name))


def findings() -> Findings:
    names = [f"tests/t.py::test_{number}[{HOSTILE}]" for number in range(3)]
    results = (
        *(TestResult(name, "failed", 0.5) for name in names),
        TestResult("tests/t.py::ok", "passed"),
        TestResult("tests/t.py::no", "skipped"),
    )
    crash = Failure("", "crash", "The process died of signal SIGSEGV.", rerun=CHECK.argv)
    report = CheckReport(CHECK.argv, 1, 2.0, results, (*map(failing, names), crash), counted=True)
    diagnostic = Diagnostic("a.py", 3, 5, "F821", HOSTILE, "error", "ruff")
    return Findings((Checked(CHECK, report, Suspects((names[0],))),), (diagnostic,), 2)


def test_junit_can_be_read_and_counts() -> None:
    document = junit(findings(), source, mask)
    top = ElementTree.fromstring(document)
    assert dict(top.attrib) == {"name": "flashagent check", "tests": "7", "failures": "4", "errors": "1"}
    assert [(suite.get("name"), suite.get("skipped")) for suite in top] == [
        ("pytest -q", "1"),
        ("diagnostics", "0"),
    ]
    said = top[0][0][0]
    assert said.tag == "failure" and said.get("type") == "AssertionError"
    assert "<b>&amp; ]]>" in str(said.get("message")) and "\U0001f600 ***" in str(said.text)
    assert b"secret" not in document and b"\x1b" not in document and b"\x00" not in document


def test_sarif_can_be_read_and_groups() -> None:
    text = json.dumps(sarif(findings(), source, mask, "1.0"))
    told = json.loads(text)
    assert (told["version"], len(told["runs"])) == ("2.1.0", 1)
    (run,) = told["runs"]
    assert [one["id"] for one in run["tool"]["driver"]["rules"]] == [
        "ruff/F821",
        "test/assertion",
        "test/crash",
    ]
    assert [(one["ruleId"], one.get("occurrenceCount")) for one in run["results"]] == [
        ("test/assertion", 3),
        ("test/crash", 1),
        ("ruff/F821", None),
    ]
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/a%20b%231.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 88},
            }
        }
    ]
    assert run["results"][1]["locations"] == []
    said = "".join(one["message"]["text"] for one in run["results"])
    assert "<b>&amp; ]]>" in said
    assert not any(sign in said for sign in ("\x00", "\x07", "\x1b", "\ud800", "secret"))


def test_json_groups_by_index() -> None:
    told = json.loads(json.dumps(plain(findings())))
    (check,) = told["checks"]
    assert (told["green"], check["groups"]) == (False, [[0, 1, 2], [3]])
    assert check["failures"][0]["culprit"] == "src/a b#1.py:88"


def test_text_tells_equal_failures_once_and_names_the_flaky() -> None:
    text = rendered(findings(), source, mask)
    assert text.count("AssertionError") == 1
    assert "3 tests fail the same way at src/a b#1.py:88" in text
    assert "flaky (failed, then passed on the unchanged tree; nothing to repair, but not green)" in text
    assert text.endswith("\nred\n")
    long = findings().checks[0].report.failures[0]
    many = CheckReport(
        CHECK.argv,
        1,
        1.0,
        failures=(
            Failure(long.test_id, "exit", "a\nb\nc\nd\ne", "E", (FRAME,) * 6, "1", "2", details="x\ny\nz"),
        ),
    )
    block = rendered(Findings((Checked(CHECK, many, Suspects()),), ()), source, mask).split("\n\n")[1]
    assert len(block.splitlines()) <= 10


def test_green() -> None:
    report = CheckReport(CHECK.argv, 0, 1.0, (TestResult("a::b", "passed"),), counted=True)
    found = Findings((Checked(CHECK, report, Suspects()),), ())
    assert found.green and rendered(found, source, mask).endswith("\ngreen\n")
    assert ElementTree.fromstring(junit(found, source, mask)).get("failures") == "0"

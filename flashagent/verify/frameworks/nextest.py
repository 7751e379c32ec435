"""The text of `cargo nextest run`: a line for each test, and what each failed one printed below it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flashagent.values import Failure, TestOutcome, TestResult
from flashagent.verify.frameworks import cargo
from flashagent.verify.places import Places

_SIGN = re.compile(r"^ +Nextest run ID \S+ with nextest profile: ", re.MULTILINE)
_SUMMARY = re.compile(r"^ +Summary \[", re.MULTILINE)
_TEST = re.compile(
    r"^ +(?:TRY \d+ )?(?P<state>PASS|FAIL|SIG[A-Z]+|ABORT|TIMEOUT|TMT|LEAK|FLAKY \d+/\d+) +\[ *>? *(?P<seconds>[\d.]+)s\] "
    r"(?:\( *\d+/\d+\) )?(?P<binary>\S+) (?P<name>\S+)$",
    re.MULTILINE,
)
_PASSED = ("PASS", "LEAK", "FLAKY")


def results(text: str) -> tuple[TestResult, ...]:
    """What each test did; the last try of one that was tried again counts."""
    found: dict[str, TestResult] = {}
    for match, _ in _tests(text):
        outcome: TestOutcome = "passed" if match["state"].startswith(_PASSED) else "failed"
        found[match["name"]] = TestResult(match["name"], outcome, float(match["seconds"]))
    return tuple(found.values())


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test, in the order of the output."""
    outcomes = {one.test_id: one.outcome for one in results(text)}
    found = {
        match["name"]: _failure(match, body, places)
        for match, body in _tests(text)
        if outcomes[match["name"]] == "failed"
    }
    return tuple(found.values())


def _tests(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each test with what it printed; the list behind the summary only repeats them."""
    if _SIGN.search(text) is None:
        return
    end = _SUMMARY.search(text)
    matches = list(_TEST.finditer(text, 0, end.start() if end is not None else len(text)))
    for index, match in enumerate(matches):
        stop = (
            matches[index + 1].start()
            if index + 1 < len(matches)
            else end.start()
            if end is not None
            else None
        )
        yield match, text[match.end() : stop]


def _failure(match: re.Match[str], body: str, places: Places) -> Failure:
    rerun = ("cargo", "nextest", "run", "-E", f"binary_id(={match['binary']}) and test(={match['name']})")
    said = "\n".join(line.removeprefix("    ") for line in body.splitlines())
    said = said.partition("stderr ───\n")[2] or said
    if match["state"] in ("TIMEOUT", "TMT"):
        return Failure(match["name"], "timeout", f"it was cut off after {match['seconds']} s", rerun=rerun)
    if match["state"].startswith(("SIG", "ABORT")):
        return Failure(
            match["name"], "crash", f"it died of {match['state']}", rerun=rerun, details=said.strip()[-300:]
        )
    return replace(cargo.failure(match["name"], said, places), rerun=rerun)

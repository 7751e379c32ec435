"""The text of Catch2's console reporter (doctest's is alike and is read too). Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.places import Places

# Catch2: a rule, the name of the test case, a rule, its place, a rule of dots; then its failed assertions.
_CASE = re.compile(r"^-{40,}\n(?P<name>\S.*)\n(?:  (?P<section>.+)\n)*-{40,}\n.+\n\.{40,}\n", re.MULTILINE)
_FAILED = re.compile(
    r"^(?P<path>[^\s:][^:\n]*):(?P<line>\d+): FAILED:\n(?P<said>(?:.*\S.*\n)*(?:\nwith expansion:\n|with expansion:\n)?(?:.*\S.*\n?)*)",
    re.MULTILINE,
)
# doctest: TEST CASE:  name, then FILE:LINE: ERROR: CHECK( x == y ) is NOT correct!
_DOCTEST_CASE = re.compile(r"^TEST CASE: {1,2}(?P<name>\S.*)$", re.MULTILINE)
_DOCTEST = re.compile(
    r"^(?P<path>[^\s:][^:\n]*):(?P<line>\d+): (?:FATAL )?ERROR: (?P<message>.+)\n(?:  values: \w+\( (?P<values>.*) \))?",
    re.MULTILINE,
)
_COMPARED = re.compile(r"^\s*(?P<actual>.+) == (?P<expected>.+)$")


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed assertion, named by its test case."""
    return _catch2(text, places) or _doctest(text, places)


def _catch2(text: str, places: Places) -> tuple[Failure, ...]:
    cases = list(_CASE.finditer(text))
    found = []
    for match in _FAILED.finditer(text):
        before = [case for case in cases if case.end() <= match.start()]
        stated, _, expanded = match["said"].partition("with expansion:\n")
        values = expanded.strip().splitlines()[0].strip() if expanded.strip() else ""
        message = stated.strip() + (f"\nwith expansion: {values}" if values else "")
        name = before[-1]["name"].strip() if before else ""
        found.append(_failure(name, message, values, match, places))
    return tuple(found)


def _doctest(text: str, places: Places) -> tuple[Failure, ...]:
    cases = list(_DOCTEST_CASE.finditer(text))
    if not cases:
        return ()
    found = []
    for match in _DOCTEST.finditer(text):
        before = [case for case in cases if case.end() <= match.start()]
        values = match["values"] or ""
        message = match["message"].strip() + (f"\nvalues: {values}" if values else "")
        found.append(_failure(before[-1]["name"].strip() if before else "", message, values, match, places))
    return tuple(found)


def _failure(name: str, message: str, values: str, match: re.Match[str], places: Places) -> Failure:
    sides = _COMPARED.match(values)
    return Failure(
        name, "assertion", message, frames=(places.frame(match["path"], int(match["line"])),),
        expected=sides["expected"] if sides else "", actual=sides["actual"] if sides else "",
    )  # fmt: skip

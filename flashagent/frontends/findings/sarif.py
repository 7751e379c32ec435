"""Findings as SARIF 2.1.0 (OASIS standard), as code hosts read it to annotate lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from flashagent.jobs.checking import Findings
from flashagent.untrusted import plain as without_escapes
from flashagent.values import Diagnostic
from flashagent.verify.feedback import Group, culprit, describe_group, group

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LEVELS = {"error": "error", "warning": "warning", "information": "note"}


def sarif(
    found: Findings, read_source: Callable[[str], str | None], mask: Callable[[str], str], version: str
) -> dict[str, object]:
    """One run with a result for each kind of failure and each diagnostic. Places are relative to the repository's root."""

    def clean(text: str) -> str:
        return _CONTROL.sub("?", without_escapes(mask(text)))

    results = [
        *(_of_group(each, read_source, clean) for one in found.checks for each in group(one.report.failures)),
        *(_of_diagnostic(one, clean) for one in found.diagnostics),
    ]
    rules = sorted({str(one["ruleId"]) for one in results})
    driver = {"name": "flashagent", "version": version, "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _of_group(
    one: Group, read_source: Callable[[str], str | None], clean: Callable[[str], str]
) -> dict[str, object]:
    frame = culprit(one.first)
    places = [_place(clean(frame.path), frame.line)] if frame is not None else []
    return {
        "ruleId": f"test/{one.first.kind}",
        "level": "error",
        "message": {"text": clean(describe_group(one, read_source))},
        "locations": places,
        "occurrenceCount": len(one.failures),
    }


def _of_diagnostic(one: Diagnostic, clean: Callable[[str], str]) -> dict[str, object]:
    return {
        "ruleId": clean(f"{one.source}/{one.code}" if one.source else one.code),
        "level": _LEVELS[one.severity],
        "message": {"text": clean(one.message) or one.code},
        "locations": [_place(clean(one.path), one.line, one.column)],
    }


def _place(path: str, line: int, column: int = 0) -> dict[str, object]:
    region = dict(_region(line, column))
    place: dict[str, object] = {"artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"}}
    return {"physicalLocation": {**place, **({"region": region} if region else {})}}


def _region(line: int, column: int) -> Iterator[tuple[str, int]]:
    if line > 0:
        yield "startLine", line
        if column > 0:
            yield "startColumn", column

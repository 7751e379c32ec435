"""From what a server says of a file to our own diagnostics, and which of them a change brought. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flashagent.diagnose.lsp.places import Outside, Text, line_of, range_of
from flashagent.values import Diagnostic

_ERROR = 1
_LONGEST = 600
# What others tell more exactly: imports are looked up in the project's own environment, undefined names by ruff.
_TOLD_ELSEWHERE = frozenset(
    {"reportMissingImports", "reportMissingModuleSource", "reportUndefinedVariable", "reportMissingTypeStubs"}
)


def diagnostics_of(path: str, text: str, items: Sequence[Any], source: str) -> tuple[Diagnostic, ...]:
    """The errors among a server's items, by line. What is no diagnostic at all is left out."""
    found = sorted(
        _read(path, Text(text), items, source), key=lambda one: (one.line, one.column, one.message)
    )
    return tuple(found)


def _read(path: str, text: Text, items: Sequence[Any], source: str) -> Iterator[Diagnostic]:
    for item in items:
        if not isinstance(item, Mapping) or item.get("severity", _ERROR) != _ERROR:
            continue
        message, code = item.get("message"), str(item.get("code") or "")
        if not isinstance(message, str) or code in _TOLD_ELSEWHERE:
            continue
        try:
            line = line_of(item.get("range"))
            column = text.column(range_of(item.get("range"))[0])
        except Outside:
            continue
        yield Diagnostic(path, line, column, code, " ".join(message.split())[:_LONGEST], "error", source)


def caused(before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Those of `after` that `before` did not have as often, wherever they stood."""
    known = Counter((one.path, one.code, one.message) for one in before)
    fresh = []
    for one in after:
        key = (one.path, one.code, one.message)
        if known[key] > 0:
            known[key] -= 1
        else:
            fresh.append(one)
    return tuple(fresh)

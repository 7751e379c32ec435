"""What the name and message of a Python exception tell: the kind of failure, the two values of a comparison. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flashagent.values import FailureKind

_KINDS: Mapping[str, FailureKind] = {
    "AssertionError": "assertion", "Failed": "assertion", "ImportError": "import", "ModuleNotFoundError": "import",
    "SyntaxError": "syntax", "IndentationError": "syntax", "TabError": "syntax", "MemoryError": "memory",
    "TimeoutError": "error", "FailureException": "assertion",
}  # fmt: skip
_DIFFER = re.compile(r"^(?:\w+ differ: )?(?P<actual>.+?) != (?P<expected>.+?)(?: : .*)?$")
_COMPARED = re.compile(r"^assert (?P<actual>.+?) == (?P<expected>.+)$")


def kind_of(exception: str, message: str) -> FailureKind:
    """The kind that the name of a Python exception stands for."""
    if exception == "Failed" and message.startswith("Timeout"):
        return "timeout"
    if exception == "" and message:
        return "assertion"
    return _KINDS.get(exception, "error")


def compared(message: str) -> tuple[str, str]:
    """(actual, expected) where the first line of an assertion message shows both without doubt; else ('', '')."""
    line = message.partition("\n")[0]
    for pattern, sign in ((_COMPARED, " == "), (_DIFFER, " != ")):
        if line.count(sign) == 1 and (match := pattern.match(line)):
            return match["actual"], match["expected"]
    return "", ""

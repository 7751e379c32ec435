"""Which functions past commits touched, told by the heads of their hunks: git names the function that a hunk stands in.

Pure: `arguments` says what git has to be asked, `parse_touched` reads its answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

# The last commits tell nearly all, and working out differences is the dear part of reading a past.
MAX_TOUCHING = 2000
_MAX_OF_COMMIT = 150
_MAX_HEAD = 200
# git has no pattern of its own for these: functions, classes, methods that open a body, and functions bound to a name.
_SCRIPT = "\n".join((
    r"!^[ \t]*(if|for|while|switch|catch|return|else|do|await|throw|new)[ \t(]",
    r"^[ \t]*((export[ \t]+|default[ \t]+|declare[ \t]+|abstract[ \t]+)*(async[ \t]+)?(function|class|interface|enum|namespace)[ \t*].*)$",
    r"^[ \t]*((export[ \t]+)?(const|let|var)[ \t]+[A-Za-z_$][A-Za-z0-9_$]*[^=]*=[ \t]*(async[ \t]*)?(\(|function|[A-Za-z_$][A-Za-z0-9_$]*[ \t]*=>).*)$",
    r"^[ \t]*([A-Za-z_$#][^=;]*\(.*\)[^=;]*\{)[ \t]*$",
))  # fmt: skip
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@ ?(.*)")
_COMMIT = re.compile(r"(?:^|\n)\x01")
_KEYWORD = re.compile(
    r"\b(?:def|class|module|func|fn|fun|function|struct|trait|interface|enum|union|type|namespace|record|object|"
    r"impl(?:<[^>]*>)?(?:\s+[\w:<>]+\s+for)?)\b\s*\*?\s*(?:\([^)]*\)\s*)?(?:self\.)?([^\W\d]\w*)"
)
_BOUND = re.compile(r"^\s*(?:export\s+)?(?:const|let|var)\s+([^\W\d]\w*)")
_CALLED = re.compile(r"([^\W\d]\w*)\s*(?:<[^>()]*>)?\s*\(")
_NO_NAMES = frozenset(
    ("if", "for", "while", "switch", "catch", "return", "sizeof", "async", "await", "new", "else", "do")
)


def arguments() -> tuple[str, ...]:
    """What git has to be asked, up to the range of commits. No program of the repository's choice runs for it."""
    attributes = files("flashagent.repomap").joinpath("functions.gitattributes")
    settings = {
        "core.attributesFile": str(attributes),
        "core.bigFileThreshold": "400k",
        "core.quotePath": "false",
        "diff.script.xfuncname": _SCRIPT,
    }
    return (
        *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        "log", "--no-merges", "--no-renames", "--no-textconv", "--no-ext-diff", "--no-color", "-p", "-U0",
        "--src-prefix=a/", "--dst-prefix=b/", "--format=%x01",
    )  # fmt: skip


def parse_touched(output: str) -> list[tuple[tuple[str, str], ...]]:
    """For each commit in the output of git, in order: (path, plain name) of the definitions that it touched."""
    return [_of_commit(part.split("\n")) for part in _COMMIT.split(output)[1:]]


def _of_commit(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    path = ""
    at = 0
    while at < len(lines) and len(found) < _MAX_OF_COMMIT:
        line = lines[at]
        at += 1
        if line.startswith("+++ "):
            path = line[6:].removesuffix("\t") if line.startswith("+++ b/") else ""
        elif line.startswith("@@ ") and (hunk := _HUNK.match(line)):
            # Over the changed lines themselves, which may look like anything.
            at += int(hunk[1] or 1) + int(hunk[2] or 1)
            if path and (name := name_in(hunk[3][:_MAX_HEAD])):
                found[path, name] = None
    return tuple(found)


def name_in(head: str) -> str:
    """The plain name of the definition whose first line this is, '' when none can be made out."""
    if found := _KEYWORD.search(head) or _BOUND.search(head):
        return found[1]
    return next((one[1] for one in _CALLED.finditer(head) if one[1] not in _NO_NAMES), "")

"""What type checkers and linters suggest in their own words, where their complaint is what the check is red for: mypy's 'maybe' and
'did you mean', names that it says where to import, comments that silence nothing (`retold` reads the rest); the safe fixes of ruff and eslint, the layout of
formatters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flashagent.repair.quick import retold
from flashagent.repair.quick.foreign import Finding, Seen, at_utf16, line_span, offset, together
from flashagent.repair.quick.imports import insertion
from flashagent.repair.quick.proposal import Proposal, joined
from flashagent.repair.source import Edit, Source
from flashagent.values import FileChange

_MYPY = re.compile(r"^(?P<path>[^\s:]+\.pyi?):(?P<line>\d+)(?::\d+)?: (?:error|note): (?P<message>.+?)(?:  \[[\w-]+\])?$", re.MULTILINE)  # fmt: skip
_MAYBE = re.compile(r"""has no attribute "(?P<name>\w+)"; maybe "(?P<other>\w+)"\?$""")
_KEYWORD = re.compile(
    r"""^Unexpected keyword argument "(?P<name>\w+)" for .*; did you mean "(?P<other>\w+)"\?$"""
)
_FORGOTTEN = re.compile(
    r"""^Did you forget to import it from "[\w.]+"\? \(Suggestion: "(?P<line>from [\w.]+ import \w+)"\)$"""
)
_UNUSED = re.compile(r"""^Unused "type: ignore(?:\[[^\]]*\])?" comment$""")
_COMMENT = re.compile(r"\s*#\s*type:\s*ignore(?:\[[^\]]*\])?(?=\s*(?:#|$))")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
# Rules of eslint with suggestions after which the program does the same.
KEEPING = frozenset({
    "no-prototype-builtins", "no-useless-escape", "no-unused-vars", "radix", "no-object-constructor", "no-array-constructor",
    "@typescript-eslint/no-unnecessary-type-constraint", "@typescript-eslint/no-unused-vars", "@typescript-eslint/no-wrapper-object-types",
})  # fmt: skip
# How each tool shows what it would change, and changes nothing.
_SHOWN = (
    (("ruff", "check"), (), ("--diff",)), (("ruff", "format"), ("--check",), ("--diff",)), (("black",), ("--check",), ("--diff", "-q")),
    (("isort",), ("--check", "--check-only", "-c"), ("--diff",)), (("gofmt",), ("-l",), ("-d",)),
)  # fmt: skip


async def proposals(seen: Seen) -> list[Proposal]:
    """One proposal of all that leaves no choice; or what the check's own tool would change."""
    complaints = [list(_mypy(seen, match)) for match in _MYPY.finditer(seen.report.output)]
    found = together(seen, [*complaints, *retold.findings(seen)])
    words = _tool(seen.argv)
    for tool, without, more in _SHOWN:
        if tuple(words[: len(tool)]) == tool:
            kept = [word for word in seen.argv if word not in without]
            found += _changed(seen, await seen.ask([*kept, *more], {}), tool[0])
    if words[:1] == ["eslint"]:
        found += _eslint(seen, await seen.ask([*seen.argv, "--fix-dry-run", "--format", "json"], {}))
    return found


def _tool(argv: Sequence[str]) -> list[str]:
    """The command without what starts it."""
    words = list(argv)
    if len(words) > 2 and re.fullmatch(r"python[\d.]*", words[0].rpartition("/")[2]) and words[1] == "-m":
        words = words[2:]
    elif words[:1] in (["npx"], ["bunx"], ["uvx"]) or words[:2] in (
        ["uv", "run"],
        ["pnpm", "exec"],
        ["yarn", "exec"],
    ):
        words = [
            word
            for word in words[1 if words[0] in ("npx", "bunx", "uvx") else 2 :]
            if word not in ("--no-install", "--no", "--")
        ]
    return [words[0].rpartition("/")[2], *words[1:]] if words else []


def _mypy(seen: Seen, match: re.Match[str]) -> Iterator[Finding]:
    path = seen.place(match["path"])
    text = seen.text(path) if path is not None else None
    if path is None or text is None or (at := offset(text, int(match["line"]), 1)) is None:
        return
    start, end = line_span(text, at)
    message = match["message"]
    if told := (_MAYBE.search(message) or _KEYWORD.search(message)):
        before = r"(?<=\.)" if _MAYBE.search(message) and "Module" not in message else r"\b"
        uses = list(re.finditer(rf"{before}{told['name']}\b", text[start:end]))
        if len(uses) == 1:
            place = start + uses[0].start()
            edit = Edit(place, place + len(told["name"]), told["other"])
            yield Finding(path, (edit,), f"{told['name']} becomes {told['other']}", f"mypy: {message}")
    elif (told := _FORGOTTEN.search(message)) and (source := _source(path, text)) is not None:
        yield Finding(
            path, (insertion(source, told["line"]),), f"{told['line']} added", "mypy names the import"
        )
    elif _UNUSED.search(message):
        comments = list(_COMMENT.finditer(text[start:end].rstrip("\r\n")))
        if len(comments) == 1:
            edit = Edit(start + comments[0].start(), start + comments[0].end(), "")
            yield Finding(path, (edit,), "comment taken away", f"mypy: {message}")


def _source(path: str, text: str) -> Source | None:
    try:
        return Source(path, text)
    except (SyntaxError, RecursionError):
        return None


def _changed(seen: Seen, printed: str, tool: str) -> list[Proposal]:
    """A printed unified diff as one proposal; tests and dependencies are left out of it."""
    changes = []
    for part in re.split(r"^--- ", printed, flags=re.MULTILINE)[1:]:
        written = re.split(r"\t| {2,}|\n", part, maxsplit=1)[0].removeprefix("a/").removesuffix(".orig")
        path = seen.place(written)
        text = seen.text(path) if path is not None else None
        after = patched(text, part) if text is not None else None
        if path is not None and text is not None and after is not None and after != text:
            changes.append(FileChange(path, text, after))
    return (
        [joined(changes, f"what {tool} would change", f"{tool} is the check, and shows it")]
        if changes
        else []
    )


def patched(text: str, diff: str) -> str | None:
    """The text with the hunks of one file applied at their exact places; None when a line is not as the diff says."""
    lines, given, at = text.splitlines(keepends=True), [], 0
    rows = iter(diff.splitlines(keepends=True))
    for row in rows:
        match = _HUNK.match(row)
        if match is None:
            continue
        begins = int(match[1]) - (match[2] != "0")
        if not at <= begins <= len(lines):
            return None
        given += lines[at:begins]
        at, old, new = begins, int(match[2] or 1), int(match[3] or 1)
        while old > 0 or new > 0:
            row = next(rows, "\\")
            sign, rest = row[:1].strip("\n") or " ", row[1:]
            if sign == "\\":
                return None
            if sign != "+" and (at >= len(lines) or lines[at].rstrip("\r\n") != rest.rstrip("\r\n")):
                return None
            given += [rest] if sign == "+" else [lines[at]] if sign == " " else []
            at, old, new = at + (sign != "+"), old - (sign != "+"), new - (sign != "-")
    return "".join([*given, *lines[at:]])


def _eslint(seen: Seen, printed: str) -> list[Proposal]:
    """The texts that eslint's fixes would give."""
    at = printed.find("[{")
    try:
        told, _ = json.JSONDecoder().raw_decode(printed, at) if at >= 0 else ([], 0)
    except ValueError:
        return []
    changes = []
    suggested: list[list[Finding]] = []
    for one in told:
        path = seen.place(str(one.get("filePath", ""))) if isinstance(one, dict) else None
        text = seen.text(path) if path is not None else None
        if (
            path is not None
            and text is not None
            and isinstance(one.get("output"), str)
            and one["output"] != text
        ):
            changes.append(FileChange(path, text, one["output"]))
        elif path is not None and text is not None and "output" not in one:
            suggested += [_suggested(path, text, message) for message in one.get("messages", ())]
    if changes:
        return [joined(changes, "eslint's own fixes", "eslint is the check, and calls them safe")]
    return together(seen, suggested)


def _suggested(path: str, text: str, message: Mapping[str, Any]) -> list[Finding]:
    """The suggestion for an error that keeps what the program does, when there is one only; nothing where a plugin, which is a
    package of the project, told something of another shape."""
    try:
        return list(_kept(path, text, message))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _kept(path: str, text: str, message: Mapping[str, Any]) -> Iterator[Finding]:
    if message.get("severity") != 2 or message.get("ruleId") not in KEEPING:
        return
    offers = [one for one in message.get("suggestions") or () if isinstance(one.get("fix"), dict)]
    kept = [one for one in offers if "maintains" in str(one.get("desc"))] or offers
    if len(kept) == 1:
        start, end = (at_utf16(text, int(units)) for units in kept[0]["fix"]["range"])
        if not 0 <= start <= end <= len(text):
            return
        edit = Edit(start, end, str(kept[0]["fix"]["text"]))
        how = str(kept[0].get("desc")).rstrip(".")
        yield Finding(path, (edit,), how[:1].lower() + how[1:], f"eslint: {message.get('message')}")

"""Rust: what rustc and clippy suggest, taken where they call it machine-applicable or where one near name or one import is
all they offer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flashagent.repair.quick.foreign import Finding, Seen, together
from flashagent.repair.quick.proposal import Proposal, near
from flashagent.repair.source import Edit

# They compile, and yet may end the program, copy what was meant to be shared, or change a value.
_RISKY = ("unwrap", "expect(", "unsafe", "todo!", "unimplemented!", "panic!", "transmute", ".clone()", " as ", "dbg!", "Box::leak")  # fmt: skip
MAX_LINE = 400_000


async def proposals(seen: Seen) -> list[Proposal]:
    argv = _asking(seen.argv)
    if argv is None:
        return []
    printed = await seen.ask(argv, {"CARGO_TERM_COLOR": "never"})
    groups: dict[str, Sequence[Finding]] = {}
    for message in _messages(printed):
        if message.get("level") == "error" and (found := list(_answers(seen, message))):
            groups.setdefault(repr(found), found)  # a library and its tests are compiled one after the other
    return together(seen, groups.values())


def _asking(argv: Sequence[str]) -> list[str] | None:
    """The check's own cargo command, so that it prints what the compiler says as JSON and runs nothing."""
    if not argv or argv[0].rpartition("/")[2] != "cargo":
        return None
    words = list(argv[: argv.index("--")] if "--" in argv else argv)
    command = next((word for word in words[1:] if not word.startswith(("-", "+"))), "")
    if command not in ("test", "t", "build", "b", "check", "c", "clippy", "run", "r"):
        return None
    if command in ("run", "r"):
        words[words.index(command)] = "build"
    words = [word for word in words if not word.startswith("--message-format")]
    if command in ("test", "t"):
        # What follows the command and is no option selects tests by name.
        words = [*words, "--no-run"] if "--no-run" not in words else words
    lints = list(argv[argv.index("--") :]) if command == "clippy" and "--" in argv else []
    return [*words, "--message-format=json", *lints]


def _messages(printed: str) -> Iterator[Mapping[str, Any]]:
    for line in printed.splitlines():
        if not line.startswith("{") or len(line) > MAX_LINE:
            continue
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and told.get("reason") == "compiler-message":
            yield told["message"]


def _answers(seen: Seen, message: Mapping[str, Any]) -> Iterator[Finding]:
    """Every suggestion of one error that may be taken."""
    said = str(message.get("message", ""))
    for child in message.get("children", ()):
        spans = [span for span in child.get("spans", ()) if span.get("suggested_replacement") is not None]
        places = {(span["file_name"], span["byte_start"], span["byte_end"]) for span in spans}
        # Several texts for one place are a choice; texts for several places belong together.
        chosen = [[span] for span in spans] if len(places) == 1 else [spans]
        for group in chosen:
            if group and (found := _finding(seen, said, str(child.get("message", "")), group)) is not None:
                yield found


def _finding(seen: Seen, said: str, help_: str, spans: Sequence[Mapping[str, Any]]) -> Finding | None:
    path = seen.place(str(spans[0]["file_name"]))
    text = seen.text(path) if path is not None else None
    if path is None or text is None or any(s["file_name"] != spans[0]["file_name"] for s in spans):
        return None
    edits = []
    for span in spans:
        edit = _edit(text, int(span["byte_start"]), int(span["byte_end"]), str(span["suggested_replacement"]))
        if edit is None or not _safe(text, edit, str(span.get("suggestion_applicability"))):
            return None
        edits.append(edit)
    return Finding(path, tuple(edits), help_, f"rustc: {said}")


def _safe(text: str, edit: Edit, applicability: str) -> bool:
    old, new = text[edit.start : edit.end], edit.text
    if any(word in new and word not in old for word in _RISKY):
        return False
    if applicability == "MachineApplicable":
        return True
    if applicability != "MaybeIncorrect":
        return False
    imports = new.strip().startswith("use ") and new.strip().endswith(";")
    return imports or (bool(old) and near(old, [new]) == new)


def _edit(text: str, start: int, end: int, replacement: str) -> Edit | None:
    """Byte places of the file as places in its text."""
    data = text.encode("utf-8", "surrogatepass")
    if not 0 <= start <= end <= len(data):
        return None
    first = data[:start].decode("utf-8", "ignore")
    return Edit(len(first), len(first) + len(data[start:end].decode("utf-8", "ignore")), replacement)

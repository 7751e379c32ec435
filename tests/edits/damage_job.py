"""A case of a damaged edit in the making, the table of kinds, and the writers of each format in a model's manner."""

from __future__ import annotations

import difflib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from edits.real_edits import Hunk, RealEdit

Rank = Literal["must", "may", "reject"]
Files = dict[str, str]
Expected = dict[str, str | None] | None
HUNKS = ("sr", "edit", "udiff", "apply_patch")


@dataclass(frozen=True)
class Quoted:
    """One hunk as it will be written: operations on lines with their marks, and the 1-based line they claim."""

    ops: tuple[tuple[str, str], ...]
    line: int

    @property
    def old(self) -> list[str]:
        return [text for mark, text in self.ops if mark != "+"]

    @property
    def new(self) -> list[str]:
        return [text for mark, text in self.ops if mark != "-"]

    def mapped(self, change: Callable[[str], str], marks: str = "=-+") -> Quoted:
        return replace(
            self, ops=tuple((mark, change(text) if mark in marks else text) for mark, text in self.ops)
        )


@dataclass
class Job:
    """A case in the making. `expected` None means that nothing may be written."""

    choose: random.Random
    form: str
    edit: RealEdit
    files: Files
    expected: Expected
    quoted: list[Quoted]
    path: str
    shown: Files | None = None
    counts: str = "right"
    style: dict[str, object] = field(default_factory=dict)
    reply: str | None = None


@dataclass(frozen=True)
class Damaged:
    kind: str
    rank: Rank
    form: str
    files: Files
    reply: str
    expected: Expected
    shown: Files | None


class NotHere(Exception):
    """The kind says nothing about this edit."""


KINDS: dict[str, tuple[Rank, tuple[str, ...], Callable[[Job], None]]] = {}


def kind(name: str, rank: Rank, *forms: str) -> Callable[[Callable[[Job], None]], Callable[[Job], None]]:
    def register(make: Callable[[Job], None]) -> Callable[[Job], None]:
        assert name not in KINDS, name
        KINDS[name] = (rank, forms or HUNKS, make)
        return make

    return register


def need(fact: object) -> None:
    if not fact:
        raise NotHere


# --- writing ------------------------------------------------------------------------------------------------------


def quote(edit: RealEdit, hunk: Hunk) -> Quoted:
    before = edit.lines[hunk.start - hunk.before : hunk.start]
    after = edit.lines[hunk.end : hunk.end + hunk.after]
    ops = [("=", line) for line in before]
    old = list(edit.lines[hunk.start : hunk.end])
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, hunk.new, autojunk=False).get_opcodes():
        if tag == "equal":
            ops += [("=", line) for line in old[a:b]]
        else:
            ops += [("-", line) for line in old[a:b]] + [("+", line) for line in hunk.new[c:d]]
    ops += [("=", line) for line in after]
    return Quoted(tuple(ops), hunk.start - hunk.before + 1)


def text_of(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


def pick(job: Job, name: str, *options: str) -> str:
    """One of the options, the same each time it is asked within a job."""
    return str(job.style.setdefault(name, job.choose.choice(options)))


def language(path: str) -> str:
    ending = path.rsplit(".", 1)[-1]
    return {"py": "python", "js": "javascript", "md": "markdown", "h": "c", "rs": "rust"}.get(ending, ending)


def written(job: Job) -> str:
    body = {"sr": _sr, "edit": _edit, "udiff": _udiff, "apply_patch": _apply_patch}[job.form](job)
    lead = pick(job, "lead", "", "", "I'll make the change now.\n\n", "Here is the fix:\n\n",
                "The loop never ends when the list is empty, so:\n\n", "Sure! Let me update the code.\n\n")  # fmt: skip
    tail = pick(
        job, "tail", "", "", "\nThis keeps everything else as it was.\n", "\nLet me know if you want tests.\n"
    )
    return lead + body + tail


def fenced(job: Job, body: str, info: str) -> str:
    mark = pick(job, "fence", "```", "```", "```", "````", "~~~")
    if "\n```" in body or "\n~~~" in body:
        mark = "`````"
    return f"{mark}{info}\n{body}{mark}\n"


def _sr(job: Job) -> str:
    place = pick(
        job,
        "place",
        "above",
        "above",
        "inside",
        "heading",
        "bold",
        "quoted",
        "label",
        "info",
        "marker",
        "none",
    )
    width = int(pick(job, "width", "7", "7", "7", "5", "9"))
    parts = []
    for number, quoted in enumerate(job.quoted):
        path = job.path
        first = {
            "above": f"{path}\n", "heading": f"### {path}\n\n", "bold": f"**{path}**\n", "quoted": f"`{path}`\n",
            "label": f"File: {path}\n",
        }.get(place, "")  # fmt: skip
        if number and pick(job, "again", "yes", "yes", "no") == "no":
            first = ""
        hint = f":start_line:{quoted.line}\n-------\n" if job.style.get("near") else ""
        marker = f" {path}" if place == "marker" else ""
        body = (
            f"{'<' * width} SEARCH{marker}\n{hint}{text_of(quoted.old)}{'=' * width}\n"
            f"{text_of(quoted.new)}{'>' * width} REPLACE\n"
        )
        if place == "inside":
            body = f"{path}\n{body}"
        if place == "none":
            parts.append(f"{path}\n{body}")
            continue
        info = f"{language(path)} path={path}" if place == "info" else pick(job, "lang", "", language(path))
        parts.append(first + fenced(job, body, info))
    return "\n".join(parts)


def _edit(job: Job) -> str:
    ended = pick(job, "ended", "yes", "no")
    edits = []
    for quoted in job.quoted:
        old, new = text_of(quoted.old), text_of(quoted.new)
        if ended == "no" and quoted.new:
            old, new = old[:-1], new[:-1]
        one: dict[str, object] = {"path": job.path, "old": old, "new": new}
        if job.style.get("near"):
            one["near_line"] = quoted.line
        edits.append(one)
    form = pick(job, "json", "plain", "plain", "per file", "call")
    value: dict[str, object] = {"edits": edits}
    if form == "per file":
        value = {"path": job.path, "edits": [{k: v for k, v in one.items() if k != "path"} for one in edits]}
    elif form == "call":
        value = {"name": "edit", "arguments": value}
    text = json.dumps(value, ensure_ascii=pick(job, "ascii", "", "yes") == "yes",
                      indent=int(pick(job, "indent", "0", "2")) or None) + "\n"  # fmt: skip
    return fenced(job, text, "json") if pick(job, "in fence", "yes", "no") == "yes" else text


def _udiff(job: Job) -> str:
    head = pick(job, "head", "ab", "ab", "bare", "git", "times")
    path = job.path
    lines = {
        "ab": [f"--- a/{path}", f"+++ b/{path}"],
        "bare": [f"--- {path}", f"+++ {path}"],
        "times": [f"--- a/{path}\t2026-01-01 10:00:00", f"+++ b/{path}\t2026-01-01 10:00:01"],
        "git": [
            f"diff --git a/{path} b/{path}",
            "index 12ab34c..98fe76d 100644",
            f"--- a/{path}",
            f"+++ b/{path}",
        ],
    }[head]
    shift = 0
    for quoted in job.quoted:
        lines.append(_hunk_head(job, quoted, shift))
        lines += [{"=": " "}.get(mark, mark) + text for mark, text in quoted.ops]
        shift += len(quoted.new) - len(quoted.old)
    return (
        fenced(job, text_of(lines), "diff")
        if pick(job, "in fence", "yes", "yes", "no") == "yes"
        else text_of(lines)
    )


def _hunk_head(job: Job, quoted: Quoted, shift: int) -> str:
    old, new, line = len(quoted.old), len(quoted.new), quoted.line
    heading = pick(job, "heading", "", "", " def something(self):")
    match job.counts:
        case "none":
            return pick(job, "bare", "@@", "@@ @@", "@@ ... @@")
        case "wrong":
            old, new, line = (
                old + job.choose.choice((-1, 1, 4)),
                max(1, new + 2),
                line + job.choose.choice((-30, 5, 90)),
            )
            line, old = max(1, line), max(1, old)
        case "missing":
            return f"@@ -{line} +{line + shift} @@"
    return f"@@ -{line},{old} +{line + shift},{new} @@{heading}"


def _apply_patch(job: Job) -> str:
    lines = ["*** Begin Patch", f"*** Update File: {job.path}"]
    for quoted in job.quoted:
        lines.append(pick(job, "mark", "@@", "@@", "@@ @@"))
        lines += [{"=": " "}.get(mark, mark) + text for mark, text in quoted.ops]
    lines.append("*** End Patch")
    body = text_of(lines)
    around = pick(job, "around", "none", "fence", "heredoc")
    if around == "heredoc":
        return f"```bash\napply_patch <<'PATCH'\n{body}PATCH\n```\n" if "\n```" not in body else body
    return fenced(job, body, pick(job, "lang", "", "diff", "patch")) if around == "fence" else body

"""Write real edits as models write them, with the faults that models make, and say what must come of each.

`must`: one sensible meaning, which has to land exactly. `may`: exact or refused. `reject`: refused whole. Every kind is a
function from a `Job` to what it expects; it shares no code with the parsers, nor with the hand-made corpus.
"""

from __future__ import annotations

import difflib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from edits.real_edits import Hunk, RealEdit, patched, real_edit

from flashagent.edits.elision import is_elision

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


# --- must: the envelope -------------------------------------------------------------------------------------------


@kind("clean", "must")
def _clean(job: Job) -> None:
    pass


@kind("reply has CRLF", "must")
def _crlf_reply(job: Job) -> None:
    job.reply = written(job).replace("\n", "\r\n")


@kind("path with dot", "must")
def _dot(job: Job) -> None:
    job.path = "./" + job.path


@kind("path is a suffix", "must")
def _suffix(job: Job) -> None:
    need(job.path.count("/") and not job.path.endswith(("__init__.py",)))
    job.path = job.path.split("/", 1)[1]


@kind("path starts with a folder too many", "may")
def _prefixed(job: Job) -> None:
    job.path = "project/" + job.path


@kind("thinking first", "must")
def _thinking(job: Job) -> None:
    draft = written(replace(job, quoted=[q.mapped(lambda line: line + " draft", "+") for q in job.quoted]))
    tag = job.choose.choice(("think", "thinking"))
    job.reply = f"<{tag}>\nMaybe this?\n{draft}\nNo, better otherwise.\n</{tag}>\n\n{written(job)}"


@kind("wrong counts", "must", "udiff")
def _wrong_counts(job: Job) -> None:
    job.counts = "wrong"
    job.style["in fence"] = "yes"  # without one, a hunk that is shorter than it says may have been cut off


@kind("no counts", "must", "udiff")
def _no_counts(job: Job) -> None:
    job.counts = job.choose.choice(("none", "missing"))
    job.style["head"] = "ab"


@kind("blank kept lines lost their blank", "must", "udiff", "apply_patch")
def _lost_prefix(job: Job) -> None:
    text = written(job)
    need(re.search(r"(?m)^ $", text))
    job.reply = re.sub(r"(?m)^ $", "", text)


@kind("kept lines lost their blank", "must", "udiff", "apply_patch")
def _lost_all(job: Job) -> None:
    need(
        all(
            mark != "=" or (text.strip() and text[:1] not in "+-@*\\`~")
            for q in job.quoted
            for mark, text in q.ops
        )
    )
    need(any(mark == "=" for q in job.quoted for mark, _ in q.ops))
    need(not any("--" in text[:4] or "++" in text[:4] for q in job.quoted for _, text in q.ops))
    marker = "\x00"
    changed = replace(job, quoted=[q.mapped(lambda line: marker + line, "=") for q in job.quoted])
    job.reply = written(changed).replace(" " + marker, "")


@kind("end of file mark", "must", "apply_patch")
def _eof_mark(job: Job) -> None:
    hunk = job.edit.hunks[-1]
    need(hunk.end + hunk.after == len(job.edit.lines))
    job.reply = written(job).replace("*** End Patch", "*** End of File\n*** End Patch")


@kind("double escaped", "may", "edit")
def _double(job: Job) -> None:
    job.reply = json.dumps({"edits": [{"path": job.path, "old": text_of(q.old).replace("\n", "\\n"),
                                       "new": text_of(q.new).replace("\n", "\\n")} for q in job.quoted]})  # fmt: skip


@kind("trailing comma", "may", "edit")
def _comma(job: Job) -> None:
    job.style["json"] = "plain"
    text = written(job)
    cut = text.rindex("]")
    job.reply = text[:cut] + ", " + text[cut:]


@kind("entities", "may")
def _entities(job: Job) -> None:
    old = [line for q in job.quoted for line in q.old]
    need(any(re.search(r"[<>&]", line) for line in old))
    job.quoted = [
        q.mapped(lambda line: line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        for q in job.quoted
    ]


# --- must: blanks, punctuation, indentation -----------------------------------------------------------------------


@kind("reply has trailing blanks", "must")
def _trailing(job: Job) -> None:
    job.quoted = [q.mapped(lambda line: line + "  ", "=-") for q in job.quoted]


@kind("file has trailing blanks", "must")
def _file_trailing(job: Job) -> None:
    spaced = {index for index in range(len(job.edit.lines)) if job.choose.random() < 0.5}
    changed = {i for h in job.edit.hunks for i in range(h.start, h.end)}
    need(not any(line.endswith("\\") for line in job.edit.lines) and not job.path.endswith((".md", ".php")))
    lines = [
        line + " \t" if i in spaced and line and i not in changed else line
        for i, line in enumerate(job.edit.lines)
    ]
    job.files[job.edit.path] = text_of(lines)
    job.expected = {job.edit.path: text_of(patched(lines, job.edit.hunks))}


@kind("file is typographic", "must")
def _typographic(job: Job) -> None:
    """Comment lines of the file that are quoted but kept hold curly quotes, dashes and no-break spaces."""
    table = str.maketrans({"'": "\u2019", '"': "\u201d", "-": "\u2013"})
    kept = {
        i
        for h in job.edit.hunks
        for i in (*range(h.start - h.before, h.start), *range(h.end, h.end + h.after))
    }
    lines = list(job.edit.lines)
    some = [
        i for i in kept if re.match(r"\s*(#[^!]|//)\s*\w", lines[i]) and lines[i].translate(table) != lines[i]
    ]
    need(some)
    for i in some:
        head = re.match(r"\s*(#|//)", lines[i])
        assert head
        lines[i] = lines[i][: head.end()] + lines[i][head.end() :].translate(table).replace(" ", "\u00a0", 1)
    job.files[job.edit.path] = text_of(lines)
    job.expected = {job.edit.path: text_of(patched(lines, job.edit.hunks))}


@kind("file has CRLF", "must")
def _crlf(job: Job) -> None:
    job.files[job.edit.path] = job.edit.text.replace("\n", "\r\n")
    job.expected = {job.edit.path: job.edit.after.replace("\n", "\r\n")}


@kind("file has a byte order mark", "must")
def _bom(job: Job) -> None:
    job.files[job.edit.path] = "\ufeff" + job.edit.text
    job.expected = {job.edit.path: "\ufeff" + job.edit.after}


@kind("file has no last newline", "must")
def _unended(job: Job) -> None:
    job.files[job.edit.path] = job.edit.text[:-1]
    job.expected = {job.edit.path: job.edit.after[:-1]}


@kind("blank lines around", "must", "sr", "edit")
def _around(job: Job) -> None:
    side = job.choose.choice(("before", "after", "both"))

    def wrap(q: Quoted) -> Quoted:
        head = (("=", ""),) if side != "after" else ()
        tail = (("=", ""),) if side != "before" else ()
        return replace(q, ops=(*head, *q.ops, *tail))

    job.quoted = [wrap(q) for q in job.quoted]


def indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def margin(q: Quoted) -> str:
    return min((indent(text) for _, text in q.ops if text.strip()), key=len)


@kind("dedented", "must")
def _dedented(job: Job) -> None:
    need(all(sum(1 for line in q.old if line.strip()) > 1 for q in job.quoted))
    need(all(indent(text).startswith(margin(q)) for q in job.quoted for _, text in q.ops if text.strip()))
    need(any(margin(q) for q in job.quoted))
    need(all(_least(q.old) == margin(q) for q in job.quoted))
    job.quoted = [_without(q, len(margin(q))) for q in job.quoted]


def _without(q: Quoted, cut: int) -> Quoted:
    return q.mapped(lambda line: line[cut:])


def _least(lines: Sequence[str]) -> str:
    return min((indent(text) for text in lines if text.strip()), key=len)


@kind("indented further", "must")
def _indented(job: Job) -> None:
    tabs = any(line.startswith("\t") for line in job.edit.lines)
    step = "\t" if tabs else job.choose.choice(("    ", "  "))
    need(not tabs or not any(line.startswith(" ") for line in job.edit.lines))
    job.quoted = [q.mapped(lambda line: step + line if line.strip() else line) for q in job.quoted]


def unit(lines: Sequence[str]) -> str:
    """The one step of a file's indentation. Raises NotHere for a file that mixes several."""
    indents = {indent(line) for line in lines if indent(line)}
    need(indents)
    if all(set(one) == {"\t"} for one in indents):
        return "\t"
    need(not any("\t" in one for one in indents))
    width = min(map(len, indents))
    need(width in (2, 4) and all(len(one) % width == 0 for one in indents))
    return " " * width


@kind("another unit of indentation", "must")
def _unit(job: Job) -> None:
    own = unit(job.edit.lines)
    other = job.choose.choice([one for one in ("\t", "  ", "    ") if one != own])
    levels = [{indent(text) for text in q.old if text.strip()} for q in job.quoted]
    need(all(len(found) > 1 for found in levels))
    job.quoted = [
        q.mapped(
            lambda line: (
                other * (len(indent(line)) // len(own)) + line.lstrip(" \t") if line.strip() else line
            )
        )
        for q in job.quoted
    ]


@kind("first line lost its indentation", "must", "sr", "edit")
def _first(job: Job) -> None:
    need(all(q.ops[0][0] == "=" and indent(q.old[0]) and len(q.old) > 1 for q in job.quoted))
    job.quoted = [replace(q, ops=(("=", q.old[0].lstrip()), *q.ops[1:])) for q in job.quoted]


@kind("line numbers copied", "must", "sr", "edit")
def _numbered(job: Job) -> None:
    need(all(q.old and q.new for q in job.quoted))
    mark = job.choose.choice(("| ", ": ", "\t", " | "))
    both = job.choose.random() < 0.5
    made = []
    for q in job.quoted:
        old = [f"{q.line + n:>5}{mark}{line}" for n, line in enumerate(q.old)]
        new = [f"{q.line + n:>5}{mark}{line}" for n, line in enumerate(q.new)] if both else q.new
        made.append(replace(q, ops=(*(("-", line) for line in old), *(("+", line) for line in new))))
    job.quoted = made


@kind("two places, right line", "must", "sr", "edit", "udiff")
def _right_line(job: Job) -> None:
    q = _twice(job)
    job.style["near"] = True
    job.style["heading"] = ""
    job.quoted = [replace(q, line=q.line + len(job.edit.lines))]
    job.expected = {job.edit.path: job.edit.text + job.edit.after}


def _twice(job: Job) -> Quoted:
    """Let the file hold everything twice. Only where that still parses."""
    need(len(job.edit.hunks) == 1 and job.edit.path.endswith((".py", ".md")))
    need("from __future__" not in job.edit.text)
    job.files[job.edit.path] = job.edit.text + job.edit.text
    return job.quoted[0]


# --- whole files, symbols, anchors, creations ---------------------------------------------------------------------


@kind("whole file", "must", "whole")
def _whole(job: Job) -> None:
    need(len(job.edit.lines) < 400 and "```" not in job.edit.text)
    need(sum(h.end - h.start for h in job.edit.hunks) < len(job.edit.lines) / 5)
    job.reply = _whole_reply(job, job.edit.after)


def _whole_reply(job: Job, text: str) -> str:
    path = job.path
    head = pick(
        job,
        "whole head",
        f"{path}\n",
        f"### {path}\n\n",
        f"**{path}**\n",
        f"`{path}`:\n\n",
        f"File: `{path}`\n",
    )
    return f"Here is the whole file.\n\n{head}```{language(path)}\n{text}```\n"


@kind("whole file cut off", "reject", "whole")
def _whole_cut(job: Job) -> None:
    need(30 < len(job.edit.lines) < 400 and "```" not in job.edit.text)
    lines = job.edit.after.split("\n")
    shut = "```\n" if job.choose.random() < 0.5 else ""
    job.reply = _whole_reply(job, text_of(lines[: len(lines) * 6 // 10])).removesuffix("```\n") + shut
    job.expected = None


@kind("whole file elided", "reject", "whole")
def _whole_gap(job: Job) -> None:
    need(len(job.edit.lines) > 20 and "```" not in job.edit.text)
    mark = "#" if language(job.path) in ("python", "markdown") else "//"
    words = job.choose.choice(
        ("... existing code ...", "... rest of the file unchanged", "rest of the code remains the same")
    )
    lines = job.edit.after.split("\n")
    job.reply = _whole_reply(job, text_of([*lines[:8], f"{mark} {words}", *lines[-6:]]))
    job.expected = None


@kind("new file", "must", "udiff", "apply_patch", "sr", "edit")
def _new_file(job: Job) -> None:
    text = job.edit.after
    need(len(job.edit.lines) < 300 and "```" not in text and not any(map(is_elision, job.edit.lines)))
    job.path = "made/" + job.path
    job.expected = {job.path: text}
    q = Quoted(tuple(("+", line) for line in text.split("\n")[:-1]), 0)
    if job.form == "udiff":
        lines = [
            "--- /dev/null",
            f"+++ b/{job.path}",
            f"@@ -0,0 +1,{len(q.new)} @@",
            *("+" + line for line in q.new),
        ]
        job.reply = f"```diff\n{text_of(lines)}```\n"
    elif job.form == "apply_patch":
        lines = [
            "*** Begin Patch",
            f"*** Add File: {job.path}",
            *("+" + line for line in q.new),
            "*** End Patch",
        ]
        job.reply = text_of(lines)
    elif job.form == "sr":
        job.reply = f"{job.path}\n```\n<<<<<<< SEARCH\n=======\n{text}>>>>>>> REPLACE\n```\n"
    else:
        job.reply = json.dumps({"edits": [{"path": job.path, "old": "", "new": text}]})


@kind("file deleted", "must", "apply_patch", "udiff")
def _deleted(job: Job) -> None:
    need(len(job.edit.lines) < 300)
    job.expected = {job.edit.path: None}
    if job.form == "apply_patch":
        job.reply = f"*** Begin Patch\n*** Delete File: {job.path}\n*** End Patch\n"
        return
    body = text_of(["-" + line for line in job.edit.lines])
    need("\n```" not in body)
    job.reply = (
        f"diff --git a/{job.path} b/{job.path}\ndeleted file mode 100644\n--- a/{job.path}\n+++ /dev/null\n"
        f"@@ -1,{len(job.edit.lines)} +0,0 @@\n{body}"
    )


@kind("file renamed and changed", "must", "apply_patch", "udiff")
def _renamed(job: Job) -> None:
    target = job.edit.path + ".moved"
    job.expected = {job.edit.path: None, target: job.edit.after}
    if job.form == "apply_patch":
        job.reply = written(job).replace(
            f"Update File: {job.path}\n", f"Update File: {job.path}\n*** Move to: {target}\n"
        )
        return
    job.style["head"] = "bare"
    old, new = f"--- {job.path}\n+++ {job.path}\n", (
        f"diff --git a/{job.path} b/{target}\nsimilarity index 90%\nrename from {job.path}\nrename to {target}\n"
        f"--- a/{job.path}\n+++ b/{target}\n"
    )  # fmt: skip
    job.reply = written(job).replace(old, new)


@kind("anchors", "must", "anchors")
def _anchors(job: Job) -> None:
    need(all(job.edit.lines.count(q.old[0]) == 1 for q in job.quoted))
    job.reply = _anchored(job, 0)


def _anchored(job: Job, off: int) -> str:
    parts = []
    for q in job.quoted:
        need(len(q.old) > 1 and q.old[0].strip() and q.old[-1].strip())
        parts.append(
            f"{job.path}\n<<<<<<< FIRST\n{q.old[0]}\n======= LAST {len(q.old) + off}\n{q.old[-1]}\n======= NEW\n"
            f"{text_of(q.new)}>>>>>>> END\n"
        )
    return "\n".join(parts)


@kind("anchors with a wrong count", "reject", "anchors")
def _anchors_off(job: Job) -> None:
    lines = job.edit.lines
    need(all(lines.count(q.old[0]) == lines.count(q.old[-1]) == 1 for q in job.quoted))
    job.reply, job.expected = _anchored(job, 2), None


@kind("symbol", "must", "symbol")
def _symbol(job: Job) -> None:
    name, start, end = _definition(job)
    hunk = job.edit.hunks[0]
    body = patched(job.edit.lines, job.edit.hunks)[start : end + len(hunk.new) - (hunk.end - hunk.start)]
    if job.choose.random() < 0.4:
        cut = len(indent(body[0]))
        need(all(not line.strip() or indent(line).startswith(indent(body[0])) for line in body))
        body = [line[cut:] for line in body]
    job.reply = f"{job.path}::{name}\n```{language(job.path)}\n{text_of(body)}```\n"


def _definition(job: Job) -> tuple[str, int, int]:
    """The one definition around the only hunk, whose name the change leaves alone."""
    from flashagent.syntax.parse import definitions

    need(len(job.edit.hunks) == 1 and "\n```" not in job.edit.text)
    hunk = job.edit.hunks[0]
    before, after = definitions(job.edit.text, job.edit.path), definitions(job.edit.after, job.edit.path)
    around = [s for s in before if s.start_line - 1 < hunk.start and hunk.end < s.end_line]
    need(around)
    inner = min(around, key=lambda s: s.end_line - s.start_line)
    need(
        sum(s.qualified == inner.qualified for s in before)
        == 1
        == sum(s.qualified == inner.qualified for s in after)
    )
    need(sum(s.qualified.endswith("." + inner.qualified) for s in before) == 0)
    need(not job.edit.lines[inner.start_line - 1].lstrip().startswith(("@", "#", "//", "/*")))
    return inner.qualified, inner.start_line - 1, inner.end_line


# --- may ----------------------------------------------------------------------------------------------------------


def kept_inside(q: Quoted) -> list[int]:
    """Indices of kept lines with words."""
    return [i for i, (mark, text) in enumerate(q.ops) if mark == "=" and len(re.findall(r"\w{2,}", text)) > 1]


def with_op(q: Quoted, index: int, text: str | None) -> Quoted:
    ops = list(q.ops)
    ops[index : index + 1] = [] if text is None else [("=", text)]
    return replace(q, ops=tuple(ops))


@kind("kept line paraphrased", "may")
def _paraphrased(job: Job) -> None:
    need(kept_inside(job.quoted[0]))
    index = job.choose.choice(kept_inside(job.quoted[0]))
    text = job.quoted[0].ops[index][1]
    words = list(re.finditer(r"\w{3,}", text))
    need(words)
    word = job.choose.choice(words)
    job.quoted[0] = with_op(job.quoted[0], index, text[: word.start()] + "changed" + text[word.end() :])


@kind("kept line's quotes or blanks differ", "may")
def _requoted(job: Job) -> None:
    for index in kept_inside(job.quoted[0]):
        text = job.quoted[0].ops[index][1]
        for a, b in (("'", '"'), ('"', "'"), (", ", ","), (" = ", "="), (" (", "(")):
            changed = indent(text) + text.strip().replace(a, b)
            if changed != text:
                job.quoted[0] = with_op(job.quoted[0], index, changed)
                return
    raise NotHere


@kind("kept line left out", "may")
def _left_out(job: Job) -> None:
    ops = job.quoted[0].ops
    inner = [
        i
        for i in kept_inside(job.quoted[0])
        if 0 < i < len(ops) - 1 and "+" not in (ops[i - 1][0], ops[i + 1][0])
    ]
    need(inner)
    job.quoted[0] = with_op(job.quoted[0], job.choose.choice(inner), None)


@kind("removed line's blanks differ", "may")
def _reblanked(job: Job) -> None:
    q = job.quoted[0]
    gone = [i for i, (mark, text) in enumerate(q.ops) if mark == "-" and ", " in text]
    need(gone)
    ops = list(q.ops)
    ops[gone[0]] = ("-", ops[gone[0]][1].replace(", ", ","))
    job.quoted[0] = replace(q, ops=tuple(ops))


@kind("two places, near line", "may", "sr", "edit")
def _near(job: Job) -> None:
    q = _twice(job)
    job.style["near"] = True
    job.quoted = [replace(q, line=q.line + len(job.edit.lines) + job.choose.choice((-2, 2)))]
    job.expected = {job.edit.path: job.edit.text + job.edit.after}


@kind("new text in the middle of a line", "must", "edit")
def _inline(job: Job) -> None:
    """Part of a line, unique in the file, gives way to other words."""
    words = [m for line in job.edit.lines for m in re.findall(r"\w+[^\w\s]+\s?\w+", line)]
    unique = [word for word in dict.fromkeys(words) if job.edit.text.count(word) == 1]
    need(unique)
    old = job.choose.choice(unique)
    first = re.search(r"\w+", old)
    assert first
    new = old[: first.start()] + "renamed_7" + old[first.end() :]
    after = job.edit.text.replace(old, new)
    from flashagent.edits.check import check_syntax

    need(not check_syntax(job.edit.path, after) or check_syntax(job.edit.path, job.edit.text))
    job.expected = {job.edit.path: after}
    job.reply = json.dumps({"edits": [{"path": job.path, "old": old, "new": new}]})


# --- reject -------------------------------------------------------------------------------------------------------


@kind("two places", "reject")
def _two(job: Job) -> None:
    _twice(job)
    job.counts, job.expected = "none", None
    job.style["heading"] = ""


@kind("stale", "reject")
def _stale(job: Job) -> None:
    """Somebody changed a line that the edit removes."""
    changed = [i for h in job.edit.hunks for i in range(h.start, h.end) if job.edit.lines[i] not in h.new]
    changed = [i for i in changed if re.search(r"\w{3}", job.edit.lines[i])]
    need(changed)
    index = job.choose.choice(changed)
    line = job.edit.lines[index]
    word = job.choose.choice(list(re.finditer(r"\w{3,}", line)))
    lines = list(job.edit.lines)
    lines[index] = line[: word.start()] + "newer" + line[word.end() :]
    job.files[job.edit.path] = text_of(lines)
    if job.choose.random() < 0.5:
        job.shown = {job.edit.path: job.edit.text}
    job.expected = None


@kind("already applied", "reject")
def _applied(job: Job) -> None:
    need(all(len(h.new) >= h.end - h.start for h in job.edit.hunks))
    job.files[job.edit.path] = job.edit.after
    job.expected = None


@kind("cut off", "reject")
def _cut(job: Job) -> None:
    job.style["tail"] = ""
    text = written(job)
    stop = {"sr": ">>>>>", "edit": '"}', "udiff": "@@", "apply_patch": "*** End"}[job.form]
    if job.form == "udiff":
        job.style["in fence"] = "yes"
        text = written(job)
    at = text.rindex(stop) if stop in text else len(text)
    floor = min(text.index(job.path) + len(job.path), at - 1)
    job.reply = text[: job.choose.randrange(floor, at)]
    need(job.form != "udiff" or "+++ " in job.reply)
    need(job.form != "edit" or '"old": "' in job.reply)
    need(job.form != "sr" or re.search(r"<{5,9} SEARCH", job.reply[-len(text) :]))
    if job.form == "sr":
        need(not re.search(r"REPLACE(?:\n(?:.*\n)?[^<]*)?$", job.reply))
    job.expected = None


@kind("new text elided", "reject")
def _elided(job: Job) -> None:
    mark = "#" if job.path.endswith((".py", ".md")) else "//"
    words = job.choose.choice(
        ("... existing code ...", "... rest of the function", "... (unchanged)", "rest of code here")
    )
    q = job.quoted[-1]
    ops = [*q.ops, ("+", f"{indent(q.old[-1])}{mark} {words}")]
    job.quoted[-1] = replace(q, ops=tuple(ops))
    job.expected = None


@kind("one block is wrong", "reject")
def _half(job: Job) -> None:
    need(len(job.quoted) > 1)
    index = job.choose.randrange(len(job.quoted))
    job.quoted[index] = job.quoted[index].mapped(lambda line: line + " qqq" if line.strip() else line, "=-")
    need(any(line.strip() for line in job.quoted[index].old))
    job.expected = None


@kind("same name in two folders", "reject")
def _same_name(job: Job) -> None:
    job.path = job.edit.path.rsplit("/", 1)[-1]
    need("/" in job.edit.path)
    job.files["elsewhere/" + job.path] = job.edit.text
    job.expected = None


@kind("unknown path", "reject")
def _unknown(job: Job) -> None:
    job.path = "nowhere/at_all_" + job.path.rsplit("/", 1)[-1]
    job.expected = None


@kind("path outside", "reject")
def _outside(job: Job) -> None:
    job.path = job.choose.choice(("../", "../../x/", "/etc/")) + job.path
    job.expected = None


@kind("foreign text", "reject")
def _foreign(job: Job) -> None:
    other = real_edit(job.choose)
    need(
        other.path != job.edit.path
        and not set(other.lines) & {line for q in job.quoted for line in q.old if line}
    )
    q = quote(other, other.hunks[0])
    need(sum(len(line.strip()) > 8 for line in q.old) >= 2)
    need(not any(line in job.edit.lines for line in q.old if line.strip()))
    job.quoted, job.expected = [q], None


@kind("no longer parses", "reject")
def _broken(job: Job) -> None:
    need(job.edit.path.endswith((".py", ".js", ".go", ".h")) and "```" not in job.edit.text)
    from flashagent.edits.check import check_syntax

    need(not check_syntax(job.edit.path, job.edit.text))
    q = job.quoted[-1]
    job.quoted[-1] = replace(q, ops=(*q.ops, ("+", indent(q.old[-1]) + ")) = (((")))
    hunks = job.edit.hunks
    end = hunks[-1].end + hunks[-1].after
    tail = [*hunks[-1].new, *job.edit.lines[hunks[-1].end : end], ")) = ((("]
    text = text_of(patched(job.edit.lines, [*hunks[:-1], replace(hunks[-1], end=end, new=tuple(tail))]))
    need(check_syntax(job.edit.path, text))
    job.expected = None


@kind("two blocks overlap", "reject")
def _overlap(job: Job) -> None:
    q = job.quoted[0]
    need(any(mark == "-" for mark, _ in q.ops) and job.form != "apply_patch")
    job.quoted = [q, q.mapped(lambda line: line + "_too", "+")]
    need(any(mark == "+" for mark, _ in q.ops))
    job.expected = None


def outcome(case: Damaged, ok: bool, files: Mapping[str, str | None]) -> str:
    """right, cosmetic (other trailing blanks or blank lines only), refused or wrong."""
    if not ok:
        return "refused"
    if case.expected is None or files.keys() != case.expected.keys():
        return "wrong"
    if files == case.expected:
        return "right"
    same = all(_bare(files[path]) == _bare(case.expected[path]) for path in files)
    return "cosmetic" if same else "wrong"


def _bare(text: str | None) -> list[str]:
    return [line.rstrip() for line in (text or "").splitlines() if line.strip()]


# --- cases --------------------------------------------------------------------------------------------------------


def damaged(choose: random.Random, name: str, form: str) -> Damaged | None:
    """One case of a kind in a format; None when the kind says nothing about any of a few edits."""
    rank, _, make = KINDS[name]
    for _ in range(8):
        edit = real_edit(choose)
        if any(re.search(r"(?m)^\s*[<>=]{5,}", line) for line in edit.lines):
            continue
        job = Job(choose, form, edit, edit.files(), {edit.path: edit.after},
                  [quote(edit, hunk) for hunk in edit.hunks], edit.path)  # fmt: skip
        try:
            make(job)
            reply = job.reply if job.reply is not None else written(job)
        except NotHere:
            continue
        return Damaged(name, rank, form, job.files, reply, job.expected, job.shown)
    return None


def cases(seed: int, count: int) -> Iterator[Damaged]:
    """`count` cases in turn of all kinds and their formats; the same for the same seed on the same machine."""
    choose = random.Random(seed)
    turns = [(name, form) for name, (_, forms, _) in KINDS.items() for form in forms]
    made = 0
    while made < count:
        case = damaged(choose, *turns[choose.randrange(len(turns))])
        if case is not None:
            made += 1
            yield case

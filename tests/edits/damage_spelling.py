"""Kinds of damage: how a reply is spelt, and how the file is encoded."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from edits.damage_job import Job, Quoted, kind, need, text_of, written
from edits.real_edits import patched

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

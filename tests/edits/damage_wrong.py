"""Kinds of damage that must be refused whole."""

from __future__ import annotations

import re
from dataclasses import replace

from edits.damage_indent import _twice, indent
from edits.damage_job import Job, kind, need, quote, text_of, written
from edits.real_edits import patched, real_edit

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

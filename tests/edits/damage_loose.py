"""Kinds of damage: kept and removed lines that are not quite those of the file."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from edits.damage_indent import _twice, indent
from edits.damage_job import Job, NotHere, Quoted, kind, need

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
